"""What a dataset holds beside its effects: comparisons of a network, all studies, the flow, adverse events."""

import pytest

from analysis.contract import Dataset, Need
from analysis.derivation import derive
from tests.derivation.content import arm, content, contrast, effect, refused, result, rules, study, two_arms

FIRST = {"n": 50, "mean": "3.0", "sd": "2.0"}
SECOND = {"n": 40, "mean": "4.0", "sd": "2.5"}


def dataset_with(*studies, needs=frozenset(Need), change=None, **changes) -> Dataset:
    """Give the dataset with all extras but alternatives; `change` puts more into the frozen content."""
    data = content(*studies) | (change or {})
    return derive(data, rules(**changes), frozenset(needs))


def component(kind="walking", weeks=None):
    return {"type": kind, "weeks": weeks, "sessions_per_week": None, "minutes": None}


def test_extras_are_derived_only_when_asked_for():
    row = two_arms(result(**FIRST), result(**SECOND))

    assert derive(content(row), rules()).studies == ()
    asked = dataset_with(row, needs={Need.STUDIES})
    assert [each.study for each in asked.studies] == ["S1"]
    assert asked.comparisons == ()
    assert asked.holds == (Need.STUDIES,)
    assert asked.effects == derive(content(row), rules()).effects


# --- studies


def test_study_without_a_result_and_without_an_extraction_is_among_the_studies():
    empty = study(arm(1), arm(2, kind="active"))
    dataset = dataset_with(empty, {**study(), "extraction": None})

    assert [row.has_extraction for row in dataset.studies] == [True, False]
    assert dataset.studies[0].n_randomised == 100
    assert dataset.studies[1].n_randomised is None


def test_participants_are_unknown_where_one_arm_is():
    dataset = dataset_with(study(arm(1, n=30), arm(2, kind="active", n=None)))

    assert dataset.studies[0].n_randomised is None


def test_study_carries_its_characteristics_components_and_longest_duration():
    row = study(
        arm(1, components=[component(weeks="3"), component(weeks="8")]), arm(2, kind="active", components=[component()])
    )
    row["extraction"]["characteristics"] = {"age": {"value": "41.5"}}
    (found,) = dataset_with(row).studies

    assert found.facts["age"] == 41.5
    assert found.facts["exercise"] == ("walking",)
    assert found.facts["duration_weeks"] == 8.0
    assert found.facts["comparator_types"] == ("active",)
    assert found.arms[0].duration_weeks == 8.0
    assert found.arms[1].duration_weeks is None


def test_flow_counts_are_carried():
    row = {"search_round": 1, "round_name": "First", "box": "records_screened", "count": 7, "stage": "", "reason": ""}
    (count,) = dataset_with(change={"flow": [row]}).flow

    assert (count.box, count.count) == ("records_screened", 7)


# --- adverse events


def test_adverse_event_knows_its_arm_or_belongs_to_the_whole_study():
    row = study(arm(1), arm(2, kind="active"))
    numbers = {"events": None, "participants": 2, "total": 50, "related_events": None}
    row["extraction"]["adverse_events"] = [
        {"arm": 2, "term": "Fall", "seriousness": "serious", **numbers},
        {"arm": None, "term": "Soreness", "seriousness": "unclear", **numbers},
    ]
    fall, soreness = dataset_with(row).adverse_events

    assert (fall.role, fall.comparator_type, fall.arm) == ("comparator", "active", 2)
    assert (soreness.role, soreness.arm, soreness.participants) == (None, None, 2)


# --- comparisons


def three_arms(**third):
    return study(
        arm(1, result(**FIRST)),
        arm(2, result(**SECOND), kind="active"),
        arm(3, result(n=30, mean="5.0", sd="2.0", **third), kind="passive"),
    )


def test_three_treatments_give_three_consistent_comparisons():
    rows = dataset_with(three_arms(), comparators=("active", "passive")).comparisons
    by_pair = {(row.treatment_1, row.treatment_2): row for row in rows}

    assert set(by_pair) == {("active", "experimental"), ("active", "passive"), ("experimental", "passive")}
    first, second, around = (
        by_pair["active", "experimental"],
        by_pair["experimental", "passive"],
        by_pair["active", "passive"],
    )
    assert first.yi + second.yi == pytest.approx(around.yi)
    assert first.yi == pytest.approx(1.0)
    assert first.vi == pytest.approx(2.0**2 / 50 + 2.5**2 / 40)


def test_comparator_outside_the_rules_is_no_treatment():
    rows = dataset_with(three_arms(), comparators=("active",)).comparisons

    assert [(row.treatment_1, row.treatment_2) for row in rows] == [("active", "experimental")]


def test_arms_of_one_treatment_are_combined():
    row = study(arm(1, result(**FIRST)), arm(2, result(**FIRST)), arm(3, result(**SECOND), kind="active"))
    (found,) = dataset_with(row, multi_arm="split").comparisons

    assert (found.n1, found.n2) == (40.0, 100.0)


def test_family_of_components_names_experimental_treatments():
    row = study(
        arm(1, result(**FIRST), components=[component()]),
        arm(2, result(**SECOND)),
        arm(3, result(**SECOND), kind="active"),
    )
    rows = dataset_with(row, node_family="exercise").comparisons

    assert {row.treatment_2 for row in rows} | {row.treatment_1 for row in rows} == {
        "walking",
        "experimental",
        "active",
    }


def test_printed_contrasts_that_leave_out_a_pair_give_nothing():
    arms = (arm(1), arm(2, kind="active"), arm(3, kind="passive"))
    printed = {"estimate": "-1.0", "ci_lower": "-2.0", "ci_upper": "0.0"}
    row = study(*arms, contrasts=(contrast(1, 2, **printed), contrast(1, 3, **printed)))

    assert dataset_with(row, comparators=("active", "passive")).comparisons == ()
    assert len(dataset_with(row, comparators=("active",)).comparisons) == 1


# --- several effects of a study, and the columns of effects


def test_all_effects_of_a_study_are_kept_where_the_rules_ask():
    row = study(
        arm(1, result(**FIRST), result(week="8", **FIRST), result(instrument="rmdq", **FIRST)),
        arm(2, result(**SECOND), result(week="8", **SECOND), result(instrument="rmdq", **SECOND), kind="active"),
    )

    one = derive(content(row), rules())
    every = derive(content(row), rules(effects_per_study="all"))

    assert len(one.effects) == 1
    assert len(every.effects) == 3
    assert len({each.id for each in every.effects}) == 3
    assert one.effects[0] in every.effects


def test_instrument_order_goes_before_the_alphabet():
    row = study(
        arm(1, result(**FIRST), result(instrument="rmdq", **FIRST)),
        arm(2, result(**SECOND), result(instrument="rmdq", **SECOND), kind="active"),
    )

    assert effect(row).facts["instrument"] == "nrs"
    assert effect(row, instrument_order=("rmdq",)).facts["instrument"] == "rmdq"


def test_columns_hold_the_arms_on_the_common_scale():
    found = effect(two_arms(result(instrument="rmdq", n=50, mean="12", sd="6"), result(instrument="rmdq", **SECOND)))

    assert found.columns["m1i"] == pytest.approx(5.0)
    assert found.columns["sd1i"] == pytest.approx(2.5)
    assert found.columns["m1i"] - found.columns["m2i"] == pytest.approx(found.yi)


def test_columns_of_a_scale_that_counts_the_other_way_are_turned_on_the_common_scale():
    row = two_arms(result(instrument="up", n=50, mean="3", sd="2"), result(instrument="up", n=50, mean="1", sd="2"))
    data = content(
        row, up={"name": "Up", "kind": "continuous", "direction": "higher", "scale_min": "1", "scale_max": "6"}
    )
    (found,) = derive(data, rules()).effects

    assert found.columns["m1i"] == pytest.approx(10 - 2 * (3 - 1))
    assert found.columns["m1i"] - found.columns["m2i"] == pytest.approx(found.yi)


def test_columns_of_events_and_of_printed_effects():
    events = two_arms(result(instrument="events", events=5, total=50), result(instrument="events", events=9, total=40))

    assert effect(events, measure="RR").columns == {"ai": 5.0, "n1i": 50.0, "ci": 9.0, "n2i": 40.0}
    printed = study(arm(1), arm(2, kind="active"), contrasts=(contrast(estimate="1", ci_lower="0", ci_upper="2"),))
    assert effect(printed).columns == {}


# --- other measures


def test_ratio_of_means_is_the_log_of_the_ratio():
    found = effect(two_arms(result(**FIRST), result(**SECOND)), measure="ROM")

    assert found.yi == pytest.approx(-0.2876820724517809)  # log(3 / 4)
    assert found.vi == pytest.approx(2.0**2 / (50 * 9) + 2.5**2 / (40 * 16))


def test_ratio_of_means_needs_means_above_zero():
    reason = refused(two_arms(result(n=50, mean="-1", sd="2"), result(**SECOND)), measure="ROM")

    assert reason.code == "undefined"


def test_hazard_ratio_is_read_from_print_only():
    printed = contrast(measure="HR", instrument="events", estimate="0.5", ci_lower="0.25", ci_upper="1.0")
    found = effect(study(arm(1), arm(2, kind="active"), contrasts=(printed,)), measure="HR")
    assert found.yi == pytest.approx(-0.6931471805599453)  # log(0.5)

    events = two_arms(result(instrument="events", events=5, total=50), result(instrument="events", events=9, total=40))
    assert "has to be printed" in refused(events, measure="HR").reason


def test_draft_consensus_is_pooled_with_a_caution():
    row = two_arms(result(**FIRST), result(**SECOND))
    row["extraction"]["status"] = "draft"

    assert any("still a draft" in caution for caution in effect(row).cautions)
