"""A review with two readers, an adjudicator and a study, and answers to RoB 2 that two readers could give."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from evidence import services
from evidence.models import Assessment, Review, Study
from evidence.services.judging import Verdict
from evidence.services.risk_of_bias import GivenAnswer
from tests import factories as make

# All domains low, for the effect of assignment.
LOW = {
    "1.1": "Y",
    "1.2": "Y",
    "1.3": "N",
    "2.1": "Y",
    "2.2": "Y",
    "2.3-assignment": "N",
    "2.6-assignment": "Y",
    "3.1": "Y",
    "4.1": "N",
    "4.2": "N",
    "4.3": "N",
    "5.1": "Y",
    "5.2": "N",
    "5.3": "N",
}
# Another reading: concealment is not reported, and the assessors knew the intervention.
OTHER = LOW | {"1.2": "NI", "4.3": "Y", "4.4": "Y", "4.5": "PN"}


@dataclass
class World:
    """Who there is."""

    review: Review
    study: Study
    anna: User
    ben: User
    cora: User
    """The adjudicator."""

    def start(self, by: User, **fields: Any) -> Assessment:
        """Start an assessment with RoB 2 for the effect of assignment."""
        keys = {"tool": "rob2", "effect": "assignment"} | fields
        return services.start_assessment(by=by, study=self.study, **keys)

    def submitted(self, by: User, answers: dict[str, str], **fields: Any) -> Assessment:
        """Give an assessment that its reader has answered and submitted."""
        row = self.start(by, **fields)
        answer(by, row, answers)
        return services.submit_assessment(by=by, assessment=row)

    def both_submitted(self) -> tuple[Assessment, Assessment]:
        """Give two submitted assessments that differ."""
        return self.submitted(self.anna, LOW), self.submitted(self.ben, OTHER)


def make_world() -> World:
    """Make the review with its team and one study."""
    review = make.make_review(title="Exercise for back pain")
    anna, ben, cora = (
        make.make_membership(review, make.make_user(name), role).user
        for name, role in (("anna", "reviewer"), ("ben", "reviewer"), ("cora", "adjudicator"))
    )
    return World(review, make.make_study(review, label="Aasa 2015"), anna, ben, cora)


def answer(by: User, row: Assessment, answers: dict[str, str], **verdicts: Verdict) -> Assessment:
    """Answer questions, each with a support of its own."""
    given = {code: GivenAnswer(value, f"{by}: because of {code}") for code, value in answers.items()}
    return services.assess(by=by, assessment=row, answers=given, verdicts=verdicts)


def levels(row: Assessment) -> dict[str, str]:
    """Give the judgements by domain."""
    return dict(row.judgements.values_list("domain", "judgement"))


def answers_of(row: Assessment) -> dict[str, str]:
    """Give the answers by question."""
    return dict(row.answers.values_list("question", "answer"))


def client_of(person: User) -> Client:
    """Give a browser in which the person is logged in."""
    client = Client()
    client.force_login(person)
    return client
