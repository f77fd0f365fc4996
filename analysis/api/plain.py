"""Rows of analysis as programs see them, of reviews that the person may read."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analysis import canonical
from evidence.api.views import Rows
from evidence.permissions import Act


class StoredJson(serializers.JSONField):
    """JSON that is stored as text."""

    def to_representation(self, value: Any) -> Any:
        """Give it as plain data; None where nothing is stored."""
        return canonical.from_text(value) if value else None


@extend_schema_field({"type": "object"})
class StoredObject(StoredJson):
    """An object of JSON that is stored as text."""


class KeptForEver(Rows):
    """Rows that nobody changes: read by the members of their review, as on the pages."""

    http_method_names = ["get", "head", "options"]

    def readable(self, rows: Any) -> Any:
        """Narrow rows to the person's reviews."""
        return rows.filter(**{f"{self.model.review_path}__in": self.standing.reviews(Act.VIEW)})  # type: ignore[attr-defined]
