"""Sensitivity: pooling many subsets, the published table, and what must hold for all data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import engine
from analysis.contract import Condition
from analysis.testing import sample_dataset
from plugins import sensitivity
from plugins.sensitivity import Params, Scenario
from plugins.sensitivity.subsets import MOST_POINTS, TOO_FEW
from tests.plugins.answers import answer, dataset_of
from tests.plugins.bcg import bcg_dataset

GOSH = Params(gosh=True, ci_method="wald")
MEASURED = Scenario(
    name="measured_well",
    title="Measured well",
    conditions=(Condition(field="rob.measurement", op="in", value=("low", "some_concerns")),),
)


def ask(dataset, **params):
    return answer(sensitivity.plugin, dataset, Params(**params))


def test_all_subsets_of_few_studies_are_pooled():
    dataset = dataset_of([-5.0, -4.0, 1.0], [1.0, 2.0, 1.0])
    result = answer(sensitivity.plugin, dataset, GOSH)
    subsets = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    fits = [engine.pool(dataset.yi[list(some)], dataset.vi[list(some)], ci_method="wald") for some in subsets]
    estimates = [fit.estimate for fit in fits]

    assert (result.gosh.subsets_count, result.gosh.is_complete) == (7, True)
    quantiles = result.gosh_quantiles[0]
    # Pooled in a batch here, one by one there.
    assert quantiles.minimum == pytest.approx(min(estimates), rel=1e-12)
    assert quantiles.maximum == pytest.approx(max(estimates), rel=1e-12)
    assert quantiles.median == pytest.approx(float(np.median(estimates)), rel=1e-12)
    assert result.gosh.below_null_share == sum(fit.ci_upper < 0 for fit in fits) / 7
    assert result.gosh.above_null_share == 0.0
    assert result.gosh.conclusion_differs_share == sum(fit.ci_upper < 0 for fit in fits) / 7


def test_shares_are_of_the_conclusion_of_all_studies():
    result = answer(sensitivity.plugin, bcg_dataset(), GOSH)

    assert result.all_studies.conclusion == "below_null"
    # Complementary shares of 8191 subsets: one rounding.
    assert result.gosh.conclusion_differs_share == pytest.approx(1.0 - result.gosh.below_null_share, abs=1e-12)


def test_study_that_splits_the_subsets_most_is_named():
    dataset = dataset_of([0.0, 0.1, -0.1, 0.2, 20.0], [1.0] * 5)
    result = answer(sensitivity.plugin, dataset, GOSH)

    assert result.gosh.splits_most == "Study 4"
    split = result.gosh_splits[4]
    assert split.difference == split.mean_with - split.mean_without
    assert split.split == max(row.split for row in result.gosh_splits)


def test_sample_depends_on_its_seed_only():
    first, again, other = (ask(bcg_dataset(), gosh=True, gosh_subsets=700, gosh_seed=seed) for seed in (5, 5, 6))

    assert first.gosh.subsets_count == 700
    assert not first.gosh.is_complete
    assert first == again
    assert first.gosh_quantiles != other.gosh_quantiles


def test_points_are_thinned_and_belong_to_the_subsets():
    result = answer(sensitivity.plugin, bcg_dataset(), GOSH)
    points = result.gosh_points

    assert len(points) == MOST_POINTS
    assert len({point.name for point in points}) == MOST_POINTS
    assert min(point.k for point in points) >= 2
    quantiles = result.gosh_quantiles[0]
    assert all(quantiles.minimum <= point.estimate <= quantiles.maximum for point in points)
    figure = next(figure for figure in result.figures if figure.rows == "gosh_points")
    assert (figure.x_value, figure.is_x_ratio) == (result.estimate, True)


def test_subset_of_equal_effects_has_no_interval_and_does_not_count():
    result = ask(dataset_of([1.0, 1.0, 5.0], [1.0] * 3), gosh=True)

    assert (result.gosh.subsets_count, result.gosh.with_interval_count) == (7, 6)


def test_equal_effects_split_nothing():
    result = ask(dataset_of([1.0, 1.0], [1.0] * 2), gosh=True, ci_method="wald")

    assert result.gosh.splits_most is None
    assert {row.split for row in result.gosh_splits} == {None}


def test_subset_that_is_alone_in_the_sample_is_answered():
    result = ask(bcg_dataset(), gosh=True, gosh_subsets=1, gosh_seed=3)

    assert result.gosh.subsets_count == 1
    assert all(row.difference is None for row in result.gosh_splits)


def test_subsets_need_two_effects():
    assert TOO_FEW in ask(sample_dataset(k=1), gosh=True).messages
    assert ask(sample_dataset(k=0), gosh=True).gosh is None
    assert ask(sample_dataset(k=3)).gosh is None


def test_long_work_reports_its_progress():
    heard = []
    params = Params(gosh=True, gosh_subsets=5_000)
    sensitivity.run(bcg_dataset(), params, {}, lambda fraction, says: heard.append((fraction, says)))

    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert all(0.0 <= fraction <= 1.0 for fraction in fractions)
    assert [says for _, says in heard if "of 5000" in says] == [f"Subset {start} of 5000" for start in (1, 2001, 4001)]


def test_table_has_one_row_for_each_comparison():
    result = ask(sample_dataset(k=10), scenarios=(MEASURED,))
    lowest = min(result.leave_one_out, key=lambda row: row.estimate)
    highest = max(result.leave_one_out, key=lambda row: row.estimate)

    assert [row.name for row in result.table] == [
        *("all_studies", "measured_well", "outliers_removed", "leave_one_out_lowest", "leave_one_out_highest")
    ]
    assert [row.estimate for row in result.table] == [
        *(result.estimate, result.scenarios[0].estimate, result.outliers_removed.estimate),
        *(lowest.estimate, highest.estimate),
    ]
    assert (result.table[0].difference, result.table[0].conclusion_changes) == (0.0, False)
    assert result.table[3].label == f"One study left out, lowest: {lowest.label}"


def test_table_is_empty_where_nothing_is_pooled():
    assert ask(sample_dataset(k=0)).table == ()


def test_table_of_one_study_has_no_range():
    assert [row.name for row in ask(sample_dataset(k=1)).table] == ["all_studies", "without_high_risk_of_bias"]


studies = st.lists(
    st.tuples(st.floats(-3.0, 3.0), st.floats(0.05, 2.0)), min_size=3, max_size=7, unique_by=lambda study: study[0]
)


@settings(max_examples=25, deadline=None)
@given(studies=studies, random=st.randoms(use_true_random=False))
def test_order_of_studies_does_not_matter(studies, random):
    dataset = dataset_of([yi for yi, _ in studies], [vi for _, vi in studies])
    shuffled = list(dataset.effects)
    random.shuffle(shuffled)
    params = Params(cumulative_by="precision", ci_method="wald", tau2_method="DL")
    one = answer(sensitivity.plugin, dataset, params)
    other = answer(sensitivity.plugin, dataset.model_copy(update={"effects": tuple(shuffled)}), params)

    for table in ("leave_one_out", "cumulative"):
        numbers = [{row.name: row.estimate for row in getattr(result, table)} for result in (one, other)]
        # Sums in another order: a few units in the last place of numbers up to 3.
        assert numbers[0] == pytest.approx(numbers[1], abs=1e-10), table
    distances = [{row.name: row.cook_d for row in result.influence} for result in (one, other)]
    # A truncated tau2 may lie on either side of 0 by rounding; distances divide by the smallest variance.
    assert distances[0] == pytest.approx(distances[1], abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(studies=studies)
def test_estimates_without_one_study_surround_that_of_all(studies):
    dataset = dataset_of([yi for yi, _ in studies], [vi for _, vi in studies])
    result = ask(dataset, tau2_method="CE", ci_method="wald", influence=False)
    estimates = [row.estimate for row in result.leave_one_out]

    # The common-effect mean is a weighted mean of the means without one study; rounding on numbers up to 3.
    assert min(estimates) - 1e-12 <= result.estimate <= max(estimates) + 1e-12
