"""Pooling of tables of counts: Mantel-Haenszel, Peto, and exact logistic and Poisson models."""

from analysis.engine.tables.logistic import pool_logistic, pool_logistic_proportions
from analysis.engine.tables.mantel_haenszel import MantelHaenszel, pool_mantel_haenszel
from analysis.engine.tables.peto import Peto, pool_peto
from analysis.engine.tables.poisson import pool_poisson, pool_poisson_rates
from analysis.engine.tables.pooled_counts import PooledCounts
from analysis.engine.tables.rates import pool_mantel_haenszel_rates

__all__ = [
    "MantelHaenszel",
    "Peto",
    "PooledCounts",
    "pool_logistic",
    "pool_logistic_proportions",
    "pool_mantel_haenszel",
    "pool_mantel_haenszel_rates",
    "pool_peto",
    "pool_poisson",
    "pool_poisson_rates",
]
