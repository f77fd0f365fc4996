"""A review of very many studies, made quickly: what exports of a large review are measured with."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Assessment,
    Characteristic,
    ContrastResult,
    Extraction,
    Judgement,
    Record,
    Report,
    Review,
    Study,
)
from evidence.tools import get_tool
from tests.factories import (
    make_characteristic_field,
    make_comparator_type,
    make_instrument,
    make_membership,
    make_outcome,
    make_review,
    make_search_round,
)

AT_ONCE = 500
QUOTE = "The mean score fell in both groups, as Table 2 shows; the difference was not large. " * 3


def make_large_review(studies: int) -> tuple[User, Review]:
    """Give a review with so many studies of two arms each, and its owner.

    Each study has a record, two reports, four results of arms and two contrasts, four characteristics, an adverse
    event, and an assessment of its risk of bias.
    """
    review = make_review()
    owner: User = make_membership(review, role="owner").user
    outcome = make_outcome(review)
    scales = [make_instrument(outcome, scale_min=0, scale_max=100) for _ in range(2)]
    fields = [make_characteristic_field(review, kind=kind) for kind in ("number", "text", "number", "text")]
    comparator, found_in = make_comparator_type(review), make_search_round(review)
    for begin in range(0, studies, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, studies))
        rows = Study.objects.bulk_create(
            Study(review=review, code=f"S_{n:06d}", label=f"Author {n:06d}", year=2000 + n % 25, note=QUOTE)
            for n in numbers
        )
        Record.objects.bulk_create(_records(review, found_in, numbers))
        Report.objects.bulk_create(_reports(rows))
        done: dict[str, Any] = {"completed_at": timezone.now(), "completed_by": owner}
        extractions = Extraction.objects.bulk_create(
            Extraction(study=one, is_consensus=True, status="complete", **done) for one in rows
        )
        arms = _arms(extractions, comparator)
        ArmResult.objects.bulk_create(_results(arms, scales))
        ContrastResult.objects.bulk_create(_contrasts(extractions, arms, scales))
        Characteristic.objects.bulk_create(_characteristics(extractions, fields))
        AdverseEvent.objects.bulk_create(
            AdverseEvent(extraction=one, term="dizziness", participants=2, total=40) for one in extractions
        )
        _judge(rows)
    return owner, review


def _records(review: Review, found_in: Any, numbers: range) -> Iterator[Record]:
    for n in numbers:
        texts = {"title": f"Trial {n}", "abstract": QUOTE, "authors": "Author, A; Author, B", "journal": "Journal"}
        yield Record(review=review, search_round=found_in, year=2020, doi=f"10.1000/{n}", **texts)


def _reports(rows: list[Study]) -> Iterator[Report]:
    for one in rows:
        for number in (1, 2):
            yield Report(study=one, citation=f"{one.label}, part {number}. {QUOTE}", is_primary=number == 1)


def _arms(extractions: list[Extraction], comparator: Any) -> list[Arm]:
    first = (Arm(extraction=one, number=1, label="new", role="experimental", n_randomised=40) for one in extractions)
    others = {"role": "comparator", "comparator_type": comparator, "n_randomised": 40}
    second = (Arm(extraction=one, number=2, label="usual", **others) for one in extractions)
    made: list[Arm] = Arm.objects.bulk_create([*first, *second])
    return made


def _results(arms: list[Arm], scales: list[Any]) -> Iterator[ArmResult]:
    for place, arm in enumerate(arms):
        for scale in scales:
            yield ArmResult(arm=arm, instrument=scale, week=12, n=38, mean=40 + place % 20, sd=12, quote=QUOTE)


def _contrasts(extractions: list[Extraction], arms: list[Arm], scales: list[Any]) -> Iterator[ContrastResult]:
    half = len(arms) // 2
    for one, first, second in zip(extractions, arms[:half], arms[half:], strict=True):
        for scale in scales:
            values = {"week": 12, "measure": "MD", "estimate": -1, "ci_lower": -2, "ci_upper": 0, "quote": QUOTE}
            yield ContrastResult(extraction=one, first_arm=first, second_arm=second, instrument=scale, **values)


def _characteristics(extractions: list[Extraction], fields: list[Any]) -> Iterator[Characteristic]:
    for one in extractions:
        for asked in fields:
            value = {"number": 40} if asked.kind == "number" else {"text": "as reported"}
            yield Characteristic(extraction=one, field=asked, quote=QUOTE, **value)


def _judge(rows: list[Study]) -> None:
    domains = [*get_tool("rob2").domains, "overall"]
    assessments = Assessment.objects.bulk_create(
        Assessment(study=one, is_consensus=True, tool="rob2", tool_version=get_tool("rob2").version) for one in rows
    )
    Judgement.objects.bulk_create(
        Judgement(assessment=one, domain=domain, judgement="low", justification=QUOTE)
        for one in assessments
        for domain in domains
    )
