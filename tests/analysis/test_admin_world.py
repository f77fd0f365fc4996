"""A small review for the tests of the admin: an outcome, a comparator, a team, and analyses; checked in itself."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from analysis.models import Analysis, Snapshot
from analysis.services import refresh, save_analysis
from evidence.models import ComparatorType, Instrument, Outcome, Review
from tests import factories

pytestmark = pytest.mark.django_db

STEPS: dict[str, dict[str, Any]] = {"pooling": {}, "sensitivity": {}, "grade": {}}
STUDIES = [
    (50, 3.0, 1.5, 50, 4.1, 1.4),
    (60, 2.8, 1.6, 58, 3.9, 1.7),
    (40, 3.4, 1.2, 41, 3.9, 1.3),
    (80, 3.1, 1.8, 79, 4.6, 1.9),
]


@dataclass
class World:
    """A review with its words and people by role."""

    review: Review
    outcome: Outcome
    instrument: Instrument
    comparator: ComparatorType
    people: dict[str, User] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        """Give a browser in which the person with the role is logged in; "stranger" has no role."""
        if role not in self.people:
            self.people[role] = factories.make_user()
            if role != "stranger":
                factories.make_membership(self.review, self.people[role], role)
        client = Client()
        client.force_login(self.people[role])
        return client

    @property
    def owner(self) -> User:
        """The owner of the review."""
        return self.people["owner"]

    def rules(self, **others: Any) -> dict[str, Any]:
        """Give rules for the outcome against the comparator."""
        window = self.outcome.windows.get()
        values = {"outcome": self.outcome.code, "window": window.code, "comparators": [self.comparator.code]}
        return {**values, **others}

    def add_studies(self, k: int, **fields: Any) -> None:
        """Add k studies that can be pooled."""
        for number in range(k):
            values = STUDIES[number % len(STUDIES)]
            factories.make_pooled_study(
                self.review, self.instrument, *values, comparator_type=self.comparator, **fields
            )

    def analysis(self, **rules: Any) -> Analysis:
        """Make an analysis with all three steps."""
        number = factories.next_number()
        row = Analysis(review=self.review, slug=f"a{number}", title=f"Analysis {number}", rules=self.rules(**rules))
        return save_analysis(by=self.owner, analysis=row, steps=STEPS)

    def snapshot(self, analysis: Analysis | None = None, **rules: Any) -> Snapshot:
        """Run an analysis and give its snapshot."""
        done = refresh(by=self.owner, analysis=analysis or self.analysis(**rules))
        assert done.snapshot is not None, done.failure
        return done.snapshot


def make_world(k: int = 0) -> World:
    """Make a review with k studies."""
    review = factories.make_review()
    outcome = factories.make_outcome(review, name="Pain intensity", mcid_between="1.5")
    factories.make_window(outcome)
    instrument = factories.make_instrument(outcome, name="NRS")
    world = World(review, outcome, instrument, factories.make_comparator_type(review, name="Usual care"))
    world.client("owner")
    world.add_studies(k)
    return world


def test_world_gives_a_snapshot_with_its_studies() -> None:
    snapshot = make_world(3).snapshot()
    assert snapshot.number == 1
    assert snapshot.runs.count() == 3
