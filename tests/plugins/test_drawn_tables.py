"""The tables that plugins give only to be drawn hold what their figures say they hold."""

import numpy as np
import pytest
from scipy import stats

from analysis import engine
from analysis.contract import Comparison
from analysis.figures import draw
from analysis.testing import quiet, sample_dataset
from plugins import clinical_relevance, network, sensitivity, small_study_effects
from tests.plugins.answers import answer, sample_for
from tests.plugins.bcg import bcg_dataset

SMALL = small_study_effects.run(bcg_dataset(), small_study_effects.Params(), {}, quiet)


def drawn(figure, result):
    return draw(figure, result.model_dump(mode="json"))


def test_contours_are_where_a_study_has_just_these_p_values():
    bottom = [row for row in SMALL.funnel_contours if row.se > 0.0 and row.area.endswith("right")]
    p_values = [2.0 * stats.norm.sf(row.left / row.se) for row in bottom]

    assert p_values == pytest.approx([0.1, 0.05, 0.01], rel=1e-9)  # two libraries' quantiles
    assert [row.right for row in bottom[:-1]] == [row.left for row in bottom[1:]]
    assert bottom[-1].right is None
    left = [row for row in SMALL.funnel_contours if row.se > 0.0 and row.area.endswith("left")]
    assert [-row.right for row in left] == [row.left for row in bottom]
    assert [row.left for row in left if row.left is None] == [None]


def test_radial_line_has_the_slope_of_the_common_effect_and_a_band_of_the_level():
    fit = engine.pool(bcg_dataset().yi, bcg_dataset().vi, tau2_method="CE", ci_method="wald")
    start, end = SMALL.radial_line

    assert (start.precision, start.statistic) == (0.0, 0.0)
    assert end.statistic / end.precision == pytest.approx(fit.estimate, rel=1e-12)  # one division
    assert end.band_upper - end.statistic == pytest.approx(stats.norm.ppf(0.975), rel=1e-9)  # two libraries' quantiles
    # Through the origin, weighted least squares of the points is the common-effect estimate.
    x, y = (np.array([getattr(row, name) for row in SMALL.radial]) for name in ("precision", "statistic"))
    assert float(x @ y / (x @ x)) == pytest.approx(fit.estimate, rel=1e-12)  # sums in another order
    assert end.precision == max(row.precision for row in SMALL.radial)


def test_summary_curve_is_that_of_the_pooled_estimate():
    original = SMALL.adjusted[0]
    xs, p_values = (np.array([getattr(row, name) for row in SMALL.summary_curve]) for name in ("x", "p_value"))

    assert xs[np.argmax(p_values)] == pytest.approx(original.estimate, rel=1e-12)  # a sum of parts
    assert float(p_values.max()) == pytest.approx(1.0, abs=1e-12)
    t = stats.t(df=bcg_dataset().k - 1)
    np.testing.assert_allclose(
        p_values, 2.0 * t.sf(np.abs(xs - original.estimate) / original.se), rtol=1e-7, atol=1e-12
    )
    # The curve is at 0.05 at the ends of the interval; between its points a straight line is near enough to 1%.
    rising = slice(0, len(xs) // 2 + 1)
    assert np.interp(0.05, p_values[rising], xs[rising]) == pytest.approx(original.ci_lower, rel=0.01)


def test_prediction_curve_is_wider_and_missing_where_there_is_no_prediction():
    widths = [rows[-1].x - rows[0].x for rows in (SMALL.summary_curve, SMALL.prediction_curve)]
    one = answer(small_study_effects.plugin, sample_dataset(k=1))

    assert widths[1] > widths[0]
    assert (len(one.summary_curve) > 0, one.prediction_curve) == (True, ())


def test_figures_of_small_studies_are_drawn_and_described():
    funnel, radial, drapery = (drawn(figure, SMALL) for figure in SMALL.figures)

    assert "Filled in by trim and fill" in funnel
    assert "shaded: 0.05 &lt; p &lt; 0.1, 0.01 &lt; p &lt; 0.05, p &lt; 0.01" in funnel
    assert "radial plot (Galbraith)" in radial
    assert "p-value functions of 13 studies" in drapery


def test_curve_of_the_chance_of_a_benefit_goes_through_the_chances_of_the_result():
    dataset = sample_dataset(k=10)
    result = answer(clinical_relevance.plugin, dataset)
    marks = {row.name: row for row in result.probability_marks}

    for row in result.probabilities:
        assert marks[f"{row.name}-benefit"].probability == row.pr_benefit
        if row.pr_beyond_mcid is not None:
            assert (marks[f"{row.name}-mcid"].x, marks[f"{row.name}-mcid"].probability) == (
                result.mcid,
                row.pr_beyond_mcid,
            )
    chances = [row.probability for row in result.probability_mean]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.99
    assert chances[-1] < 0.01
    assert [row.x for row in result.probability_values][:1] == [0.0]
    assert drawn(result.figures[0], result).startswith("<svg")


def test_nothing_pooled_has_no_curve():
    result = answer(clinical_relevance.plugin, sample_dataset(k=0))

    assert (result.probability_mean, result.probability_marks, result.figures) == ((), (), ())


def test_edges_count_studies_and_give_the_precision_of_direct_evidence_alone():
    pairs = (("s1", "A", "B", 0.04), ("s2", "B", "A", 0.09), ("s3", "B", "C", 0.25), ("s4", "A", "C", 0.01))
    rows = tuple(
        Comparison(study=study, label=study, treatment_1=one, treatment_2=other, yi=0.1, vi=vi)
        for study, one, other, vi in pairs
    )
    dataset = sample_for(network.plugin, k=3, measure="MD").model_copy(update={"comparisons": rows})
    result = answer(network.plugin, dataset)

    found = {(row.treatment_1, row.treatment_2): (row.k, row.se) for row in result.edges}
    assert {pair: k for pair, (k, _) in found.items()} == {("A", "B"): 2, ("A", "C"): 1, ("B", "C"): 1}
    assert found["A", "B"][1] == pytest.approx((1 / 0.04 + 1 / 0.09) ** -0.5, rel=1e-12)  # one sum
    assert "Widest line: A and B (2 studies that compare the two)" in drawn(result.figures[0], result)


def test_edges_of_a_three_arm_study_are_its_three_pairs():
    assert [(row.label, row.k) for row in network.tables.count_edges([(("C", "A", "B"), 4), (("A", "B"), 1)])] == [
        ("A vs B", 5),
        ("A vs C", 4),
        ("B vs C", 4),
    ]


def test_influence_is_drawn_as_a_panel_with_the_threshold_of_the_result():
    result = answer(sensitivity.plugin, bcg_dataset())
    figure = next(figure for figure in result.figures if figure.kind == "panel")
    columns = [panel.column for panel in figure.panels]

    assert columns == ["rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat", "weight"]
    assert next(panel for panel in figure.panels if panel.column == "cook_d").field == "cook_threshold"
    assert "8 plots of 13 rows" in drawn(figure, result)
