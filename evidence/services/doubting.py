"""Asking about numbers that are unlikely to be right, and keeping what a reviewer answers. No number is ever changed.

Asked about is the consensus, which every member may read; own readings of blinded readers are not looked at.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from evidence.doubts import ArmNumbers, ArmSize, ContrastNumbers, Question, Scale, StudyNumbers, questions_about
from evidence.doubts.printed import Moment
from evidence.models import Arm, ArmResult, ContrastResult, DoubtAnswer, Instrument, Review, Study, ValueKind
from evidence.permissions import Act, require
from evidence.services.recording import record, remove

Key = tuple[str, int]
Query = QuerySet[Any, Any]
Printed = Mapping[Key, Mapping[str, Decimal]]
ARM_RESULTS, CONTRASTS = "arm_results", "contrast_results"
OF_SCALE = (
    *("pk", "outcome__code", "code", "name", "scale_min", "scale_max", "score_step", "item_count", "direction"),
)
AT = ("instrument_id", "week", "time_as_printed", "value_kind", "is_adjusted")
OF_ARM = (
    *("sign", "n", "mean", "sd", "se", "minimum", "q1", "median", "q3", "maximum"),
    *("ci_lower", "ci_upper", "ci_level", "total", "is_printed_so"),
)
OF_CONTRAST = (
    *("measure", "sign", "estimate", "ci_lower", "ci_upper", "ci_level", "p_value", "p_relation"),
    *("n_first", "n_second", "quote", "is_printed_so"),
)


class Rows(NamedTuple):
    """What doubts look at: rows of values, in an order that does not change."""

    instruments: Query
    arms: Query
    results: Query
    contrasts: Query
    studies: Query


def questions_of(review: Review, printed: Printed | None = None) -> list[Question]:
    """Give every doubt about the consensus of a review, answered or not, in six queries.

    Parameters
    ----------
    printed : numbers with their zeros at the end, by the key of the row; the database does not keep these
    """
    return questions_about(studies_of(review, printed or {}))


def open_questions(review: Review) -> list[Question]:
    """Give the doubts about a review that nobody has answered."""
    answered = answered_in(review)
    return [one for one in questions_of(review) if one.digest not in answered]


def answered_in(review: Review) -> set[str]:
    """Give the digests of the questions that somebody answered."""
    return set(DoubtAnswer.objects.filter(study__review=review).order_by().values_list("digest", flat=True))


@transaction.atomic
def answer_doubt(*, by: User, review: Review, digest: str, reason: str) -> DoubtAnswer:
    """Keep that the numbers are correct as printed, and why.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : the question is not asked any more, is answered already, or there is no reason
    """
    require(by, Act.RECORD, review)
    if not reason.strip():
        raise ValidationError({"reason": "Say why the numbers are correct as printed."})
    asked = next((one for one in questions_of(review) if one.digest == digest), None)
    if asked is None:
        raise ValidationError("This is not asked any more: the numbers were changed since the page was opened.")
    row = DoubtAnswer(
        study=Study.objects.get(review=review, code=asked.study),
        kind=asked.doubt.kind.value,
        about=asked.about,
        question=asked.doubt.sentence,
        digest=digest,
        reason=reason.strip(),
        answered_by=by,
    )
    return record(by=by, row=row)


def ask_again(*, by: User, answer: DoubtAnswer, reason: str = "") -> None:
    """Take an answer back, so that the question is asked again; the history keeps it."""
    remove(by=by, row=answer, reason=reason)


def studies_of(review: Review, printed: Printed) -> list[StudyNumbers]:
    """Give the numbers of the consensus of a review's studies as plain values."""
    rows = rows_of(review)
    scales = {pk: _scale(*values) for pk, *values in rows.instruments}
    arms: dict[int, list[ArmSize]] = defaultdict(list)
    labels: dict[int, ArmSize] = {}
    for pk, study, number, label, n in rows.arms:
        labels[pk] = ArmSize(number, label, n)
        arms[study].append(labels[pk])
    results: dict[int, list[ArmNumbers]] = defaultdict(list)
    for study, row in _arm_numbers(rows.results, scales, labels):
        results[study].append(_as_printed(row, printed))
    contrasts: dict[int, list[ContrastNumbers]] = defaultdict(list)
    for study, contrast in _contrast_numbers(rows.contrasts, scales, labels):
        contrasts[study].append(_as_printed(contrast, printed))
    return [
        StudyNumbers(
            *(code, label, companion or pk, design != Study.Design.NON_RANDOMISED),
            *(tuple(arms[pk]), tuple(results[pk]), tuple(contrasts[pk])),
        )
        for pk, code, label, companion, design in rows.studies
        if pk in arms
    ]


def rows_of(review: Review) -> Rows:
    """Give what doubts look at, as queries in a fixed order: all that a doubt rests on, and nothing else."""
    arms = Arm.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    results = ArmResult.objects.filter(
        arm__extraction__study__review=review, arm__extraction__is_consensus=True, instrument__kind="continuous"
    )
    contrasts = ContrastResult.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    sides = ("first_arm_id", "second_arm_id")
    return Rows(
        Instrument.objects.filter(outcome__review=review).order_by("pk").values_list(*OF_SCALE),
        arms.order_by("number", "pk").values_list("pk", "extraction__study_id", "number", "label", "n_randomised"),
        results.order_by("week", "arm__number", "pk").values_list(
            "pk", "arm__extraction__study_id", "arm_id", *AT, *OF_ARM
        ),
        contrasts.order_by("week", "pk").values_list("pk", "extraction__study_id", *sides, *AT, *OF_CONTRAST),
        Study.objects.filter(review=review)
        .order_by("label", "pk")
        .values_list("pk", "code", "label", "companion_of", "design"),
    )


def _scale(
    outcome: str,
    code: str,
    name: str,
    low: Decimal | None,
    high: Decimal | None,
    step: Decimal | None,
    items: int,
    direction: str,
) -> Scale:
    apart = None if step is None else Fraction(step) / items
    return Scale(f"{outcome}/{code}", name, low, high, apart, direction == "higher")


def _arm_numbers(rows: Query, scales: Mapping[int, Scale], arms: Mapping[int, ArmSize]) -> Any:
    for pk, study, arm, *values in rows:
        numbers = dict(zip(OF_ARM, values[len(AT) :], strict=True))
        size = arms[arm]
        yield study, ArmNumbers((ARM_RESULTS, pk), size.number, size.label, _moment(values, scales), **numbers)


def _contrast_numbers(rows: Query, scales: Mapping[int, Scale], arms: Mapping[int, ArmSize]) -> Any:
    for pk, study, first, second, *values in rows:
        one, two = arms[first], arms[second]
        numbers = dict(zip(OF_CONTRAST, values[len(AT) :], strict=True))
        yield (
            study,
            ContrastNumbers(
                *((CONTRASTS, pk), one.number, two.number, f"{one.label} against {two.label}"),
                *(_moment(values, scales),),
                **numbers,
            ),
        )


def _moment(values: list[Any], scales: Mapping[int, Scale]) -> Moment:
    instrument, week, time, kind, is_adjusted = values[: len(AT)]
    return Moment(scales[instrument], week, time, kind == ValueKind.CHANGE, is_adjusted)


def _as_printed(row: Any, printed: Printed) -> Any:
    """Give the row with the zeros that its numbers were printed with, where they are known."""
    return replace(row, **printed[row.key]) if row.key in printed else row
