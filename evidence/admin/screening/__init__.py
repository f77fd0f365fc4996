"""Screening: its own pages (board, queue, conflicts, records, adding, flow) and the tables behind them."""

from evidence.admin.screening import records, tables

__all__ = ["records", "tables"]
