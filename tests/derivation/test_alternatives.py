"""What studies give under other choices of derivation: the same as a derivation by the changed rules, one by one."""

from itertools import product
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from analysis import engine
from analysis.contract import AlternativeEffect, Alternatives, Choice, StudyAlternatives
from analysis.derivation import Rules, derive
from analysis.derivation.alternatives import derive_alternatives, find_families
from analysis.derivation.alternatives_set import ChoiceSet
from tests.derivation.alternatives_content import derived_pairs, made_up_content
from tests.derivation.content import arm, content, contrast, instrument, result, rules, study, two_arms

Row = dict[str, Any]
NOTHING: dict[str, Any] = dict.fromkeys(ChoiceSet.model_fields, ())


def alternatives_of(data: Row, chosen: Rules | None = None, **choices: Any) -> Alternatives:
    """Give the alternatives of evidence when only the named choices are varied."""
    return derive_alternatives(data, chosen or rules(), ChoiceSet(**{**NOTHING, **choices}), derive=derive)


def pairs(alternatives: Alternatives, **options: str) -> list[tuple[float, float]]:
    """Give effects and variances under options, sorted."""
    return sorted((effect.yi, effect.vi) for effect in alternatives.effects_under(options))


@pytest.mark.parametrize("measure", ["MD", "SMD"])
@pytest.mark.parametrize("correlation", [None, 0.6])
def test_every_combination_is_a_derivation_by_the_changed_rules(measure: str, correlation: float | None) -> None:
    chosen = rules(measure=measure, change_correlation=correlation)
    every = ChoiceSet(
        source_order=("contrast_first", "arms_first", "contrast_only", "arms_only"),
        value_order=("final_first", "change_first", "final_only", "change_only"),
        risk_of_bias=("all", "not_high"),
    )
    data = made_up_content(k=20, seed=3)
    for row in data["studies"].values():
        row["companion_of"] = None  # who stands in for a companion that is left out is told in a test of its own
    found = derive_alternatives(data, chosen, every, derive=derive)
    touching = {name for row in found.studies for name in row.depends_on}
    assert touching == {choice.name for choice in found.choices}
    combinations = list(product(*(choice.options for choice in found.choices)))
    for combination in Random(7).sample(combinations, 25):
        options = dict(zip((choice.name for choice in found.choices), combination, strict=True))
        fresh = made_up_content(k=20, seed=3)
        for row in fresh["studies"].values():
            row["companion_of"] = None
        assert pairs(found, **options) == derived_pairs(fresh, chosen, options), options


def test_every_combination_of_companions_is_a_derivation_by_the_changed_rules() -> None:
    chosen = rules(change_correlation=0.5)
    data = made_up_content(k=22, seed=5)
    found = derive_alternatives(data, chosen, ChoiceSet(imputed_sds=()), derive=derive)
    assert any(row["companion_of"] for row in data["studies"].values())
    combinations = list(product(*(choice.options for choice in found.choices)))
    for combination in Random(8).sample(combinations, 25):
        options = dict(zip((choice.name for choice in found.choices), combination, strict=True))
        whole = derived_pairs(made_up_content(k=22, seed=5), chosen, options | {"imputed_sds": "in"})
        assert pairs(found, **options) == whole, options


def test_own_options_give_the_dataset_itself() -> None:
    data, chosen = made_up_content(k=20), rules(change_correlation=0.5)
    found = derive_alternatives(data, chosen, ChoiceSet(), derive=derive)
    assert pairs(found) == sorted((effect.yi, effect.vi) for effect in derive(data, chosen).effects)


def test_own_option_is_added_where_it_is_not_listed() -> None:
    data = content(two_arms(result(mean="3", sd="1"), result(mean="4", sd="1")))
    found = alternatives_of(data, rules(change_correlation=0.62), change_correlation=(0.3, 0.9))
    (choice,) = found.choices
    assert (choice.own, choice.options) == ("0.62", ("0.62", "0.3", "0.9"))
    (unset,) = alternatives_of(data, change_correlation=(0.3,)).choices
    assert (unset.own, unset.options) == ("none", ("none", "0.3"))


def test_choice_with_one_option_is_not_varied() -> None:
    data = content(two_arms(result(mean="3", sd="1"), result(mean="4", sd="1")))
    assert alternatives_of(data, multi_arm=("combine",), window_rule=("nearest",)).choices == ()


def test_choice_that_changes_no_number_touches_no_study() -> None:
    data = content(two_arms(result(mean="3", sd="1"), result(mean="4", sd="1")))
    found = derive_alternatives(data, rules(), ChoiceSet(), derive=derive)
    assert {choice.name for choice in found.choices} >= {"window_rule", "multi_arm", "imputed_sds"}
    (row,) = found.studies
    assert (row.depends_on, row.index, len(row.variants)) == ((), (0,), 1)


def test_correlation_touches_a_change_without_an_sd_only() -> None:
    baseline, final = result(week="0", mean="6", sd="2"), result(mean=None, sd="1.5")
    arms = [
        arm(number, baseline, final, result(mean=mean, value_kind="change"), kind=kind)
        for number, mean, kind in ((1, "-2", None), (2, "-1", "active"))
    ]
    printed = two_arms(result(mean="-2", sd="1", value_kind="change"), result(mean="-1", sd="1", value_kind="change"))
    found = alternatives_of(content(study(*arms), printed), change_correlation=(0.3, 0.9))
    first, second = found.studies
    assert (first.depends_on, second.depends_on) == (("change_correlation",), ())
    variance = {r: 2 * (2**2 + 1.5**2 - 2 * r * 2 * 1.5) / 50 for r in (0.3, 0.9)}
    for r, vi in variance.items():
        effects = found.effects_under({"change_correlation": str(r)})
        assert effects[0].vi == pytest.approx(vi, rel=1e-14)  # the same arithmetic in another order
    assert len(found.effects_under({})) == 1  # own: no correlation, so that the first study gives nothing


def test_window_rule_takes_the_latest_or_the_earliest_result() -> None:
    weeks = {"5": 1.0, "12": 2.0, "19": 3.0, "26": 4.0}  # the window ends with week 20
    first = [result(week=week, mean=str(mean), sd="1") for week, mean in weeks.items()]
    second = [result(week=week, mean="0", sd="1") for week in weeks]
    found = alternatives_of(
        content(study(arm(1, *first), arm(2, *second, kind="active"))), window_rule=("latest", "earliest")
    )
    taken = {rule: pairs(found, window_rule=rule)[0][0] for rule in ("nearest", "latest", "earliest")}
    assert taken == {"nearest": 2.0, "latest": 3.0, "earliest": 1.0}


def test_reader_stands_in_where_a_study_has_that_reading_and_the_consensus_elsewhere() -> None:
    row = two_arms(result(mean="3", sd="1"), result(mean="4", sd="1"))
    read = two_arms(result(mean="3.5", sd="1"), result(mean="4", sd="1"))["extraction"]
    data = content({**row, "readings": {"A": read}}, row)
    found = alternatives_of(data, reading=("consensus", "A", "B"))
    (choice,) = found.choices
    assert choice.options == ("consensus", "A")  # nobody is B
    assert [effect.yi for effect in found.effects_under({"reading": "A"})] == [-0.5, -1.0]
    assert [effect.yi for effect in found.effects_under({})] == [-1.0, -1.0]


def test_choices_touch_what_a_reader_alone_has_found() -> None:
    row = two_arms(result(mean="3", sd="1"), result(mean="4", sd="1"))
    later = {"week": "16", "sd": "1"}
    read = study(
        arm(1, result(mean="3", sd="1"), result(mean="2", **later)),
        arm(2, result(mean="4", sd="1"), result(mean="4", **later), kind="active"),
    )["extraction"]
    found = alternatives_of(
        content({**row, "readings": {"B": read}}), reading=("consensus", "B"), window_rule=("nearest", "latest")
    )
    assert found.studies[0].depends_on == ("reading", "window_rule")
    assert [effect.yi for effect in found.effects_under({"window_rule": "latest"})] == [-1.0]
    assert [effect.yi for effect in found.effects_under({"reading": "B", "window_rule": "latest"})] == [-2.0]


def test_evidence_without_readings_has_no_choice_of_reader() -> None:
    row = two_arms(result(mean="3", sd="1"), result(mean="4", sd="1"))
    del row["readings"]  # a freeze from before readers' extractions were kept
    assert alternatives_of(content(row), reading=("consensus", "A", "B")).choices == ()


def test_companion_stands_in_for_a_study_that_is_left_out() -> None:
    quartiles = two_arms(result(q1="2", median="3", q3="4"), result(q1="3", median="4", q3="5"))
    later = {"week": "16", "sd": "1"}
    companion = two_arms(result(mean="3", **later), result(mean="5", **later), companion_of="S1")
    found = alternatives_of(content(quartiles, companion), imputed_sds=("in", "out"))
    (row,) = found.studies
    assert (row.study, row.depends_on) == ("S1", ("imputed_sds",))
    assert [effect.yi for effect in found.effects_under({"imputed_sds": "in"})] == [-1.0]
    assert [effect.yi for effect in found.effects_under({"imputed_sds": "out"})] == [-2.0]


def test_studies_of_the_same_participants_are_one_family() -> None:
    companions = {"A": "C", "B": None, "C": None, "D": "A", "E": "elsewhere"}
    families = find_families({code: {"companion_of": main} for code, main in companions.items()})
    assert families == [("A", "C", "D"), ("B",), ("E",)]


def test_denominator_keeps_the_direction_of_a_turned_instrument() -> None:
    data = content(
        two_arms(result(instrument="well", mean="5", sd="2"), result(instrument="well", mean="4", sd="1")),
        well=instrument(direction="higher"),
    )
    found = alternatives_of(data, rules(measure="SMD"), smd_denominator=("pooled", "comparator", "average"))
    for name, estimator in (("comparator", engine.smd1), ("average", engine.smdh)):
        effect = estimator(m1i=5, sd1i=2, n1i=50, m2i=4, sd2i=1, n2i=50)
        assert pairs(found, smd_denominator=name) == [(-float(effect.yi[0]), float(effect.vi[0]))]


def test_difference_without_a_defined_denominator_is_left_out() -> None:
    data = content(two_arms(result(mean="3", sd="1", n=5), result(mean="4", sd="1", n=2)))
    found = alternatives_of(data, rules(measure="SMD"), smd_denominator=("pooled", "comparator"))
    assert len(pairs(found)) == 1
    assert pairs(found, smd_denominator="comparator") == []  # its correction needs three people


def test_printed_standardised_difference_keeps_its_denominator() -> None:
    arms = (arm(1, n=30), arm(2, kind="active", n=20))
    printed = contrast(measure="SMD", estimate="-0.5", standard_error="0.2")
    found = alternatives_of(
        content(study(*arms, contrasts=(printed,))), rules(measure="SMD"), smd_denominator=("pooled", "average")
    )
    assert found.studies[0].depends_on == ()


def test_orders_may_leave_a_kind_of_result_out() -> None:
    arms = (arm(1, result(mean="3", sd="1")), arm(2, result(mean="4", sd="1"), kind="active"))
    data = content(study(*arms, contrasts=(contrast(estimate="-0.7", standard_error="0.2"),)), study(*arms))
    found = alternatives_of(data, source_order=("contrast_first", "arms_first", "contrast_only", "arms_only"))
    counts = {name: len(pairs(found, source_order=name)) for name in found.choices[0].options}
    assert counts == {"contrast_first": 2, "arms_first": 2, "contrast_only": 1, "arms_only": 2}


def test_evidence_without_a_usable_study_has_choices_and_no_studies() -> None:
    found = alternatives_of(content(study(arm(1), arm(2, kind="active"))), multi_arm=("combine", "split"))
    assert len(found.choices) == 1
    assert found.studies == ()


def test_correlation_out_of_range_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValidationError, match="A correlation lies between -1 and 1"):
        ChoiceSet(change_correlation=(0.5, 1.5))


def test_alternatives_refuse_an_index_that_does_not_fit() -> None:
    choice = Choice(name="multi_arm", title="Arms", options=("combine", "split"), own="combine")
    one = (AlternativeEffect(yi=0.0, vi=1.0),)
    for index, depends_on in (((0,), ("multi_arm",)), ((0, 1), ("multi_arm",)), ((0, 0), ("other",))):
        row = StudyAlternatives(study="S", label="Study", depends_on=depends_on, variants=(one,), index=index)
        with pytest.raises(ValidationError, match="do not fit the choices"):
            Alternatives(choices=(choice,), studies=(row,))


def test_choice_refuses_an_own_option_that_it_does_not_have() -> None:
    with pytest.raises(ValidationError, match="its own one among them"):
        Choice(name="multi_arm", title="Arms", options=("combine", "split"), own="both")


def test_effects_under_an_unknown_option_are_refused() -> None:
    arms = (arm(1, result(mean="3", sd="1")), arm(2, result(mean="4", sd="2"), kind="active"))
    found = alternatives_of(content(study(*arms, arm(3, result(mean="5", sd="1")))), multi_arm=("combine", "split"))
    with pytest.raises(ValueError, match="has no option “both”"):
        found.effects_under({"multi_arm": "both"})
