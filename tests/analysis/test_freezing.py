"""Freezing: the same evidence gives the same text, whatever the database and whoever typed first."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from analysis import canonical
from analysis.freezing import take_content
from evidence.models import (
    ArmResult,
    Characteristic,
    ContrastResult,
    FollowUpWindow,
    Instrument,
    InterventionComponent,
    Judgement,
    Outcome,
    Review,
    Settlement,
)
from tests import factories

pytestmark = pytest.mark.django_db

ARM_RESULTS: list[tuple[int, dict[str, Any]]] = [
    (1, {"week": 12, "mean": "3.10", "sd": "1.5", "n": 40}),
    (1, {"week": 0, "mean": "6", "sd": "1.25", "n": 41}),
    (2, {"week": 12, "mean": "4.0", "sd": None, "se": "0.25", "n": 42}),
    (2, {"week": None, "time_as_printed": "at the end", "mean": "4.5", "sd": None, "n": None}),
]
CONTRASTS: list[dict[str, Any]] = [
    {"week": 12, "estimate": "-0.9", "ci_lower": "-1.60", "ci_upper": "-0.2", "ci_level": "0.9"},
    {"week": 26, "estimate": "1.07", "ci_lower": "-2.08", "ci_upper": "-0.07", "is_printed_so": True},
    {"week": 52, "estimate": None, "ci_lower": None, "ci_upper": None, "p_value": "0.001", "p_relation": "<"},
]
REPORTS = [{"citation": "Early", "doi": "10.1/a"}, {"citation": "Late", "doi": "10.1/b"}]


def fill(*, turned: bool = False) -> Review:
    """Fill the database with one review; `turned` types everything in the opposite order."""

    def ordered(rows: list[Any]) -> Iterator[Any]:
        return iter(rows[::-1] if turned else rows)

    review = factories.make_review(slug="review")
    for code in ordered(["active", "passive"]):
        factories.make_comparator_type(review, code=code, name=code)
    for code in ordered(["pain", "sleep"]):
        outcome = factories.make_outcome(review, code=code, name=code)
        factories.make_window(outcome, code="short", name="short-term")
        factories.make_instrument(outcome, code=f"{code}-scale", name=f"{code} scale")
    words = [factories.make_component_type(review, code=code, name=code) for code in ordered(["walking", "yoga"])]
    age = factories.make_characteristic_field(review, code="age", name="Age")
    for code in ordered(["A", "B"]):
        fill_study(review, code, ordered, {word.code: word for word in words}, age)
    return review


def fill_study(review: Review, code: str, ordered: Any, words: dict[str, Any], age: Any) -> None:
    """Add a study with two arms, results, contrasts, reports and assessments, and one reviewer's own extraction."""
    study = factories.make_study(review, code=code, label=code)
    pain = Instrument.objects.get(code="pain-scale", outcome__review=review)
    for report in ordered(REPORTS):
        factories.make_report(study, **report)
    factories.make_extraction(study, consensus=False)
    extraction = factories.make_extraction(study)
    factories.make_characteristic(extraction, age, number="45.50")
    active = review.comparatortype_set.get(code="active")
    kinds: dict[int, dict[str, Any]] = {1: {}, 2: {"role": "comparator", "comparator_type": active}}
    arms = {
        number: factories.make_arm(extraction, number=number, label=f"Group {number}", **kinds[number])
        for number in ordered([1, 2])
    }
    for word in ordered(["walking", "yoga"]):
        factories.make_component(arms[1], type=words[word])
    for number, fields in ordered(ARM_RESULTS):
        factories.make_arm_result(arms[number], pain, **fields)
    for fields in ordered(CONTRASTS):
        row = factories.make_contrast_result(arms[1], arms[2], pain, **fields)
        if row.is_printed_so:
            factories.make_settlement(row, value="-1.07", ci_lower="-2.08", ci_upper="-0.07")
    for outcome in ordered([None, *review.outcomes.order_by("code")]):
        assessment = factories.make_assessment(study, outcome=outcome)
        for domain in ordered(["randomisation", "overall"]):
            factories.make_judgement(assessment, domain=domain)


def digest_of_another_database(*, turned: bool) -> str:
    """Give the digest of the review in a database that is emptied afterwards, with other keys each time."""
    with transaction.atomic():
        digest = canonical.digest_of(take_content(fill(turned=turned)))
        transaction.set_rollback(True)
    return digest


def test_freeze_does_not_depend_on_keys_and_order_of_entry() -> None:
    first = digest_of_another_database(turned=False)
    for _ in range(3):  # rows of other reviews take the keys
        factories.make_contrast_result()
        factories.make_judgement()
        factories.make_component()
        factories.make_report()

    assert digest_of_another_database(turned=False) == first
    assert digest_of_another_database(turned=True) == first


def test_freeze_holds_numbers_as_text_and_no_float() -> None:
    content = take_content(fill())

    def numbers(value: Any) -> Iterator[Any]:
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            yield part
            yield from numbers(part)

    assert not [value for value in numbers(content) if isinstance(value, float)]
    (row,) = [row for row in content["studies"]["A"]["extraction"]["contrasts"] if row["week"] == "12"]
    assert (row["estimate"], row["ci_lower"], row["ci_level"]) == ("-0.9", "-1.6", "0.9")
    assert content["studies"]["A"]["extraction"]["characteristics"]["age"]["value"] == "45.5"


@pytest.mark.parametrize(("printed", "text"), [("0.000001", "0.000001"), ("100000000", "100000000"), ("-0", "0")])
def test_number_is_never_written_with_an_exponent(printed: str, text: str) -> None:
    row = factories.make_arm_result(mean=printed, sd=None, value_kind="change")

    (arm,) = take_content(row.owning_review)["studies"][row.arm.extraction.study.code]["extraction"]["arms"]

    assert arm["results"][0]["mean"] == text


def test_text_of_a_freeze_gives_its_content_again() -> None:
    content = take_content(fill())

    assert json.loads(canonical.to_text(content)) == content


def test_no_of_a_characteristic_is_not_unknown() -> None:
    extraction = factories.make_extraction()
    field = factories.make_characteristic_field(extraction.owning_review, kind="flag")
    factories.make_characteristic(extraction, field, flag=False)

    content = take_content(extraction.owning_review)

    assert content["studies"][extraction.study.code]["extraction"]["characteristics"][field.code]["value"] is False


def test_extraction_of_one_reviewer_is_not_frozen() -> None:
    extraction = factories.make_extraction(consensus=False)
    factories.make_arm(extraction)
    assessment = factories.make_assessment(extraction.study, consensus=False)
    factories.make_judgement(assessment)

    study = take_content(extraction.owning_review)["studies"][extraction.study.code]

    assert (study["extraction"], study["assessments"]) == (None, [])


def test_number_of_queries_does_not_grow_with_the_studies() -> None:
    small, large = fill(), factories.make_review()
    instrument = factories.make_instrument(factories.make_outcome(large))
    kind = factories.make_comparator_type(large)
    for number in range(4):
        study = factories.make_pooled_study(large, instrument, 40, 3, 1, 42, 4, 1, comparator_type=kind)
        arms = study.extractions.get().arms.order_by("number")
        for week in range(number + 1):
            row = factories.make_contrast_result(
                *arms, instrument, week=week, estimate=1, ci_lower=-2, ci_upper=0, is_printed_so=True
            )
            factories.make_settlement(row)
        factories.make_component(arms[0])

    counts = []
    for review in (small, large):
        with CaptureQueriesContext(connection) as queries:
            take_content(review)
        counts.append(len(queries))

    assert counts[1] <= counts[0]


CHANGES = [
    *[(ArmResult, name, value) for name, value in {"mean": "3.2", "sd": "1.6", "n": 39, "week": 13}.items()],
    *[(ArmResult, name, 1) for name in ("events", "total")],
    *[(ArmResult, name, "1") for name in ("median", "q1", "q3", "minimum", "maximum", "percent")],
    *[(ContrastResult, name, value) for name, value in {"estimate": "-0.8", "ci_level": "0.95", "week": 13}.items()],
    *[(ContrastResult, name, "-1.5") for name in ("ci_lower", "t_value")],
    *[(ContrastResult, name, "0.4") for name in ("ci_upper", "standard_error", "p_value")],
    *[(ContrastResult, name, 7) for name in ("n_first", "n_second")],
    *[(ContrastResult, "measure", "SMD"), (ContrastResult, "sign", "benefit"), (ContrastResult, "p_relation", ">")],
    *[(Settlement, name, value) for name, value in {"value": "-1", "ci_lower": "-3", "ci_upper": "-1"}.items()],
    *[(Characteristic, "number", "46"), (InterventionComponent, "weeks", 11), (Judgement, "judgement", "high")],
    *[(Outcome, name, "20") for name in ("scale_max", "mcid_between")],
    *[(Instrument, "scale_max", "20"), (Instrument, "direction", "higher"), (FollowUpWindow, "to_week", "19")],
]


@pytest.mark.parametrize(("model", "name", "value"), CHANGES)
def test_freeze_changes_with_every_number_and_word_that_derivation_reads(model: Any, name: str, value: Any) -> None:
    review = fill()
    before = canonical.digest_of(take_content(review))
    row = model.objects.of_review(review).order_by("pk").first()

    model.objects.filter(pk=row.pk).update(**{name: value})

    assert canonical.digest_of(take_content(review)) != before


def test_freeze_does_not_change_with_another_review() -> None:
    review = fill()
    before = canonical.digest_of(take_content(review))

    factories.make_contrast_result()

    assert canonical.digest_of(take_content(review)) == before
