"""What moderators explain: subgroups, permutation tests, Wilson's regression, collinearity, adjusted predictions."""

from analysis.engine.moderators.collinearity import InflationFactor, VarianceInflation, variance_inflation
from analysis.engine.moderators.permutation import PermutationTest, permutation_test
from analysis.engine.moderators.permutation_parts import (
    PermutationPart,
    PermutationShares,
    count_permutations,
    join_permutations,
    split_permutations,
)
from analysis.engine.moderators.predictions import AdjustedPrediction, adjusted_predictions
from analysis.engine.moderators.subgroups import Subgroup, Subgroups, pool_subgroups
from analysis.engine.moderators.wilson import WilsonRegression, wilson_regression

__all__ = [
    "AdjustedPrediction",
    "InflationFactor",
    "PermutationPart",
    "PermutationShares",
    "PermutationTest",
    "Subgroup",
    "Subgroups",
    "VarianceInflation",
    "WilsonRegression",
    "adjusted_predictions",
    "count_permutations",
    "join_permutations",
    "permutation_test",
    "pool_subgroups",
    "split_permutations",
    "variance_inflation",
    "wilson_regression",
]
