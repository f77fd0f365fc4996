"""The review, its words and rules, and who works on it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from analysis.models import Analysis
from analysis.services import save_analysis
from evidence.models import Review
from evidence.services.screening import set_policy
from tests import factories
from tests.browser.whole_review.people import PASSWORD, Person
from tests.browser.whole_review.plan import REASONS
from tests.screening_factories import make_reason

# Anna adjudicates in this review, as people in small teams do, but not what she has read herself.
ROLES = {"anna": "adjudicator", "ben": "reviewer", "cleo": "adjudicator", "dora": "owner", "vera": "viewer"}


@dataclass
class Cast:
    """Two readers, an adjudicator and an owner; and a viewer, who is to look only."""

    review: Review
    anna: Person
    ben: Person
    cleo: Person
    dora: Person
    vera: Person

    def at(self, name: str, *args: Any) -> str:
        """Give the address of a page."""
        return reverse(f"admin:{name}", args=args)


def make_cast(browser: Any, address: str, complaints: list[str]) -> Cast:
    """Make the review with its team, and let everybody log in."""
    review = factories.make_review(title="Exercise for low back pain", slug="back-pain")
    people = {}
    for name, role in ROLES.items():
        account = factories.make_user(name)
        account.set_password(PASSWORD)
        account.save()
        factories.make_membership(review, account, role)
        people[name] = Person(name.capitalize(), account, browser, address, complaints)
    owner = people["dora"].account
    set_policy(by=owner, review=review, title_abstract_readers="dual", full_text_readers="dual", order="found")
    for position, reason in enumerate(REASONS, start=1):
        make_reason(review, code=reason.replace(" ", "-"), name=reason, position=position)
    factories.make_search_round(review, name="PubMed in May")
    factories.make_comparator_type(review, code="usual", name="Usual care")
    make_outcomes(review)
    for slug, outcome, steps in (
        ("pain", "pain", {"pooling": {}, "sensitivity": {}, "grade": {}}),
        ("disability", "disability", {"pooling": {}}),
    ):
        rules = {"outcome": outcome, "window": f"{outcome}-short", "comparators": ["usual"]}
        row = Analysis(review=review, slug=slug, title=f"{slug.capitalize()} in the short term", rules=rules)
        save_analysis(by=owner, analysis=row, steps=steps)
    for person in people.values():
        person.log_in()
    return Cast(review, **people)


def make_outcomes(review: Review) -> None:
    """Make pain on the NRS and disability on the RMDQ, both around week 12."""
    for code, instrument, top in (("pain", "NRS", 10), ("disability", "RMDQ", 24)):
        words = {"code": code, "name": code.capitalize(), "unit": f"points (0-{top})", "mcid_between": "1"}
        outcome = factories.make_outcome(review, scale_max=top, **words)
        factories.make_window(outcome, code=f"{code}-short", name="short term")
        factories.make_instrument(outcome, code=instrument.lower(), name=instrument, scale_max=top)
