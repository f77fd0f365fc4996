"""The first steps of a review, ticked off by what there is; who has seen them puts them away."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from analysis.admin.home.known import WhatIsKnown
from evidence.admin.standing import Standing
from evidence.models import Review
from evidence.permissions import Act
from evidence.services.extraction import State
from evidence.services.workload import Workload

KEPT_FOR = 365 * 24 * 3600
COOKIE = "tour-{review}-{person}"


# What to do, why, where, and the act that the role of who does it has to cover.
STEPS = {
    "team": (
        "Invite the team",
        "Two people read independently; a third settles what they differ in.",
        "evidence_review_change",
        Act.MANAGE,
    ),
    "protocol": (
        "Write the protocol down",
        "The question, whom and what it is about, and where it is registered.",
        "evidence_review_change",
        Act.MANAGE,
    ),
    "records": (
        "Bring in records or studies",
        "Records of a search are screened; a known study is entered at once.",
        "evidence_screening_add",
        Act.RECORD,
    ),
    "extraction": (
        "Extract, and settle what differs",
        "Analyses read the consensus of each study, and nothing else.",
        "evidence_extraction_board",
        Act.RECORD,
    ),
    "analysis": (
        "Run the first analysis",
        "Say which outcome, which comparison and how it is pooled; then press Run.",
        "analysis_analysis_add",
        Act.ANALYSE,
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to do, why, where, and whether it is done. `url` is "" for who may not do it."""

    title: str
    says: str
    url: str
    is_done: bool


def steps_of(review: Review, *, members: int, workload: Workload, known: WhatIsKnown, standing: Standing) -> list[Step]:
    """Give the five steps from an empty review to its first result."""
    done = {
        "team": members > 1,
        "protocol": bool(review.question and (review.registration or review.protocol_url or review.population)),
        "records": bool(workload.record_count or workload.study_count),
        "extraction": workload.studies[State.CONSENSUS] > 0,
        "analysis": any(row.snapshot for row in known.all),
    }
    return [
        Step(title, says, _url(page, review) if standing.may(act, review.pk) else "", done[name])
        for name, (title, says, page, act) in STEPS.items()
    ]


def _url(page: str, review: Review) -> str:
    """Give the address of a page for a review."""
    if page == "analysis_analysis_add":
        return f"{reverse(f'admin:{page}')}?review={review.pk}"
    return reverse(f"admin:{page}", args=[review.pk if page == "evidence_review_change" else review.slug])


def is_put_away(request: HttpRequest, review: Review) -> bool:
    """Whether the person has put the steps away."""
    return request.COOKIES.get(COOKIE.format(review=review.pk, person=request.user.pk)) == "1"


def put_away(request: HttpRequest, response: HttpResponse, review: Review, *, is_shown: bool) -> None:
    """Put the steps away in this browser, or bring them back."""
    name, path = COOKIE.format(review=review.pk, person=request.user.pk), reverse("admin:index")
    if is_shown:
        response.delete_cookie(name, path=path, samesite="Lax")
    else:
        response.set_cookie(name, "1", max_age=KEPT_FOR, path=path, httponly=True, samesite="Lax")
