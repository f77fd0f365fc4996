"""Records, reasons and readers of a review that is screened, for tests."""

from typing import Any

from django.contrib.auth.models import User

from evidence.models import DoubtfulPair, ExclusionReason, Record, Review, ScreeningPolicy, SearchRound, SearchSource
from evidence.services import screening
from tests.factories import make_membership, make_review, make_search_round, make_user, next_number, saved


def make_team(review: Review, *names: str, role: str = "reviewer") -> list[User]:
    """Make members of a review with this role."""
    people = [make_user(f"{name}{next_number()}") for name in names]
    for person in people:
        make_membership(review, person, role)
    return people


def make_owner(review: Review) -> User:
    """Make an owner of the review."""
    return make_team(review, "owner", role="owner")[0]


def make_source(search_round: SearchRound | None = None, **fields: Any) -> SearchSource:
    """Make a database that was searched."""
    words = {"database": f"Database {next_number()}", **fields}
    return saved(SearchSource(search_round=search_round or make_search_round(), **words))


def make_records(review: Review | None = None, count: int = 1, by: User | None = None, **fields: Any) -> list[Record]:
    """Add records to a review as a service does, so that they wait to be screened."""
    review = review or make_review()
    search_round = review.search_rounds.first() or make_search_round(review)
    rows = [{"title": f"Record {next_number()}", **fields} for _ in range(count)]
    before = set(review.records.values_list("pk", flat=True))
    screening.add_records(by=by or make_owner(review), search_round=search_round, rows=rows)
    return list(review.records.exclude(pk__in=before).order_by("pk"))


def make_record(review: Review | None = None, **fields: Any) -> Record:
    """Add one record to a review."""
    return make_records(review, **fields)[0]


def make_duplicate() -> Record:
    """Make a record that duplicates another one."""
    first, second = make_records(count=2)
    return screening.mark_duplicate(by=make_owner(first.review), record=second, of=first)


def make_doubtful_pair(review: Review | None = None, **fields: Any) -> DoubtfulPair:
    """Put two records of a review before people as possible duplicates."""
    first, second = make_records(review, 2)
    values = {"score": 0.5, "reasons": "The same: title.", **fields}
    return saved(DoubtfulPair(review=first.review, first=first, second=second, **values))


def make_reason(review: Review | None = None, **fields: Any) -> ExclusionReason:
    """Make a reason for excluding."""
    number = next_number()
    words = {"code": f"reason-{number}", "name": f"reason {number}", "position": number % 1000, **fields}
    return saved(ExclusionReason(review=review or make_review(), **words))


def make_policy(review: Review | None = None, **fields: Any) -> ScreeningPolicy:
    """Set the rules that a review screens by."""
    review = review or make_review()
    return screening.set_policy(by=make_owner(review), review=review, **fields)


def settle(record: Record, answer: str, readers: list[User], stage: str = "title_abstract", **given: Any) -> None:
    """Let each reader give the same answer."""
    for reader in readers:
        screening.decide(by=reader, record=record, stage=stage, answer=answer, **given)
