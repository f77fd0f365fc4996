"""Every constraint of the evidence, twice: `full_clean` speaks at the right field, and the database itself refuses."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from evidence.models import EvidenceRow
from tests import factories as make
from tests.evidence.constraint_cases import CASES, SPECIAL, constraints

pytestmark = pytest.mark.django_db


def refusal(name: str) -> str:
    """Give what the database calls the constraint: its name, or on SQLite, if it is unique, its first column."""
    model, constraint = constraints()[name]
    if connection.vendor == "sqlite" and isinstance(constraint, models.UniqueConstraint):
        columns = [model._meta.get_field(column).column for column in constraint.fields]
        return ", ".join(f"{model._meta.db_table}.{column}" for column in columns)
    return name


def assert_database_refuses(row: EvidenceRow, bad: dict[str, Any], name: str) -> None:
    """Write past `full_clean` and expect the database to name the constraint."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**bad)
    assert refusal(name) in str(refused.value)


def test_constraint_has_a_case():
    cases = {case.name for case in CASES} | SPECIAL
    missing, gone = set(constraints()) - cases, cases - set(constraints())
    assert not missing, f"add a case to the table for: {', '.join(sorted(missing))}"
    assert not gone, f"no model has these constraints any more, remove their cases: {', '.join(sorted(gone))}"
    assert len(CASES) + len(SPECIAL) == len(cases), "a constraint has two cases"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_constraint_speaks_at_its_field(case):
    row, bad = case.break_rule()
    for name, value in bad.items():
        setattr(row, name, value)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    sentences = refused.value.message_dict.get(case.at, [])
    assert any(case.says in sentence for sentence in sentences), refused.value.message_dict


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_constraint_is_held_by_the_database(case):
    row, bad = case.break_rule()
    assert_database_refuses(row, bad, case.name)


def test_constraint_holds_for_rows_made_in_bulk():
    valid = make.make_arm_result()
    copy = type(valid)(arm=valid.arm, instrument=valid.instrument, week=4, mean=3, sd=-1)
    with pytest.raises(IntegrityError, match="armresult_sd_positive"), transaction.atomic():
        type(valid).objects.bulk_create([copy])


def test_study_cannot_be_its_own_companion():
    study = make.make_study()
    study.companion_of = study
    with pytest.raises(ValidationError, match="cannot be a companion of itself"):
        study.full_clean()
    assert_database_refuses(study, {"companion_of": study}, "study_not_its_own_companion")


def test_contrast_needs_two_different_arms():
    contrast = make.make_contrast_result()
    contrast.second_arm = contrast.first_arm
    with pytest.raises(ValidationError, match="two different arms") as refused:
        contrast.full_clean()
    assert "second_arm" in refused.value.message_dict
    assert_database_refuses(contrast, {"second_arm": contrast.first_arm}, "contrast_two_different_arms")


def test_settlement_needs_a_reason():
    settlement = make.make_settlement()
    settlement.reason = ""
    with pytest.raises(ValidationError) as refused:
        settlement.full_clean()
    assert "reason" in refused.value.message_dict
    assert_database_refuses(settlement, {"reason": ""}, "settlement_has_a_reason")
