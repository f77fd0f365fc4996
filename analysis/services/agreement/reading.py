"""The agreement of a review's readers in one kind of work, as one person may see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User

from analysis.engine.agreement import GroupAgreement, report_agreement
from analysis.services.agreement.asking import Asked, Gathered, Work
from analysis.services.agreement.extraction import gather_extraction
from analysis.services.agreement.risk_of_bias import gather_risk_of_bias
from analysis.services.agreement.screening import gather_screening
from evidence.models import Assessment, Review, ScreeningState
from evidence.permissions import Act, require

GATHER: Mapping[Work, Callable[[Review], Gathered]] = {
    Work.SCREENING: gather_screening,
    Work.RISK_OF_BIAS: gather_risk_of_bias,
    Work.EXTRACTION: gather_extraction,
}


@dataclass(frozen=True, slots=True)
class Line:
    """The agreement in one question."""

    asked: Asked
    agreement: GroupAgreement
    alone: int


@dataclass(frozen=True, slots=True)
class WorkAgreement:
    """The agreement in one kind of work.

    Attributes
    ----------
    lines : one for each question that two readers have answered, in the order of the work
    readers : names by code
    waiting : items that are left out because somebody's answer is open
    level : confidence level of the intervals
    """

    work: Work
    lines: tuple[Line, ...]
    readers: Mapping[str, str]
    waiting: int
    level: float


def read_agreement(*, by: User, review: Review, work: Work, level: float = 0.95) -> WorkAgreement:
    """Give how far the readers of a review agree in one kind of work, from their first independent answers.

    Only items that every required reader has answered are counted, for everybody alike: nobody can tell from it what a
    reader says who has not answered, and nobody sees it earlier than another.

    Raises
    ------
    NotAllowed : the person is no member of the review
    """
    require(by, Act.VIEW, review)
    gathered = GATHER[work](review)
    scales = {asked.code: asked.scale for asked in gathered.asked}
    report = report_agreement([row for row in gathered.answers if row.group in scales], scales=scales, level=level)
    by_code = {asked.code: asked for asked in gathered.asked}
    lines = tuple(
        Line(asked=by_code[found.group], agreement=found, alone=gathered.alone.get(found.group, 0))
        for found in report
        if found.n_items
    )
    names = _names({row.reader for row in gathered.answers})
    return WorkAgreement(work=work, lines=lines, readers=names, waiting=gathered.waiting, level=level)


def _names(codes: set[str]) -> dict[str, str]:
    """Give the names of people by their keys; two of one name are told apart by their login."""
    people = User.objects.filter(pk__in=codes).order_by("pk")
    names = {str(person.pk): person.get_full_name() or person.get_username() for person in people}
    logins = {str(person.pk): person.get_username() for person in people}
    said = list(names.values())
    return {code: name if said.count(name) == 1 else f"{name} ({logins[code]})" for code, name in names.items()}


def default_work(review: Review) -> Work:
    """Give the kind of work that a page opens with: the first in which anybody has done something."""
    if ScreeningState.objects.filter(review=review).exists():
        return Work.SCREENING
    if Assessment.objects.filter(study__review=review, is_consensus=False).exists():
        return Work.RISK_OF_BIAS
    return Work.EXTRACTION
