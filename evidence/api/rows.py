"""Rows as programs see them: plain numbers, references by key, reviews by their short name, and chosen fields only."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from rest_framework import exceptions, serializers

from evidence.models.fields import Number

UNKNOWN_FIELDS = "There is no field {unknown}; “fields” takes some of {known}."


class PlainNumber(serializers.DecimalField):
    """A number as it was entered, as a number of JSON: up to 15 digits, which a double keeps exactly."""

    def to_representation(self, value: Any) -> Any:
        """Give the number without zeros that say nothing."""
        if value is None:
            return None
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else float(number)


class PersonName(serializers.CharField):
    """A person by the name of their account."""

    def to_representation(self, value: Any) -> str:
        """Give the name."""
        return str(value.username)


class ReviewSlug(serializers.SlugRelatedField):
    """A review by its short name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"slug_field": "slug", "read_only": True, **options})


class RowSerializer(serializers.ModelSerializer):
    """One row. `fields` in the query chooses what is given of it; what is sent is read by `Entry` (see `writing`)."""

    serializer_field_mapping: ClassVar[Any] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        Number: PlainNumber,
        models.DecimalField: PlainNumber,
    }

    def get_fields(self) -> dict[str, Any]:
        """Give the fields that the query asks for, all where it asks for none."""
        fields = super().get_fields()
        asked = self.context.get("only")
        if not asked or self.root not in (self, self.parent):
            return fields
        unknown = [name for name in asked if name not in fields]
        if unknown:
            names = ", ".join(f"“{name[:80]}”" for name in unknown)
            raise exceptions.ParseError(UNKNOWN_FIELDS.format(unknown=names, known=", ".join(fields)))
        return {name: field for name, field in fields.items() if name in asked}

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Leave the checks to the services, and what is unique to the database."""
        kind, options = super().build_standard_field(field_name, model_field)
        options.pop("validators", None)
        return kind, options

    def get_unique_together_validators(self) -> list[Any]:
        """None: services speak of that."""
        return []


def sent_rows(model: type[models.Model], names: tuple[str, ...]) -> type[RowSerializer]:
    """Give what describes rows of these fields as they are sent; a review is named by its short name."""
    meta = type("Meta", (), {"model": model, "fields": names})
    parts: dict[str, Any] = {"Meta": meta, "__doc__": f"{str(model._meta.verbose_name).capitalize()}, as it is sent."}
    if "review" in names:
        parts["review"] = serializers.CharField(help_text="Short name of the review.")
    return type(f"{model.__name__}Sent", (RowSerializer,), parts)
