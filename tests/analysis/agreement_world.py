"""A review in which two people read independently: records, risk of bias and extractions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from evidence.models import Assessment, Extraction, Instrument, Record, Review, Study
from evidence.services import complete_extraction, judge, open_extraction, start_assessment, submit_assessment
from evidence.services.judging import Answer
from evidence.services.screening import add_records, decide
from evidence.tools import get_tool
from evidence.verdicts import Stage
from tests import factories

LETTERS = {"i": "include", "e": "exclude", "u": "unsure"}
TOOL = "rob1"


@dataclass
class ReadingWorld:
    """The review and its people."""

    review: Review
    owner: User
    anna: User
    ben: User
    instrument: Instrument
    records: list[Record] = field(default_factory=list)

    def client(self, user: User) -> Client:
        """Give a browser in which a person is logged in."""
        client = Client()
        client.force_login(user)
        return client

    def add_records(self, count: int) -> None:
        """Add records of one more search."""
        number = factories.next_number()
        search_round = factories.make_search_round(self.review)
        rows = [{"title": f"Trial {number} of exercise {place}"} for place in range(count)]
        add_records(by=self.owner, search_round=search_round, rows=rows)
        self.records += list(Record.objects.filter(search_round=search_round).order_by("pk"))

    def screen(self, reader: User, letters: str, stage: str = Stage.TITLE_ABSTRACT, **options: Any) -> None:
        """Answer the records in order, one letter each; a dot leaves one out."""
        for record, letter in zip(self.records, letters, strict=False):
            if letter != ".":
                decide(by=reader, record=record, stage=stage, answer=LETTERS[letter], **options)

    def study(self) -> Study:
        """Add a study."""
        return factories.make_study(self.review)

    def assess(self, reader: User, study: Study, levels: str | Sequence[str], *, submit: bool = True) -> Assessment:
        """Judge all domains of a study alike, or each in order, and submit."""
        domains = list(get_tool(TOOL).domains)
        each = [levels] * len(domains) if isinstance(levels, str) else levels
        assessment = start_assessment(by=reader, study=study, tool=TOOL)
        answers = {domain: Answer(level) for domain, level in zip(domains, each, strict=True)}
        judge(by=reader, assessment=assessment, answers=answers)
        return submit_assessment(by=reader, assessment=assessment) if submit else assessment

    def extract(
        self, reader: User, study: Study, arms: Sequence[dict[str, Any]], *, complete: bool = True, **answers: Any
    ) -> Extraction:
        """Enter arms, each with its result, and answers to questions; then say that it is complete."""
        extraction = open_extraction(by=reader, study=study)
        for number, values in enumerate(arms, start=1):
            numbers = dict(values)
            label = numbers.pop("label", f"Arm {number}")
            role = numbers.pop("role", "experimental")
            arm = factories.make_arm(extraction, role, number=number, label=label)
            if numbers:
                factories.make_arm_result(arm, self.instrument, **numbers)
        for code, value in answers.items():
            question = self.review.characteristic_fields.get(code=code)
            column = {"number": "number", "flag": "flag"}.get(question.kind, "text")
            factories.make_characteristic(extraction, field=question, **{"number": None, column: value})
        return complete_extraction(by=reader, extraction=extraction) if complete else extraction


def make_reading_world() -> ReadingWorld:
    """Make the review with an owner and two readers."""
    review = factories.make_review()
    people = [
        factories.make_membership(
            review, factories.make_user(f"{name}{factories.next_number()}", first_name=name), role
        ).user
        for name, role in (("Olga", "owner"), ("Anna", "reviewer"), ("Ben", "reviewer"))
    ]
    return ReadingWorld(review, *people, factories.make_instrument(factories.make_outcome(review)))
