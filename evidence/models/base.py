"""What all rows of evidence have in common: a review they belong to, a history, a place in a report."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from simple_history.models import HistoricalRecords

from evidence.models.doors import Entered

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from evidence.models.review import Review


class EvidenceQuerySet(models.QuerySet[Any]):
    """Rows of evidence, narrowed to what a person may see."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Give the rows of the reviews that the user is a member of; all to a superuser, none to a stranger."""
        if getattr(user, "is_superuser", False):
            return self
        if not user.is_authenticated:
            return self.none()
        path = self.model.review_path
        prefix = f"{path}__" if path else ""
        return self.filter(**{f"{prefix}memberships__user": user})  # once each: nobody is a member twice

    def of_review(self, review: "Review") -> Self:
        """Give the rows of one review."""
        path = self.model.review_path
        return self.filter(**{path: review}) if path else self.filter(pk=review.pk)


class EvidenceRow(models.Model):
    """A row that belongs to one review and whose every change is kept.

    `review_path` is the lookup from the row to its review ("" for the review itself).
    """

    review_path = "review"

    history = HistoricalRecords(inherit=True, bases=[Entered])
    objects = EvidenceQuerySet.as_manager()

    class Meta:
        abstract = True

    def full_clean(self, exclude: Any = None, validate_unique: bool = True, validate_constraints: bool = True) -> None:
        """Check each field first, and the rules between fields only where every field can be read."""
        self.clean_fields(exclude=exclude)
        super().full_clean(exclude, validate_unique, validate_constraints)

    def stamp(self, by: "User", reason: str = "") -> None:
        """Name who changes the row, and why, for the entry in its history that the next save or delete makes."""
        self._history_user = by
        self._change_reason = reason

    @property
    def owning_review(self) -> "Review":
        """The review that the row belongs to."""
        row: Any = self
        for step in filter(None, self.review_path.split("__")):
            row = getattr(row, step)
        return row


class Sourced(models.Model):
    """Where in the report the numbers of a row stand."""

    page = models.CharField(max_length=40, blank=True, help_text="Page of the report, such as 412 or e7.")
    table = models.CharField(
        "table or figure", max_length=80, blank=True, help_text="Where on the page, such as Table 2 or Figure 1."
    )
    quote = models.TextField(blank=True, help_text="The words of the report that hold the numbers.")
    source_url = models.URLField("source address", max_length=500, blank=True)
    note = models.TextField(blank=True, help_text="Anything the next reader should know. Changes no result.")

    class Meta:
        abstract = True
