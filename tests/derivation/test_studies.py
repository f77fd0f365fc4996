"""Studies as wholes: several arms, several results, several reports; and what must hold for all numbers."""

import random
from copy import deepcopy
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import canonical
from analysis.derivation import DerivationError, derive
from tests.derivation.content import (
    Row,
    arm,
    content,
    contrast,
    derived,
    effect,
    instrument,
    printed,
    refused,
    result,
    rules,
    study,
    two_arms,
)

# The same arithmetic in another order: float64 rounding only.
ROUNDING = {"rel": 1e-9, "abs": 1e-9}
MEANS = st.decimals(0, 10, places=2).map(str)
SDS = st.decimals("0.1", 5, places=2).map(str)
SIZES = st.integers(2, 500)
ARMS = st.builds(lambda mean, sd, n: {"mean": mean, "sd": sd, "n": n}, MEANS, SDS, SIZES)
COUNTS = st.integers(4, 200).flatmap(lambda n: st.builds(lambda e: {"events": e, "total": n}, st.integers(1, n - 1)))


def three(first: Row, second: Row, third: Row, **shared: object) -> Row:
    """Give a study with an experimental arm and two active comparators."""
    rows = [result(**{**row, **shared}) for row in (first, second, third)]
    return study(arm(1, rows[0]), arm(2, rows[1], kind="active"), arm(3, rows[2], kind="active"))


# What must hold for all numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["MD", "SMD"])
@given(first=ARMS, second=ARMS)
def test_swapping_experimental_and_comparator_turns_the_sign_only(measure: str, first: Row, second: Row) -> None:
    forth = effect(two_arms(result(**first), result(**second)), measure=measure)
    back = effect(two_arms(result(**second), result(**first)), measure=measure)

    assert back.yi == pytest.approx(-forth.yi, **ROUNDING)
    assert back.vi == pytest.approx(forth.vi, **ROUNDING)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
@given(first=COUNTS, second=COUNTS)
def test_swapping_arms_of_events_turns_the_sign_only(measure: str, first: Row, second: Row) -> None:
    rows = [result(instrument="events", **counts) for counts in (first, second)]

    forth, back = effect(two_arms(*rows), measure=measure), effect(two_arms(*rows[::-1]), measure=measure)

    assert back.yi == pytest.approx(-forth.yi, **ROUNDING)
    assert back.vi == pytest.approx(forth.vi, **ROUNDING)


@given(first=ARMS, second=ARMS, width=st.integers(1, 1000))
def test_conversion_of_the_scale_is_linear_and_leaves_smd_alone(first: Row, second: Row, width: int) -> None:
    one = two_arms(result(**first), result(**second))
    wide = {"nrs": instrument(high=str(width))}
    factor = 10 / width

    plain, converted = effect(one), effect(one, instruments=wide)

    assert converted.yi == pytest.approx(factor * plain.yi, **ROUNDING)
    assert converted.vi == pytest.approx(factor**2 * plain.vi, **ROUNDING)
    assert effect(one, instruments=wide, measure="SMD").yi == effect(one, measure="SMD").yi


@pytest.mark.parametrize("measure", ["MD", "SMD"])
@given(first=ARMS, second=ARMS)
def test_reversed_instrument_with_reversed_numbers_gives_the_same_effect(measure: str, first: Row, second: Row) -> None:
    turned = [{**row, "mean": str(10 - float(row["mean"]))} for row in (first, second)]

    plain = effect(two_arms(result(**first), result(**second)), measure=measure)
    other = effect(
        two_arms(*(result(**row) for row in turned)),
        measure=measure,
        instruments={"nrs": instrument(direction="higher")},
    )

    assert other.yi == pytest.approx(plain.yi, rel=1e-6, abs=1e-9)  # 10 - mean loses digits of small means
    assert other.vi == pytest.approx(plain.vi, **ROUNDING)


@pytest.mark.parametrize("of_outcome", ["lower", "higher"])
@pytest.mark.parametrize("of_instrument", ["lower", "higher"])
def test_benefit_favours_the_experimental_arm_whatever_counts_which_way(of_outcome: str, of_instrument: str) -> None:
    # Experimental arm improves by 3, comparator by 1: 2 points of benefit, negative where lower is better.
    ways = {"direction": of_outcome, "instruments": {"nrs": instrument(direction=of_instrument)}}
    change = {"value_kind": "change", "sign": "benefit", "sd": "2", "n": 25}
    expected = -2 if of_outcome == "lower" else 2

    from_arms = effect(two_arms(result(mean="3", **change), result(mean="1", **change)), **ways)
    from_contrast = effect(printed(estimate="2", standard_error="0.5", sign="benefit"), **ways)
    as_the_scale_runs = -2 if of_instrument == "lower" else 2
    from_scale = effect(printed(estimate=str(as_the_scale_runs), standard_error="0.5"), **ways)

    assert [each.yi for each in (from_arms, from_contrast, from_scale)] == [expected] * 3


@given(first=ARMS, second=ARMS)
def test_equal_comparators_give_the_same_estimate_combined_and_split(first: Row, second: Row) -> None:
    one = three(first, second, second)

    combined = effect(one)
    split = derived(one, multi_arm="split").effects

    assert [each.yi for each in split] == pytest.approx([combined.yi] * 2, **ROUNDING)
    assert sum(each.n1 for each in split) == combined.n1
    assert sum(each.n2 for each in split) == combined.n2


def test_split_counts_every_participant_once_and_pools_to_the_combined_variance() -> None:
    # Equal SD 2, n 40 against 20 and 20: split 4/20 + 4/20 = 0.4 each, pooled 0.2 = combined 4/40 + 4/40 (nearly: the
    # combined SD divides 2 · 19 · 4 = 152 by 39).
    one = three({"mean": "3", "sd": "2", "n": 40}, *[{"mean": "4", "sd": "2", "n": 20}] * 2)

    split = derived(one, multi_arm="split").effects
    combined = effect(one)

    assert [each.vi for each in split] == pytest.approx([0.4, 0.4], **ROUNDING)
    assert combined.vi == pytest.approx(4 / 40 + 152 / 39 / 40, **ROUNDING)


def test_shared_events_are_split_and_added() -> None:
    # 12 of 60 against 10 of 40 and 20 of 50; half of the experimental arm is 6 of 30
    counts = [{"events": 12, "total": 60}, {"events": 10, "total": 40}, {"events": 20, "total": 50}]
    one = three(*counts, instrument="events")

    combined = effect(one, measure="RR")
    split = derived(one, measure="RR", multi_arm="split").effects
    odds = derived(one, measure="OR", multi_arm="split").effects
    risk = effect(one, measure="RD")

    assert combined.yi == pytest.approx(log((12 / 60) / (30 / 90)), **ROUNDING)
    assert combined.vi == pytest.approx(1 / 12 - 1 / 60 + 1 / 30 - 1 / 90, **ROUNDING)
    assert [each.yi for each in split] == pytest.approx([log(0.2 / 0.25), log(0.2 / 0.4)], **ROUNDING)
    assert [each.vi for each in split] == pytest.approx(
        [1 / 6 - 1 / 30 + 1 / 10 - 1 / 40, 1 / 6 - 1 / 30 + 1 / 20 - 1 / 50]
    )
    assert odds[0].vi == pytest.approx(1 / 6 + 1 / 24 + 1 / 10 + 1 / 30, **ROUNDING)
    assert risk.yi == pytest.approx(0.2 - 1 / 3, **ROUNDING)


# Several results -------------------------------------------------------------------------------------------------


def test_arm_that_has_no_such_result_is_told() -> None:
    one = two_arms(result(mean="3", sd="2", n=25), result(mean="4", sd="2", n=25))
    one["extraction"]["arms"].append(arm(3, kind="active"))

    assert any("arm 3" in caution for caution in effect(one).cautions)


def test_baseline_in_a_window_from_week_0_is_no_result() -> None:
    rows = {"sd": "2", "n": 25, "week": "0"}
    data = content(two_arms(result(mean="3", **rows), result(mean="4", **rows)))
    data["outcomes"]["pain"]["windows"]["short"]["from_week"] = "0"

    found = derive(data, rules())

    assert ([row.code for row in found.not_pooled], found.effects) == (["no_result"], ())


def test_result_that_the_rules_do_not_try_is_not_said_to_be_outside_the_window() -> None:
    assert refused(printed(estimate="-1", standard_error="0.5"), source_order=["arms"]).code == "not_tried"


def test_adjusted_goes_before_unadjusted_and_final_before_change() -> None:
    kinds = [("-1", True, "change"), ("-2", False, "final"), ("-3", True, "final")]
    rows = tuple(
        contrast(estimate=estimate, standard_error="0.5", is_adjusted=adjusted, value_kind=kind)
        for estimate, adjusted, kind in kinds
    )
    one = study(arm(1), arm(2, kind="active"), contrasts=rows)

    assert effect(one).yi == -3
    assert effect(one, value_order=["change"]).yi == -1


def test_unsettled_contradiction_is_listed_although_another_reason_came_first() -> None:
    wrong = {"estimate": "1", "ci_lower": "-2", "ci_upper": "-1", "is_printed_so": True, "measure": "SMD"}
    rows = (contrast(estimate="-1", standard_error="0.5"), contrast(**wrong))

    found = derived(study(arm(1), arm(2, kind="active"), contrasts=rows))

    assert [row.code for row in found.not_pooled] == ["contradiction"]
    assert len(found.effects) == 1


def test_contradiction_in_a_refused_group_of_arms_is_listed_as_one() -> None:
    wrong = result(mean="30", sd="2", n=25, ci_lower="29", ci_upper="31", is_printed_so=True)

    found = derived(study(arm(1, wrong), arm(2, kind="active")))

    assert {row.code for row in found.not_pooled} == {"one_side_only", "contradiction"}


def test_untimed_result_stays_listed_beside_a_failed_one() -> None:
    rows = (contrast(estimate="-1"), contrast(week=None, time_as_printed="at the end", estimate="-1"))

    found = derived(study(arm(1), arm(2, kind="active"), contrasts=rows))

    assert {row.code for row in found.not_pooled} == {"no_variance", "time_not_stated"}


def test_extraction_without_a_comparator_is_listed() -> None:
    assert refused(study(arm(1))).code == "no_comparator_arm"
    assert refused(study(arm(2, kind="active"))).code == "no_experimental_arm"


@pytest.mark.parametrize(("design", "word"), [("cluster_rct", "clusters"), ("crossover", "Crossover")])
def test_design_that_the_variance_does_not_know_is_told(design: str, word: str) -> None:
    one = two_arms(result(mean="3", sd="2", n=25), result(mean="4", sd="2", n=25), design=design)

    assert any(word in caution for caution in effect(one).cautions)


def test_risk_of_bias_of_the_outcome_goes_before_that_of_the_study() -> None:
    def judged(level: str, outcome: str | None, tool: str = "rob2") -> Row:
        judgements = {"overall": {"judgement": level, "justification": ""}}
        return {"tool": tool, "levels": ["low", "high"], "outcome": outcome, "judgements": judgements}

    one = two_arms(result(mean="3", sd="2", n=25), result(mean="4", sd="2", n=25))
    study_only = [judged("high", "sleep"), judged("low", None), judged("high", "pain", "rob1")]
    of_outcome = [*study_only, judged("high", "pain")]

    assert effect({**one, "assessments": study_only}).rob == {"overall": "low"}
    assert effect({**one, "assessments": of_outcome}).rob == {"overall": "high"}
    assert effect({**one, "assessments": []}).rob == {}


# Several reports, and conditions ---------------------------------------------------------------------------------


def test_companion_is_pooled_where_a_condition_leaves_the_main_report_out() -> None:
    main = two_arms(result(mean="3", sd="2", n=25), result(mean="4", sd="2", n=25), year=2010)
    later = {**deepcopy(main), "year": 2020, "companion_of": "Main"}
    data = content(named={"Main": main, "Later": later})

    found = derive(data, rules(include=[{"field": "year", "op": "gt", "value": 2015}]))

    assert [each.study for each in found.effects] == ["Later"]
    assert [(row.study, row.code) for row in found.not_pooled] == [("Main", "filtered")]


def test_two_companions_of_a_study_without_results_are_counted_once() -> None:
    rows = {"sd": "2", "n": 25}
    near = two_arms(result(mean="3", **rows), result(mean="4", **rows), companion_of="Main")
    far = two_arms(result(mean="3", week="8", **rows), result(mean="4", week="8", **rows), companion_of="Main")
    data = content(named={"Main": study(arm(1), arm(2, kind="active")), "A": far, "B": near})

    assert [each.study for each in derive(data, rules()).effects] == ["B"]


def test_condition_that_does_not_fit_its_field_is_refused() -> None:
    one = two_arms(result(mean="3", sd="2", n=25), result(mean="4", sd="2", n=25))

    with pytest.raises(DerivationError, match="does not fit"):
        derived(one, include=[{"field": "year", "op": "lt", "value": "2000"}])


def test_characteristic_with_a_name_of_another_field_is_refused() -> None:
    data = content()
    data["characteristics"]["source"] = data["characteristics"]["age"]

    with pytest.raises(DerivationError, match="rename"):
        derive(data, rules(facts=["source"]))


# The order of rows -------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**16))
def test_dataset_does_not_depend_on_the_order_of_rows(seed: int) -> None:
    shuffle = random.Random(seed).shuffle
    numbers = {"sd": "2", "n": 25}
    change = {"value_kind": "change", "n": 25}
    arms = [
        arm(number, *rows, kind=kind)
        for number, kind in ((1, None), (2, "active"), (3, "active"), (4, None))
        for rows in [
            (
                result(week="0", mean="6", **numbers),
                result(week="0", mean="6.5", sd="1", n=25, is_adjusted=True),
                result(mean="4", sd="1", n=25, is_adjusted=True),
                result(mean="4", **numbers),
                result(mean=f"-{number}", **change),
            )
        ]
    ]
    contrasts = [contrast(1, 2, estimate="-1"), contrast(2, 4, estimate="1"), contrast(1, 3, estimate="2", week=None)]
    data = content(study(*arms, contrasts=tuple(contrasts)))
    turned = deepcopy(data)
    extraction = turned["studies"]["S1"]["extraction"]
    for rows in (extraction["arms"], extraction["contrasts"], *(each["results"] for each in extraction["arms"])):
        shuffle(rows)

    for changes in ({"multi_arm": "combine"}, {"multi_arm": "split"}, {"value_order": ["change"]}):
        chosen = rules(change_correlation=0.5, **changes)
        first, second = (canonical.to_text(derive(each, chosen).model_dump(mode="json")) for each in (data, turned))
        assert first == second


def test_effects_of_split_arms_have_ids_of_their_own() -> None:
    rows = {"sd": "2", "n": 25}
    arms = [arm(number, result(mean="3", **rows), kind=kind) for number, kind in ((1, None), (12, None), (2, "active"))]
    arms.append(arm(11, result(mean="4", **rows), kind="active"))

    found = derived(study(*arms), multi_arm="split").effects

    assert len({each.id for each in found}) == len(found) == 4
    assert {each.n1 for each in found} == {12.5}
