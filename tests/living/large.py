"""A large review with many analyses, made up, and put in as a whole: to count and to time what one edit costs."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from analysis.freezing import take_content
from analysis.models import Analysis
from analysis.services import save_analysis
from evidence.models import Arm, ArmResult, Extraction, Instrument, Membership, Review, Study
from tests import factories

OUTCOMES, COMPARATORS = 10, 3
# Each study reports this many of the outcomes.
REPORTED = 3
SEED = 500


@dataclass
class LargeReview:
    """The review, who may do everything in it, and its analyses: each outcome with each comparator, and with all."""

    owner: User
    review: Review
    analyses: list[Analysis]


def make_large_review(*, studies: int, analyses: int = OUTCOMES * (COMPARATORS + 1)) -> LargeReview:
    """Make the review, and its first analyses; at most one for each outcome and group of comparators."""
    review = factories.make_review(slug=f"large-{factories.next_number()}")
    owner = factories.make_membership(review, role=Membership.Role.OWNER).user
    instruments = [_make_outcome(review, number) for number in range(OUTCOMES)]
    kinds = [factories.make_comparator_type(review, code=f"kind-{number}") for number in range(COMPARATORS)]
    _put_in_studies(review, owner, instruments, kinds, studies)
    asked = [(f"outcome-{number}", group) for number in range(OUTCOMES) for group in _groups()][:analyses]
    content = take_content(review)
    rows = [_save(owner, review, outcome, group, content) for outcome, group in asked]
    return LargeReview(owner, review, rows)


def _groups() -> list[tuple[str, ...]]:
    single = [(f"kind-{number}",) for number in range(COMPARATORS)]
    return [tuple(code for group in single for code in group), *single]


def _make_outcome(review: Review, number: int) -> Instrument:
    outcome = factories.make_outcome(review, code=f"outcome-{number}")
    factories.make_window(outcome, code="short")
    return factories.make_instrument(outcome, code="scale")


def _save(owner: User, review: Review, outcome: str, group: tuple[str, ...], content: dict[str, Any]) -> Analysis:
    slug = f"{outcome}-{'all' if len(group) > 1 else group[0]}"
    rules = {"outcome": outcome, "window": "short", "comparators": group}
    row = Analysis(review=review, slug=slug, title=slug, rules=rules)
    return save_analysis(by=owner, analysis=row, steps={"pooling": {}}, content=content)


def _put_in_studies(review: Review, owner: User, instruments: list[Instrument], kinds: list[Any], count: int) -> None:
    """Put in studies of two arms; study i has comparator i, and outcomes i, i + 1, ..., each counted round."""
    rng = np.random.default_rng(SEED)
    studies = [
        Study(review=review, code=f"s{number:04}", label=f"Study {number}", year=2020) for number in range(count)
    ]
    _bulk(owner, Study, studies)
    stamp = {"status": "complete", "completed_at": timezone.now(), "completed_by": owner, "is_consensus": True}
    extractions = [Extraction(study=study, **stamp) for study in studies]
    _bulk(owner, Extraction, extractions)
    arms = []
    for number, extraction in enumerate(extractions):
        kind = kinds[number % COMPARATORS]
        arms.append(Arm(extraction=extraction, number=1, label="Treated", role="experimental"))
        arms.append(Arm(extraction=extraction, number=2, label="Control", role="comparator", comparator_type=kind))
    _bulk(owner, Arm, arms)
    results = []
    for place, arm in enumerate(arms):
        for step in range(REPORTED):
            mean, sd = (Decimal(str(round(value, 2))) for value in (rng.normal(5, 0.5), rng.uniform(1, 3)))
            instrument = instruments[(place // 2 + step) % OUTCOMES]
            results.append(ArmResult(arm=arm, instrument=instrument, week=12, n=50, mean=mean, sd=sd))
    _bulk(owner, ArmResult, results)


def _bulk(owner: User, model: Any, rows: list[Any]) -> None:
    bulk_create_with_history(rows, model, batch_size=500, default_user=owner)


def edit_one_sd(large: LargeReview) -> ArmResult:
    """Change the SD of one result, as a person who corrects it does; give the result."""
    row = ArmResult.objects.of_review(large.review).order_by("pk").first()
    assert row is not None
    row.sd += Decimal("0.5")
    row.full_clean()
    row.stamp(large.owner, "Misread")
    row.save()
    return row
