"""A small review with analyses, built for tests of what analyses do."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from analysis.models import Analysis
from analysis.services import save_analysis
from evidence.models import Instrument, Membership, Outcome, Review, Study
from tests import factories


@dataclass
class SmallReview:
    """A review with three trials of pain at week 12 and two at week 52, and who may do what in it."""

    owner: User
    review: Review
    pain: Outcome
    nrs: Instrument
    studies: list[Study]

    def analysis(self, slug: str = "short", *, window: str = "short", **changes: object) -> Analysis:
        """Save an analysis with pooling, sensitivity and GRADE."""
        rules = {"outcome": "pain", "window": window, "comparators": ["active"], **changes}
        row = Analysis(review=self.review, slug=slug, title=f"Pain, {slug}", rules=rules)
        return save_analysis(by=self.owner, analysis=row, steps={"pooling": {}, "sensitivity": {}, "grade": {}})


def make_small_review() -> SmallReview:
    """Make the review; the owner may do everything."""
    review = factories.make_review(slug=f"small-{factories.next_number()}")
    owner = factories.make_membership(review, role=Membership.Role.OWNER).user
    pain = factories.make_outcome(review, code="pain", name="Pain", scale_min=0, scale_max=10, mcid_between=1)
    factories.make_window(pain, code="short", name="short-term", target_week=12, from_week=4, to_week=20)
    factories.make_window(pain, code="long", name="long-term", target_week=52, from_week=40, to_week=64)
    nrs = factories.make_instrument(pain, code="nrs", name="NRS", scale_min=0, scale_max=10)
    active = factories.make_comparator_type(review, code="active", name="active")
    studies = []
    for n1, mean1, sd1, n2, mean2, sd2, week in TRIALS:
        study = factories.make_pooled_study(
            review,
            instrument=nrs,
            n1=n1,
            mean1=mean1,
            sd1=sd1,
            n2=n2,
            mean2=mean2,
            sd2=sd2,
            week=week,
            comparator_type=active,
        )
        studies.append(study)
    return SmallReview(owner, review, pain, nrs, studies)


TRIALS = [
    (40, "3.1", "1.5", 42, "4.0", "1.6", 12),
    (55, "2.8", "1.9", 50, "3.2", "2.0", 10),
    (30, "3.6", "2.1", 33, "4.9", "1.8", 14),
    (60, "3.0", "2.0", 61, "3.3", "1.9", 52),
    (25, "2.5", "1.7", 27, "3.5", "1.6", 48),
]
