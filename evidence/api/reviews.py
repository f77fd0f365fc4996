"""Reviews and what they are made of: outcomes, windows, instruments, words."""

from typing import Any

from evidence.api.filtering import filters_for
from evidence.api.rows import ReviewSlug, RowSerializer
from evidence.api.writing import BulkRows, WrittenRows
from evidence.models import FollowUpWindow, Instrument, Outcome, Review
from evidence.permissions import Act
from evidence.services import create_review

PICOS = ("question", "population", "intervention", "comparator", "outcome", "study_design")
REVIEW = ("slug", "title", "status", "registration", "registered_on", "protocol_url", *PICOS, "citation")
SCALE = ("scale_min", "scale_max")
OUTCOME = ("review", "code", "name", "direction", *SCALE, "unit", "mcid_between", "mcid_within")
WINDOW = ("outcome", "code", "name", "target_week", "from_week", "to_week")
INSTRUMENT = ("outcome", "code", "name", "kind", "direction", *SCALE, "score_step", "item_count")


class ReviewRow(RowSerializer):
    """A review: its question, its registration, where it stands."""

    class Meta:
        model = Review
        fields = ("id", *REVIEW)


class Reviews(WrittenRows):
    """The reviews that the person is a member of; who makes one owns it."""

    model = Review
    serializer_class = ReviewRow
    filterset_class = filters_for(Review, ["slug", "status"])
    search_fields = ("title", "slug", "question")
    ordering_fields = ("title", "slug")
    written = REVIEW
    act = Act.MANAGE

    def require_role(self) -> None:
        """Whoever is let in may start a review, as on the pages."""

    def make(self, values: dict[str, Any]) -> Any:
        """Make a review and its owner."""
        review = create_review(by=self.person, **values)
        self.request.standing_here = None  # there is one membership more
        return review


class OutcomeRow(RowSerializer):
    """Something that the review wants to know about, and the scale that its answers are given in."""

    review = ReviewSlug()

    class Meta:
        model = Outcome
        fields = ("id", *OUTCOME)


class Outcomes(BulkRows):
    """What is measured."""

    model = Outcome
    serializer_class = OutcomeRow
    related = ("review",)
    filterset_class = filters_for(Outcome, ["code", "direction"])
    search_fields = ("name", "code")
    ordering_fields = ("name", "code")
    written = OUTCOME
    fixed = ("review",)


class WindowRow(RowSerializer):
    """A span of weeks that counts as one time point."""

    review = ReviewSlug(source="outcome.review")

    class Meta:
        model = FollowUpWindow
        fields = ("id", "review", *WINDOW)


class Windows(WrittenRows):
    """When outcomes are measured."""

    model = FollowUpWindow
    serializer_class = WindowRow
    related = ("outcome__review",)
    filterset_class = filters_for(FollowUpWindow, ["outcome", "outcome_code=outcome__code", "code"])
    search_fields = ("name", "code")
    ordering_fields = ("from_week", "code")
    written = WINDOW
    fixed = ("outcome",)


class InstrumentRow(RowSerializer):
    """A scale or count that an outcome is measured with."""

    review = ReviewSlug(source="outcome.review")

    class Meta:
        model = Instrument
        fields = ("id", "review", *INSTRUMENT)


class Instruments(WrittenRows):
    """With what outcomes are measured."""

    model = Instrument
    serializer_class = InstrumentRow
    related = ("outcome__review",)
    filterset_class = filters_for(Instrument, ["outcome", "outcome_code=outcome__code", "code", "kind"])
    search_fields = ("name", "code")
    ordering_fields = ("name", "code")
    written = INSTRUMENT
    fixed = ("outcome",)
