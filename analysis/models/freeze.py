"""Frozen evidence and the datasets made of it."""

from django.conf import settings
from django.db import models

from analysis import canonical
from evidence.models import Review
from evidence.models.append_only import AppendOnlyRow


class Freeze(AppendOnlyRow):
    """The evidence of a review at one moment: canonical JSON, addressed by its SHA-256.

    The content is text, not a JSON column: PostgreSQL's jsonb rewrites numbers, and the digest could not be checked.
    """

    review_path = "review"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="freezes")
    digest = models.CharField(max_length=64, unique=True)
    content = models.TextField()
    taken_at = models.DateTimeField(auto_now_add=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-taken_at"]

    def __str__(self) -> str:
        return self.digest[:12]


def dataset_digest(*, review: Review, rules: str, content: str) -> str:
    """Give the digest of a dataset: of its review, and of the canonical texts of its rules and content.

    The review is part of it so that two reviews never share a row that only the members of one may read.
    """
    return canonical.digest_of({"review": review.slug, "rules": rules, "content": content})


class Dataset(AppendOnlyRow):
    """What the rules of an analysis make of a freeze: canonical JSON, addressed by its SHA-256.

    Different freezes may give the same dataset; `freeze` is the first that did.
    """

    review_path = "freeze__review"

    freeze = models.ForeignKey(Freeze, on_delete=models.PROTECT, related_name="datasets")
    digest = models.CharField(max_length=64, unique=True)
    rules = models.TextField()
    content = models.TextField()

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.digest[:12]
