"""The funnel plot, and what must hold for small-study effects whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import engine
from analysis.testing import quiet
from plugins import small_study_effects
from plugins.small_study_effects import Params
from tests.plugins.bcg import bcg_dataset
from tests.plugins.small_study_effects_cases import dataset_of, row_of, skewed

RESULT = small_study_effects.run(bcg_dataset(), Params(), {}, quiet)
# The selection model searches for seconds over many data sets: these properties are of the others.
QUICK = Params(tau2_method="DL", ci_method="wald", least_k=3)


def test_funnel_has_the_effects_and_those_filled_in():
    filled = engine.trim_and_fill(bcg_dataset().yi, bcg_dataset().vi)

    assert [point.label for point in RESULT.funnel[:13]] == [effect.label for effect in bcg_dataset().effects]
    assert [point.estimate for point in RESULT.funnel] == list(filled.yi)
    assert [point.is_filled for point in RESULT.funnel] == list(filled.is_filled)
    # Square roots of variances, by Python and by numpy.
    assert [point.se for point in RESULT.funnel] == pytest.approx(np.sqrt(filled.vi).tolist(), rel=1e-15)
    assert RESULT.funnel[13].label == "Filled in 1"


def test_line_of_egger_goes_through_its_intercept():
    fit = engine.egger_lm(bcg_dataset().yi, bcg_dataset().vi)
    start, end = RESULT.egger_line

    assert (start.se, start.estimate) == (0.0, fit.intercept)
    assert (end.estimate - start.estimate) / end.se == pytest.approx(fit.slope, rel=1e-12)  # one subtraction
    assert end.se == max(point.se for point in RESULT.funnel)


def test_limits_are_the_normal_interval_around_the_estimate():
    left, top, right = RESULT.funnel_limits

    assert (top.estimate, top.se) == (RESULT.estimate, 0.0)
    # The 97.5th percentile of the normal distribution is 1.9599639845.
    assert right.estimate - top.estimate == pytest.approx(1.9599639845 * right.se, rel=1e-9)
    assert top.estimate - left.estimate == pytest.approx(1.9599639845 * left.se, rel=1e-9)


def test_figure_draws_points_and_both_lines():
    figure = RESULT.figures[0]

    assert (figure.kind, figure.rows, figure.x, figure.y) == ("scatter", "funnel", "estimate", "se")
    assert (figure.lines, figure.is_y_downward, figure.is_x_ratio) == (("funnel_limits", "egger_line"), True, True)
    assert figure.x_value == RESULT.estimate


def test_trim_and_fill_without_an_answer_leaves_the_observed_points(monkeypatch):
    def give_up(*args, **options):
        raise engine.NotConverged(what="it", iterations=9)

    monkeypatch.setattr(engine, "trim_and_fill", give_up)
    result = small_study_effects.run(skewed(), Params(), {}, quiet)

    assert len(result.funnel) == 12
    assert len(result.egger_line) == 2


studies = st.lists(
    st.tuples(st.integers(-300, 300), st.integers(1, 40)),
    min_size=4,
    max_size=7,
    unique_by=(lambda study: study[0], lambda study: study[1]),
)


def numbers_of(dataset):
    """Give the statistics and adjusted estimates that need no search for a selection model."""
    case = small_study_effects.Case(dataset, QUICK)
    original = small_study_effects.pool_original(case)
    case = small_study_effects.replace(case, estimate=original.estimate, tau2=original.tau2)
    tests, adjusted = small_study_effects.run_tests(case), small_study_effects.adjust(case, original)
    found = {name: row_of(tests, name).statistic for name in ("egger_lm", "egger_rma", "rank")}
    found |= {name: row_of(adjusted, name).estimate for name in ("original", "pet_peese", "limit", "henmi_copas")}
    return {name: number for name, number in found.items() if number is not None}


@settings(max_examples=20, deadline=None)
@given(studies=studies, random=st.randoms(use_true_random=False))
def test_order_of_studies_does_not_matter(studies, random):
    shuffled = list(studies)
    random.shuffle(shuffled)
    one, other = (
        numbers_of(dataset_of([yi / 100 for yi, _ in some], [vi / 20 for _, vi in some]))
        for some in (studies, shuffled)
    )

    # Sums in another order; a slope is a difference of them.
    assert one == pytest.approx(other, rel=1e-7, abs=1e-7)


@settings(max_examples=20, deadline=None)
@given(studies=studies)
def test_changing_the_sign_of_all_effects_changes_the_sign_of_what_is_found(studies):
    one, other = (
        numbers_of(dataset_of([sign * yi / 100 for yi, _ in studies], [vi / 20 for _, vi in studies]))
        for sign in (1.0, -1.0)
    )
    pairs = 0.5 * len(studies) * (len(studies) - 1)

    # The rank test counts concordant pairs of all pairs; the others change their sign.
    assert one.pop("rank") + other.pop("rank") == pairs
    assert one == pytest.approx({name: -number for name, number in other.items()}, rel=1e-9, abs=1e-9)
