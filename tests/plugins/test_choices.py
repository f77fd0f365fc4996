"""Choices: every combination is a derivation and a pooling of its own, and the summary says what they give."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from analysis import engine
from analysis.contract import AlternativeEffect, Alternatives, Choice, Dataset, Need, StudyAlternatives
from analysis.derivation import derive
from analysis.derivation.alternatives import derive_alternatives
from analysis.derivation.alternatives_set import ChoiceSet
from analysis.engine.multiverse import list_combinations
from analysis.figures import draw
from analysis.testing import conformance_checks, quiet, sample_dataset
from plugins.choices import Params, Result, plugin
from plugins.choices.messages import (
    COMMON_EFFECT,
    IDLE,
    NO_CHOICE,
    NO_OWN,
    NOTHING_TO_POOL,
    ONE_STUDY,
    ONLY_ANALYSIS,
    SEVERAL_EFFECTS,
)
from plugins.choices.pooling import pool_combinations
from plugins.choices.space import lay_out
from tests.derivation.alternatives_content import derived_pairs, made_up_content
from tests.derivation.content import rules
from tests.plugins.answers import dataset_of
from tests.plugins.bcg import bcg_dataset

ONE_MODEL: dict[str, Any] = {"tau2_methods": ("REML",), "ci_methods": ("hksj",)}
Effects = list[tuple[float, float]]


def ask(dataset: Dataset, **params: Any) -> Result:
    """Give the result for a dataset."""
    return plugin.run(dataset, Params(**params), {}, quiet)


def study(name: str, *variants: Effects, depends_on: tuple[str, ...] = ("arms",)) -> StudyAlternatives:
    """Give a study with one variant for each option."""
    rows = tuple(tuple(AlternativeEffect(yi=yi, vi=vi) for yi, vi in variant) for variant in variants)
    depends_on = depends_on if len(rows) > 1 else ()
    return StudyAlternatives(
        study=name, label=name, depends_on=depends_on, variants=rows, index=tuple(range(len(rows)))
    )


def varied(*studies: StudyAlternatives, measure: str = "MD", mcid: float | None = None, **options: Any) -> Dataset:
    """Give a dataset with the choice `arms` (combine, split, own combine) and others by name, the first option own."""
    choices = [Choice(name="arms", title="Arms", options=("combine", "split"), own="combine")]
    choices += [Choice(name=name, title=name, options=each, own=each[0]) for name, each in options.items()]
    alternatives = Alternatives(choices=tuple(choices), studies=studies)
    own = alternatives.effects_under({})
    dataset = dataset_of([effect.yi for effect in own], [effect.vi for effect in own], measure=measure, mcid=mcid)
    return dataset.model_copy(update={"alternatives": alternatives})


@pytest.mark.parametrize(("name", "check"), list(conformance_checks()))
def test_choices_conform(name: str, check: Callable[..., None]) -> None:
    check(plugin)


@pytest.mark.parametrize("measure", ["MD", "SMD"])
def test_every_combination_is_derived_and_pooled_as_if_alone(measure: str) -> None:
    chosen, params = rules(measure=measure, change_correlation=0.5), Params(tau2_methods=("REML", "DL", "CE"))
    data = made_up_content(k=16, seed=11)
    alternatives = derive_alternatives(data, chosen, ChoiceSet(imputed_sds=()), derive=derive)
    dataset = derive(data, chosen).model_copy(update={"alternatives": alternatives})
    space = lay_out(dataset, params)
    codes = list_combinations([len(factor.options) for factor in space.factors], most=100_000, seed=1).codes
    outcomes = pool_combinations(space, codes, params)
    for row in Random(2).sample(range(len(codes)), 25):
        options = {f.name: f.options[code] for f, code in zip(space.factors, codes[row].tolist(), strict=True)}
        own = {choice.name: choice.own for choice in alternatives.choices} | {"imputed_sds": "in"}
        pairs = derived_pairs(made_up_content(k=16, seed=11), chosen, own | options)
        alone = engine.pool(
            [yi for yi, _ in pairs],
            [vi for _, vi in pairs],
            tau2_method=options["tau2_method"],
            ci_method="wald" if options["tau2_method"] == "CE" else options["ci_method"],
        )
        for name in ("estimate", "se", "ci_lower", "ci_upper"):
            # the batch and the single fit agree to rounding of sums in another order
            assert getattr(outcomes, name)[row] == pytest.approx(getattr(alone, name), rel=1e-12, abs=1e-12), options
        assert outcomes.k[row] == len(pairs)


# By R 4.2.2 and metafor 3.8-1: rma of the log risk ratios of dat.bcg with each method and test ("FE" and "z" for CE and
# wald, "knha" for hksj), its threshold and tolerance set to 1e-14. Estimate and 95% limits.
METAFOR = {
    ("REML", "hksj"): (-0.71453234215814, -1.1084437136856, -0.32062097063073),
    ("REML", "wald"): (-0.71453234215814, -1.0668976388104, -0.36216704550593),
    ("DL", "hksj"): (-0.71411722207323, -1.1078213541683, -0.32041308997813),
    ("DL", "wald"): (-0.71411722207323, -1.0644452800841, -0.3637891640624),
    ("PM", "hksj"): (-0.71496815349344, -1.1090983812022, -0.32083792578465),
    ("PM", "wald"): (-0.71496815349344, -1.0695103339917, -0.36042597299518),
    ("CE", "wald"): (-0.43028516365409, -0.50966125842621, -0.35090906888197),
}


def test_choices_of_analysis_equal_metafor() -> None:
    result = ask(bcg_dataset())
    assert (result.possible_count, result.pooled_count, result.datasets_count) == (8, 8, 1)
    found = {}
    for point in result.curve:
        model, interval = (option.split(": ")[1] for option in point.options)
        found[model, interval] = (point.estimate, point.ci_lower, point.ci_upper)
    assert found.pop(("CE", "hksj")) == found["CE", "wald"]  # the common-effect model takes the normal interval
    assert found.keys() == METAFOR.keys()
    for key, numbers in METAFOR.items():
        assert found[key] == pytest.approx(numbers, rel=1e-7), key  # metafor stops its search for tau2 near 1e-8
    assert result.conclusion_changes_share == 0.0
    assert result.below_null_share == 1.0
    assert COMMON_EFFECT in result.messages


def test_dataset_without_alternatives_combines_choices_of_analysis_only() -> None:
    result = ask(bcg_dataset())
    assert result.messages[0] == ONLY_ANALYSIS
    assert {row.kind for row in result.choices} == {"analysis"}
    assert result.studies == ()


def test_own_combination_is_the_analysis_itself() -> None:
    dataset = sample_dataset(k=10, needs=frozenset({Need.ALTERNATIVES}))
    result = ask(dataset, tau2_method="PM", ci_method="wald")
    pooled = engine.pool(dataset.yi, dataset.vi, tau2_method="PM", ci_method="wald")
    for name in ("k", "estimate", "se", "ci_lower", "ci_upper", "p_value"):
        # the batch and the single fit agree to rounding
        assert getattr(result, name) == pytest.approx(getattr(pooled, name), rel=1e-12), name


def test_own_method_is_tried_where_it_is_not_listed() -> None:
    result = ask(bcg_dataset(), tau2_methods=("DL",), ci_methods=("wald",), tau2_method="REML", ci_method="hksj")
    options = {row.name: row.options for row in result.choices}
    assert options == {"tau2_method": ("REML", "DL"), "ci_method": ("hksj", "wald")}


def test_analysis_by_the_common_effect_model_keeps_the_interval_that_it_asks_for() -> None:
    result = ask(bcg_dataset(), tau2_methods=(), ci_methods=("wald",), tau2_method="CE", ci_method="hksj")
    pooled = engine.pool(bcg_dataset().yi, bcg_dataset().vi, tau2_method="CE", ci_method="hksj")
    assert result.ci_lower == pytest.approx(pooled.ci_lower, rel=1e-12)  # rounding of the batch
    assert COMMON_EFFECT not in result.messages


def test_shares_count_the_combinations_whose_conclusion_is_another_one() -> None:
    dataset = varied(
        study("A", [(-2.0, 0.1)]),
        study("B", [(-2.1, 0.1)], [(0.5, 0.1)]),
        study("C", [(-1.9, 0.1)], [(1.5, 0.1)]),
    )
    result = ask(dataset, tau2_methods=("DL",), ci_methods=("wald",), tau2_method="DL", ci_method="wald")
    assert (result.conclusion, result.possible_count) == ("below_null", 2)
    assert (result.conclusion_changes_share, result.significant_share, result.below_null_share) == (0.5, 0.5, 0.5)
    assert result.above_null_share == 0.0
    assert result.matters_most == result.matters_most_to_conclusion == "Arms"
    (choice,) = result.choices
    assert (choice.estimate_share, choice.conclusion_share, choice.conclusion_total_share) == (1.0, 1.0, 1.0)
    assert choice.studies_count == 2
    own, other = result.options
    assert (own.is_own, own.conclusion_changes_share) == (True, 0.0)
    assert (other.is_own, other.conclusion_changes_share) == (False, 1.0)
    assert choice.estimate_range == pytest.approx(other.estimate_mean - own.estimate_mean, rel=1e-15)  # one subtraction


def test_combination_without_a_study_is_counted_and_left_out_of_the_shares() -> None:
    dataset = varied(study("A", [(-2.0, 0.1)], []), study("B", [(-2.1, 0.1)], []))
    result = ask(dataset, **ONE_MODEL)
    assert (result.combinations_count, result.pooled_count, result.not_pooled_count) == (2, 1, 1)
    assert result.conclusion_changes_share == 0.0
    assert any("In 1 of 2 combinations there is no estimate" in message for message in result.messages)
    assert [(row.combinations_count, row.pooled_count) for row in result.options] == [(1, 1), (1, 0)]
    (changed,) = result.one_at_a_time
    assert (changed.k, changed.estimate, changed.conclusion_changes, changed.difference) == (0, None, None, None)


def test_combination_that_the_engine_refuses_is_counted_and_the_others_stay() -> None:
    extreme = [(-2.1, 1e-20)]  # 1e19 times more precise than the other study
    dataset = varied(study("A", [(-2.0, 0.1)]), study("B", [(-2.1, 0.1)], extreme))
    result = ask(dataset)
    assert (result.combinations_count, result.pooled_count, result.not_pooled_count) == (16, 8, 8)
    assert [row.pooled_count for row in result.options if row.choice == "arms"] == [8, 0]
    assert result.estimate == pytest.approx(-2.05, rel=1e-15)  # equal weights


def test_analysis_that_pools_nothing_has_no_conclusion_to_change() -> None:
    dataset = varied(study("A", [], [(-2.0, 0.1)]), study("B", [], [(-2.1, 0.1)]))
    result = ask(dataset, **ONE_MODEL)
    assert dataset.k == result.k == 0
    assert (result.estimate, result.conclusion_changes_share, result.pooled_count) == (None, None, 1)
    assert NO_OWN in result.messages
    assert result.one_at_a_time[0].estimate == pytest.approx(-2.05, rel=1e-15)  # equal weights


def test_no_study_at_all_is_answered() -> None:
    result = ask(sample_dataset(k=0, needs=plugin.needs))
    assert result.messages[0] == NOTHING_TO_POOL
    assert (result.pooled_count, result.curve, result.figures, result.distribution) == (0, (), (), ())
    assert ask(sample_dataset(k=0)).messages[0] == NOTHING_TO_POOL


def test_one_study_keeps_its_own_interval() -> None:
    result = ask(varied(study("A", [(-2.0, 0.25)])))
    assert ONE_STUDY in result.messages
    assert (result.estimate, result.se) == (-2.0, 0.5)
    assert result.ci_upper == pytest.approx(-2.0 + 1.959963984540054 * 0.5, rel=1e-14)  # rounding
    assert all(point.tau2 is None for point in result.curve)


def test_two_studies_are_answered() -> None:
    result = ask(varied(study("A", [(-2.0, 0.25)]), study("B", [(-1.0, 0.25)])))
    assert (result.k, result.pooled_count) == (2, 8)


def test_equal_effects_have_the_normal_interval() -> None:
    dataset = varied(study("A", [(-2.0, 0.1)]), study("B", [(-2.0, 0.1)]))
    result = ask(dataset, **ONE_MODEL)
    pooled = engine.pool(dataset.yi, dataset.vi, ci_method="wald")
    assert (result.ci_lower, result.ci_upper) == pytest.approx(
        (pooled.ci_lower, pooled.ci_upper), rel=1e-12
    )  # rounding


def test_only_combination_is_the_analysis() -> None:
    result = ask(bcg_dataset(), **ONE_MODEL)
    assert NO_CHOICE in result.messages
    assert (result.possible_count, result.choices, result.conclusion_changes_share) == (1, (), 0.0)


def test_choice_that_changes_no_study_is_named_and_not_combined() -> None:
    dataset = varied(study("A", [(-2.0, 0.1)]), study("B", [(-2.1, 0.1)]), window=("nearest", "latest"))
    result = ask(dataset)
    assert {row.kind for row in result.choices} == {"analysis"}
    assert IDLE.format(titles="Arms; window") in result.messages


def test_several_effects_of_a_study_are_said() -> None:
    split = study("A", [(-2.0, 0.1)], [(-2.0, 0.2), (-2.2, 0.2)])
    assert SEVERAL_EFFECTS in ask(varied(split, study("B", [(-2.1, 0.1)]))).messages
    assert SEVERAL_EFFECTS not in ask(varied(study("B", [(-2.1, 0.1)]))).messages


def test_sample_is_drawn_where_there_are_too_many() -> None:
    dataset = sample_dataset(k=10, needs=plugin.needs)
    whole, part, again = (ask(dataset, most_combinations=most) for most in (32, 20, 20))
    assert (whole.is_complete, whole.combinations_count) == (True, 32)
    assert (part.is_complete, part.combinations_count, part.possible_count) == (False, 20, 32)
    assert part == again
    assert part != ask(dataset, most_combinations=20, seed=2)
    assert part.one_at_a_time == whole.one_at_a_time
    assert {point.estimate for point in part.curve} <= {point.estimate for point in whole.curve}
    assert any("a random sample of 20" in message and "seed 1" in message for message in part.messages)
    assert all(row.estimate_total_share is None for row in part.choices)


def test_curve_is_in_order_thinned_and_keeps_both_ends() -> None:
    options = tuple(f"option-{number}" for number in range(600))
    effects = [[(np.sin(number * 7.0), 0.1)] for number in range(600)]
    dataset = varied(study("A", [(0.3, 0.1)]), study("B", *effects, depends_on=("value",)), value=options)
    result = ask(dataset, **ONE_MODEL)
    estimates = [point.estimate for point in result.curve]
    assert len(estimates) == 400
    assert estimates == sorted(estimates)  # type: ignore[type-var]
    assert (result.curve[0].rank, result.curve[-1].rank) == (1, 600)
    (distribution, *_) = result.distribution
    assert (estimates[0], estimates[-1]) == (distribution.minimum, distribution.maximum)


def test_curve_names_a_combination_by_what_it_changes() -> None:
    dataset = varied(study("A", [(-2.0, 0.1)], [(-1.0, 0.1)]), study("B", [(-2.1, 0.1)]))
    labels = [point.label for point in ask(dataset, **ONE_MODEL).curve]
    assert labels == ["The analysis itself", "Arms: split"]


def test_important_difference_is_counted_for_mean_differences_only() -> None:
    studies = (study("A", [(-2.0, 0.01)], [(-0.5, 0.01)]), study("B", [(-2.2, 0.01)], [(-0.6, 0.01)]))
    result = ask(varied(*studies, mcid=1.0), tau2_methods=("CE",), tau2_method="CE", ci_methods=(), ci_method="wald")
    assert result.importance is not None
    assert (result.importance.mcid, result.importance.is_own_beyond) == (1.0, True)
    assert result.importance.estimate_beyond_share == result.importance.interval_beyond_share == 0.5
    assert result.importance.changes_share == 0.5
    assert ask(varied(*studies, mcid=1.0, measure="SMD")).importance is None
    assert ask(varied(*studies)).importance is None


def test_vibration_tells_percentiles_and_both_sides_of_the_null() -> None:
    options = tuple(f"option-{number}" for number in range(101))
    effects = [[((number - 50) / 10, 0.1)] for number in range(101)]
    dataset = varied(study("B", *effects, depends_on=("value",)), value=options)
    vibration = ask(dataset, **ONE_MODEL).vibration
    assert vibration is not None
    # one of 101 effects lies at each percentile; rounding of the interpolation
    assert vibration.estimate_quantile_010 == pytest.approx(-4.9, rel=1e-12)
    assert vibration.estimate_spread == pytest.approx(9.8, rel=1e-12)
    assert vibration.estimate_below_null_share == vibration.estimate_above_null_share == 50 / 101


def test_vanishing_p_value_has_a_finite_logarithm() -> None:
    result = ask(varied(study("A", [(-500.0, 0.01)])), **ONE_MODEL)
    assert result.p_value == 0.0
    assert result.curve[0].minus_log10_p == pytest.approx(307.65, abs=0.01)  # the smallest normal number, in two digits


def test_figures_are_drawn() -> None:
    for measure in ("MD", "RR"):
        dataset = sample_dataset(k=10, measure=measure, needs=plugin.needs)
        result = ask(dataset)
        assert [figure.rows for figure in result.figures] == ["curve", "curve"]
        for figure in result.figures:
            assert draw(figure, result.model_dump(mode="json")).startswith("<svg")


def test_studies_that_choices_change_are_listed() -> None:
    result = ask(sample_dataset(k=10, needs=plugin.needs))
    assert len(result.studies) == 10
    row = result.studies[1]
    assert (row.variants_count, row.choices, row.least_effects) == (2, ("Correlation",), 1)


@pytest.mark.parametrize(
    "params", [{"most_combinations": 0}, {"seed": -1}, {"level": 1.0}, {"tau2_methods": ("XX",)}, {"ci_method": "z"}]
)
def test_bad_parameters_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Params(**params)
