"""Manuscripts written out: a document of plain values is built once, and each format is written from it."""

from analysis.reporting.building import build_document
from analysis.reporting.files import FORMATS, CannotWrite, NoSuchFormat, Written, write_document, write_file

__all__ = ["FORMATS", "CannotWrite", "NoSuchFormat", "Written", "build_document", "write_document", "write_file"]
