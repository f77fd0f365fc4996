"""What cannot be used is never dropped silently: it is listed with its reason, and pooled by nothing."""

import json
from copy import deepcopy

import pytest

from analysis import canonical
from analysis.derivation import DerivationError, derive
from tests.derivation.content import arm, content, contrast, instrument, result, rules, study, two_arms

GOOD = {"mean": "3", "sd": "1.5", "n": 40}
OTHER = {"mean": "4", "sd": "1.5", "n": 40}


def against(printed, **values):
    """Give a study with one contrast."""
    return study(arm(1), arm(2, kind="active"), contrasts=(printed,), **values)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (two_arms(result(mean="3", n=40), result(**OTHER)), "no_variance"),
        (two_arms(result(median="3", n=40), result(**OTHER)), "no_mean"),
        (two_arms(result(**GOOD, week="30"), result(**OTHER, week="30")), "outside_window"),
        (two_arms(result(**GOOD, week=None), result(**OTHER, week=None)), "time_not_stated"),
        (study(arm(1, result(**GOOD)), arm(2, kind="active")), "one_side_only"),
        (study(arm(1), arm(2, kind="active")), "no_result"),
        (study(arm(1, result(**GOOD), role="unassigned"), arm(2, result(**OTHER), kind="active")), "role_not_stated"),
        (against(contrast(estimate="-1", p_value="0.001", p_relation="<")), "no_variance"),
        (against(contrast(estimate="0.06", measure="other", standard_error="0.1")), "other_measure"),
        (against(contrast(estimate="-1", standard_error="0.4", sign="not_stated")), "sign_not_stated"),
        (against(contrast(p_value="0.04")), "no_estimate"),
        (against(contrast(estimate="1.07", ci_lower="-2", ci_upper="-0.1", is_printed_so=True)), "contradiction"),
        (against(contrast(instrument="odd", estimate="-1", standard_error="0.4")), "scale_unknown"),
        (against(contrast(instrument="events", estimate="-1", standard_error="0.4")), "wrong_kind"),
        (study(extraction=None), "no_consensus"),
    ],
)
def test_unusable_result_is_listed_with_its_reason(row, code):
    dataset = derive(content(row, odd=instrument(None, None)), rules())
    assert dataset.effects == ()
    assert code in {entry.code for entry in dataset.not_pooled}
    assert all(entry.reason.endswith((".", "?")) for entry in dataset.not_pooled)


def test_unusable_result_gives_way_to_the_next_and_stays_listed():
    values = {"estimate": "1", "ci_lower": "-2", "ci_upper": "-0.5", "is_printed_so": True}
    both = study(arm(1, result(**GOOD)), arm(2, result(**OTHER), kind="active"), contrasts=(contrast(**values),))
    dataset = derive(content(both), rules())
    assert [effect.facts["source"] for effect in dataset.effects] == ["arms"]
    assert [entry.code for entry in dataset.not_pooled] == ["contradiction"]


def test_result_nearest_to_the_target_week_is_taken_and_of_two_the_later():
    def at(week):
        return [contrast(week=week, estimate=f"-{week}", standard_error="1")]

    rows = (*at("6"), *at("10"), *at("14"), *at("20"))
    dataset = derive(content(study(arm(1), arm(2, kind="active"), contrasts=rows)), rules())
    assert [effect.week for effect in dataset.effects] == [14]


def test_baseline_is_never_an_effect():
    first, second = result(**GOOD, week="0"), result(**OTHER, week="0")
    data = content(two_arms(first, second))
    data["outcomes"]["pain"]["windows"]["short"]["from_week"] = "0"
    assert derive(data, rules()).effects == ()


def test_study_with_other_comparators_is_no_part_of_the_question():
    row = study(arm(1, result(**GOOD)), arm(2, result(**OTHER), kind="passive"))
    dataset = derive(content(row), rules())
    assert (dataset.effects, dataset.not_pooled) == ((), ())


def test_same_participants_are_counted_once():
    main, companion = two_arms(result(**GOOD), result(**OTHER)), two_arms(result(**GOOD), result(**OTHER))
    named = {"Main": main, "Later": {**companion, "companion_of": "Main"}}
    dataset = derive(content(named=named), rules())
    assert [effect.study for effect in dataset.effects] == ["Main"]
    assert [(row.study, row.code) for row in dataset.not_pooled] == [("Later", "same_participants")]


def test_companion_is_used_where_the_main_report_has_nothing():
    named = {
        "Main": study(arm(1), arm(2, kind="active")),
        "Later": {**two_arms(result(**GOOD), result(**OTHER)), "companion_of": "Main"},
    }
    assert [effect.study for effect in derive(content(named=named), rules()).effects] == ["Later"]


def test_filter_leaves_out_and_says_so_and_unknown_fulfils_nothing():
    known, unknown = (two_arms(result(**GOOD), result(**OTHER)) for _ in range(2))
    known["extraction"]["characteristics"] = {"age": {"value": "45"}}
    chosen = rules(facts=("age",), include=({"field": "age", "op": "ge", "value": 40},))
    dataset = derive(content(known, unknown), chosen)
    assert [effect.study for effect in dataset.effects] == ["S1"]
    assert [(row.study, row.code) for row in dataset.not_pooled] == [("S2", "filtered")]
    assert "not known" in dataset.not_pooled[0].reason


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "sleep"},
        {"window": "never"},
        {"comparators": ("sham",)},
        {"facts": ("height",)},
        {"include": ({"field": "height", "op": "eq", "value": "x"},)},
    ],
)
def test_rules_that_name_what_does_not_exist_are_refused(changes):
    with pytest.raises(DerivationError):
        derive(content(two_arms(result(**GOOD), result(**OTHER))), rules(**changes))


def text_of(data) -> str:
    """Give the canonical text of the dataset."""
    return canonical.to_text(derive(data, rules()).model_dump(mode="json"))


def test_notes_and_unread_results_do_not_change_the_dataset():
    data = content(two_arms(result(**GOOD), result(**OTHER)))
    before = text_of(data)
    first = data["studies"]["S1"]["extraction"]["arms"][0]
    for name in ("note", "quote", "page", "source_url", "table"):
        first["results"][0][name] = first[name] = "changed"
    first["results"].append(result(**GOOD, week="52"))
    assert text_of(data) == before


@pytest.mark.parametrize("name", ["mean", "sd", "n"])
def test_used_numbers_change_the_dataset(name):
    data = content(two_arms(result(**GOOD), result(**OTHER)))
    before = text_of(data)
    data["studies"]["S1"]["extraction"]["arms"][0]["results"][0][name] = 7 if name == "n" else "2.5"
    assert text_of(data) != before


def test_order_of_rows_does_not_matter():
    rows = (contrast(estimate="-1", standard_error="0.4"), contrast(estimate="-2", standard_error="0.4", week="20"))
    one = study(arm(1, result(**GOOD)), arm(2, result(**OTHER), kind="active"), contrasts=rows)
    two = two_arms(result(**OTHER), result(**GOOD))
    data = content(one, two)
    turned = deepcopy(data)
    turned["studies"] = dict(reversed(turned["studies"].items()))
    for row in turned["studies"].values():
        row["extraction"]["arms"].reverse()
        row["extraction"]["contrasts"].reverse()
    assert text_of(turned) == text_of(json.loads(json.dumps(data)))


def test_swapping_the_arms_turns_the_sign():
    forth = derive(content(two_arms(result(**GOOD), result(**OTHER))), rules()).effects[0]
    back = derive(content(two_arms(result(**OTHER), result(**GOOD))), rules()).effects[0]
    assert (back.yi, back.vi) == (-forth.yi, forth.vi)


@pytest.mark.parametrize("op", ["in", "not_in"])
def test_condition_on_a_list_refuses_a_single_text(op):
    with pytest.raises(ValueError, match="needs a list of values"):
        rules(include=({"field": "study", "op": op, "value": "S11"},))
