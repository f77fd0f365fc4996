"""Two readings side by side: nothing where they agree, and every planted fault found and named."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.comparing import Comparison, Fault, Kind, Reading, Row, compare, match
from evidence.comparing.assignment import best_pairs
from evidence.comparing.likeness import label_likeness
from evidence.comparing.matching import BY_HAND, DOUBTFUL, SURE
from tests.evidence.extraction.readings import (
    LABELS,
    WORDS,
    arm,
    changed,
    readings,
    rekeyed,
    result,
    trial,
    without,
)


def differences(first: Reading, second: Reading) -> Comparison:
    return compare(first, second, WORDS)


def found(first: Reading, second: Reading) -> list[tuple[str, str, str]]:
    """Give each difference as its title, its field and its first fault."""
    said = differences(first, second)
    titles = {entry.pair.path: entry.title for entry in said.entries}
    return [
        (titles[item.pair.path], item.field.name if item.field else "", str(item.findings[0].fault))
        for item in said.differences
    ]


def sentences(first: Reading, second: Reading) -> list[str]:
    return [finding.sentence for item in differences(first, second).differences for finding in item.findings]


# What holds for all readings -----------------------------------------------------------------------------------------


@given(readings())
def test_comparing_a_reading_with_itself_gives_nothing(reading):
    assert found(reading, replace(reading, name="Ben")) == []


@settings(max_examples=40)
@given(readings(), st.randoms(use_true_random=False))
def test_order_and_numbers_of_arms_are_no_difference(reading, random):
    order = list(range(len(reading.of(Kind.ARM))))
    random.shuffle(order)
    assert found(reading, rekeyed(reading, "Ben", order)) == []


@settings(max_examples=40)
@given(readings(), readings("Ben"))
def test_comparison_is_the_same_from_the_other_side(first, second):
    second = rekeyed(second, "Ben", list(range(len(second.of(Kind.ARM)))))

    def told(comparison, *, turned):
        seen = (lambda pair: pair[::-1]) if turned else (lambda pair: pair)
        return Counter(
            (item.path, seen(item.seen), tuple(finding.fault for finding in item.findings))
            for _, item in comparison.items()
            if item.differs
        )

    assert told(differences(first, second), turned=False) == told(differences(second, first), turned=True)


@settings(max_examples=40)
@given(readings(), readings("Ben"))
def test_every_row_is_in_exactly_one_pair(first, second):
    second = rekeyed(second, "Ben", list(range(len(second.of(Kind.ARM)))))
    said = differences(first, second)
    for side, reading in (("first", first), ("second", second)):
        rows = [getattr(entry.pair, side) for entry in said.entries]
        keys = [(row.kind, row.key) for row in rows if row is not None]
        assert Counter(keys) == Counter((row.kind, row.key) for row in reading.rows)


@settings(max_examples=40)
@given(readings(), st.data())
def test_any_changed_number_is_found_at_its_place(reading, data):
    results = reading.of(Kind.RESULT)
    if not results:
        return
    row = data.draw(st.sampled_from(results))
    mean = data.draw(st.decimals(min_value=60, max_value=900, places=2))
    other = rekeyed(changed(reading, Kind.RESULT, row.key, mean=mean), "Ben", list(range(len(reading.of(Kind.ARM)))))
    said = differences(reading, other).differences
    assert [(item.pair.first.key, item.field.name) for item in said if item.field] == [(row.key, "mean")]


@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=4))
def test_assignment_is_the_best_there_is(scores):
    pairs = best_pairs(scores, threshold=0)
    best = max(sum(scores[i][j] for i, j in enumerate(order)) for order in permutations(range(4), len(scores)))
    assert sum(scores[i][j] for i, j in pairs) == best
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(scores)


@given(st.sampled_from(LABELS), st.sampled_from(LABELS))
def test_label_likeness_is_symmetric_and_highest_for_the_same(one, other):
    assert label_likeness(one, other) == label_likeness(other, one) <= label_likeness(one, one) == 1


# Faults that are planted ---------------------------------------------------------------------------------------------


def test_numbers_are_compared_as_numbers():
    assert found(trial(), changed(trial("Ben"), Kind.RESULT, "1", mean="2.400", sd="1.80")) == []


def test_se_typed_as_sd_is_named():
    other = changed(trial("Ben"), Kind.RESULT, "1", sd="0.3")
    assert found(trial(), other) == [("Motor control, NRS at week 12", "sd", Fault.SE_FOR_SD)]
    assert sentences(trial(), other) == [
        "1.8 is 0.3 times the square root of n = 35: 0.3 (Ben) looks like the standard error, 1.8 (Anna) like the SD."
    ]


def test_se_typed_as_sd_is_named_by_the_number_randomised_where_none_is_analysed():
    first, second = (changed(trial(name), Kind.RESULT, "1", n=None) for name in ("Anna", "Ben"))
    assert found(first, changed(second, Kind.RESULT, "1", sd="0.3"))[0][2] == Fault.SE_FOR_SD


def test_number_in_the_column_of_the_other_is_named():
    other = changed(trial("Ben"), Kind.RESULT, "1", sd=None, se="1.8")
    said = found(trial(), other)
    assert {(field, fault) for _, field, fault in said} == {("sd", Fault.SE_FOR_SD), ("se", Fault.SE_FOR_SD)}
    assert "Anna entered 1.8 as SD, Ben as SE." in sentences(trial(), other)


def test_ratio_far_from_the_root_of_n_is_no_standard_error():
    assert found(trial(), changed(trial("Ben"), Kind.RESULT, "1", sd="0.7"))[0][2] == Fault.DIFFERENT


def test_swapped_arms_are_named_in_every_field_that_is_crossed():
    other = changed(trial("Ben"), Kind.RESULT, "1", n=36, mean="3.9", sd="2.1")
    other = changed(other, Kind.RESULT, "2", n=35, mean="2.4", sd="1.8")
    said = found(trial(), other)
    assert len(said) == 6
    assert {fault for *_, fault in said} == {Fault.SWAPPED_ARMS}
    assert (
        "The numbers of “Motor control” and “Usual care” agree crosswise: Anna or Ben has swapped the arms."
        in sentences(trial(), other)
    )


def test_swapped_numbers_of_participants_are_named():
    other = changed(changed(trial("Ben"), Kind.ARM, "1", n_randomised=38), Kind.ARM, "2", n_randomised=36)
    assert {fault for *_, fault in found(trial(), other)} == {Fault.SWAPPED_ARMS}


def test_rmdq_read_from_its_other_end_is_named():
    other = changed(trial("Ben"), Kind.RESULT, "3", mean="17.9")
    assert found(trial(), other) == [("Motor control, RMDQ at week 12", "mean", Fault.TURNED_SCALE)]
    assert "other end (0 to 24)" in sentences(trial(), other)[0]


def test_turned_sign_of_a_change_and_of_an_estimate_is_named():
    first, second = (changed(trial(name), Kind.RESULT, "3", value_kind="change") for name in ("Anna", "Ben"))
    assert found(first, changed(second, Kind.RESULT, "3", mean="-6.1"))[0][1:] == ("mean", Fault.TURNED_SIGN)
    turned = changed(trial("Ben"), Kind.CONTRAST, "1", estimate="1.5", ci_lower="0.6", ci_upper="2.4")
    assert [fault for *_, fault in found(trial(), turned)] == [Fault.TURNED_SIGN] * 3


def test_turned_sign_with_another_meaning_can_be_the_same():
    first, second = (changed(trial(name), Kind.RESULT, "3", value_kind="change") for name in ("Anna", "Ben"))
    other = changed(second, Kind.RESULT, "3", mean="-6.1", sign="benefit")
    said = {field: fault for _, field, fault in found(first, other)}
    assert said == {"sign": Fault.DIRECTION, "mean": Fault.TURNED_SIGN}
    assert any("both can mean the same" in sentence for sentence in sentences(first, other))


def test_moved_decimal_point_is_named():
    said = sentences(trial(), changed(trial("Ben"), Kind.RESULT, "1", mean="24"))
    assert said == ["Anna has 2.4, Ben 24: the decimal point has moved (factor 10)."]
    assert found(trial(), changed(trial("Ben"), Kind.CHARACTERISTIC, "1", value="4.46"))[0][2] == Fault.DECIMAL_SHIFT


def test_other_unit_is_named():
    assert found(trial(), changed(trial("Ben"), Kind.COMPONENT, "1", weeks="56"))[0][1:] == ("weeks", Fault.UNIT)
    other = changed(trial("Ben"), Kind.RESULT, "1", instrument="pain/vas", mean="24", sd="18")
    said = {field: fault for _, field, fault in found(trial(), other)}
    assert said["instrument"] == Fault.DIRECTION
    assert {finding.fault for item in differences(trial(), other).differences for finding in item.findings} >= {
        Fault.UNIT
    }


def test_other_instrument_with_the_other_direction_is_told():
    other = changed(trial("Ben"), Kind.RESULT, "1", instrument="disability/psfs")
    assert found(trial(), other) == [("Motor control, NRS at week 12", "instrument", Fault.DIRECTION)]
    assert sentences(trial(), other) == ["Anna has NRS, Ben PSFS. The two run in opposite directions."]


def test_turned_digits_are_named():
    assert found(trial(), changed(trial("Ben"), Kind.RESULT, "1", n=53))[0][2] == Fault.DIGITS


def test_value_and_row_that_one_does_not_have_are_named():
    assert sentences(trial(), changed(trial("Ben"), Kind.RESULT, "1", sd=None)) == ["Only Anna has it: 1.8."]
    said = sentences(without(trial(), Kind.RESULT, "5"), trial("Ben"))
    assert said == ["Only Ben has it: n analysed 30, mean 2.9, SD 2."]


def test_other_week_with_the_same_numbers_is_one_difference():
    other = changed(trial("Ben"), Kind.RESULT, "5", week="48")
    assert found(trial(), other) == [("Motor control, NRS at week 52", "week", Fault.DIFFERENT)]


def test_writing_alone_is_told_apart():
    other = changed(trial("Ben"), Kind.CHARACTERISTIC, "2", value="primary-care ")
    (item,) = differences(trial(), other).differences
    assert item.is_wording
    assert (
        not differences(trial(), changed(trial("Ben"), Kind.CHARACTERISTIC, "2", value="Hospital"))
        .differences[0]
        .is_wording
    )


def test_contrast_the_other_way_round_is_one_difference():
    other = changed(trial("Ben"), Kind.CONTRAST, "1", estimate="1.5", ci_lower="0.6", ci_upper="2.4")
    rows = [replace(row, arms=("2", "1")) if row.kind == Kind.CONTRAST else row for row in other.rows]
    other = replace(other, rows=tuple(rows))
    assert found(trial(), other) == [("Motor control against Usual care, NRS at week 12, MD", "", Fault.DIRECTION)]
    assert "turned round the numbers agree" in sentences(trial(), other)[0]


def test_harm_of_another_arm_is_found():
    rows = [replace(row, arms=()) if row.kind == Kind.ADVERSE_EVENT else row for row in trial("Ben").rows]
    other = replace(trial("Ben"), rows=tuple(rows))
    assert sentences(trial(), other) == ["Anna has Motor control, Ben the whole study."]


# Arms ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["MC", "motor control exercise group", "Control, motor", "Motor contol"])
def test_arms_are_matched_though_they_are_labelled_differently(label):
    other = rekeyed(changed(trial("Ben"), Kind.ARM, "1", label=label), "Ben", [1, 0])
    pairs = match(trial(), other).arms
    assert [(pair.first.key, pair.second.key) for pair in pairs] == [("1", "b1"), ("2", "b2")]
    assert [field for _, field, _ in found(trial(), other)] == ["label"]
    assert "same role" in pairs[0].reasons
    assert pairs[1].certainty == SURE


def test_match_that_could_be_another_is_doubtful():
    first = Reading(
        "Anna", (arm("1", "Group A", "experimental", 30), arm("2", "Group B", "experimental", 30)), {"1": 1, "2": 2}
    )
    second = Reading(
        "Ben", (arm("3", "Yoga", "experimental", 30), arm("4", "Pilates", "experimental", 30)), {"3": 1, "4": 2}
    )
    assert {pair.certainty for pair in match(first, second).arms} == {DOUBTFUL}


def test_person_can_match_arms_again():
    said = compare(trial(), rekeyed(trial("Ben"), "Ben", [0, 1]), WORDS, {"1": "b2", "2": None})
    pairs = said.matching.arms
    assert [(pair.first and pair.first.key, pair.second and pair.second.key) for pair in pairs] == [
        ("1", "b2"),
        ("2", None),
        (None, "b1"),
    ]
    assert pairs[0].reasons == (BY_HAND,)


def test_rows_of_an_arm_that_only_one_has_follow_the_arm():
    third = [arm("3", "Yoga", "experimental", 20), result("9", "3", instrument="pain/nrs", week="12", mean="3")]
    other = replace(trial("Ben"), rows=(*trial().rows, *third), numbers={"1": 1, "2": 2, "3": 3})
    assert found(trial(), other) == [("Yoga", "", Fault.ONE_SIDED)]
    assert sentences(trial(), other) == ["Only Ben has this arm, with 1 row about it."]


def test_fields_with_a_number_in_two_types_are_equal():
    one = Reading("Anna", (Row(Kind.CHARACTERISTIC, "1", {"field": "age", "value": Decimal("45.0")}),))
    other = Reading("Ben", (Row(Kind.CHARACTERISTIC, "2", {"field": "age", "value": 45}),))
    assert found(one, other) == []
