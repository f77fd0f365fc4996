"""What moderators explain: subgroups, permutation tests, Wilson's regression, collinearity, adjusted predictions."""

from analysis.engine.moderators.collinearity import InflationFactor, VarianceInflation, variance_inflation
from analysis.engine.moderators.permutation import PermutationTest, permutation_test
from analysis.engine.moderators.predictions import AdjustedPrediction, adjusted_predictions
from analysis.engine.moderators.subgroups import Subgroup, Subgroups, pool_subgroups
from analysis.engine.moderators.wilson import WilsonRegression, wilson_regression

__all__ = [
    "AdjustedPrediction",
    "InflationFactor",
    "PermutationTest",
    "Subgroup",
    "Subgroups",
    "VarianceInflation",
    "WilsonRegression",
    "adjusted_predictions",
    "permutation_test",
    "pool_subgroups",
    "variance_inflation",
    "wilson_regression",
]
