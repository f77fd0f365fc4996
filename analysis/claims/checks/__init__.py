"""Everything that is checked, in the order in which it is listed."""

from analysis.claims.checks import (
    bias,
    conduct,
    counts,
    heterogeneity,
    places,
    pooled,
    risk_of_bias,
    spreads,
    tables,
    wording,
)
from analysis.claims.finding import Check

CHECKS: tuple[Check, ...] = (
    *pooled.CHECKS,
    *heterogeneity.CHECKS,
    *bias.CHECKS,
    *counts.CHECKS,
    *places.CHECKS,
    *spreads.CHECKS,
    *tables.CHECKS,
    *risk_of_bias.CHECKS,
    *wording.CHECKS,
    *conduct.CHECKS,
)

__all__ = ["CHECKS"]
