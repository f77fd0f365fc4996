"""Two freezes of a study differ in named fields of named rows; the edit that made it so is found by what it left."""

from copy import deepcopy

import pytest

from analysis.explain import Author, Edit, diff_study
from tests.derivation.content import arm, contrast, result, study
from tests.explain.cases import trial


def changed(change):
    """Give what differs after a change of trial 1."""
    before, after = trial(0), trial(0)
    change(after)
    return diff_study(before, after)


def result_of(row, place=0):
    return row["extraction"]["arms"][place]["results"][0]


def edit(kind="arm_result", *, by="Ito", field="", action="changed", new=None, **fields):
    return Edit(
        study="S1",
        kind=kind,
        action=action,
        fields=fields,
        author=Author(by=by, at="2026-05-03", reason=""),
        field=field,
        new=new,
    )


def test_equal_studies_do_not_differ():
    assert diff_study(trial(0), trial(0)) == ()
    assert diff_study(None, None) == ()


def test_number_that_differs_is_named_with_its_row():
    (found,) = changed(lambda row: result_of(row).update(sd="2.0"))
    assert (found.action, found.kind, found.field, found.before, found.after) == (
        "changed",
        "arm_result",
        "sd",
        "1.5",
        "2.0",
    )
    assert found.place == "Arm 1 (arm 1), nrs, week 12"


def test_corrected_week_is_a_change_and_no_other_row():
    (found,) = changed(lambda row: result_of(row).update(week="10"))
    assert (found.action, found.field, found.before, found.after) == ("changed", "week", "12", "10")


def test_result_with_nothing_in_common_is_another_row():
    def replace(row):
        row["extraction"]["arms"][0]["results"] = [
            result(events=3, total=40, week="52", instrument="events", value_kind="change", is_adjusted=True)
        ]

    assert {(row.action, row.field) for row in changed(replace)} == {("removed", ""), ("added", "")}


def test_new_study_is_one_change_without_its_parts():
    (found,) = diff_study(None, trial(0))
    assert (found.action, found.kind, found.place) == ("added", "study", "Study")
    (gone,) = diff_study(trial(0), None)
    assert (gone.action, gone.kind) == ("removed", "study")


def test_new_consensus_is_one_change_without_its_parts():
    before = {**trial(0), "extraction": None}
    (found,) = diff_study(before, trial(0))
    assert (found.action, found.kind) == ("added", "extraction")


def test_what_single_readers_extracted_is_not_told():
    assert changed(lambda row: row["readings"].update(A=row["extraction"])) == ()


def test_settlement_judgement_characteristic_and_contrast_are_rows_of_their_own():
    before = study(arm(1), arm(2, kind="active"), contrasts=(contrast(estimate="-1"),))
    after = deepcopy(before)
    after["extraction"]["contrasts"][0]["settlement"] = {
        "value": "-1.2",
        "ci_lower": None,
        "ci_upper": None,
        "reason": "Author's answer.",
    }
    after["extraction"]["characteristics"]["age"] = {"value": "45", "page": ""}
    after["assessments"] = [
        {"tool": "rob2", "tool_version": "1", "outcome": None, "levels": [], "judgements": {"overall": {}}}
    ]
    assert {(row.action, row.kind) for row in diff_study(before, after)} == {
        ("added", "settlement"),
        ("added", "characteristic"),
        ("added", "assessment"),
    }


def test_edit_of_the_row_that_is_most_alike_is_named():
    after = trial(0, sd="2.0")
    first, second = (result_of(after, place) for place in (0, 1))
    edits = [
        edit(field="sd", new="2.0", **{**first, "sd": "2.0"}),
        edit(field="sd", new="2.0", by="Mori", **{**second, "sd": "2.0"}),
        edit(field="mean", new="2.0", by="Abe", **first),
        edit(field="sd", new="9.9", by="Abe", **first),
    ]
    (found,) = diff_study(trial(0), after, edits)
    assert found.author.by == "Ito"
    assert diff_study(trial(0), after, [])[0].author is None


@pytest.mark.parametrize("nothing", [None, ""])
def test_emptied_field_is_found_whether_the_history_has_nothing_or_an_empty_text(nothing):
    after = trial(0, note="")
    before = trial(0, note="See page 4.")
    (found,) = diff_study(before, after, [edit(field="note", new=nothing, **result_of(after))])
    assert (found.before, found.after, found.author.by) == ("See page 4.", None, "Ito")
