"""Which rows of a list are given: filters by field, and a refusal of every name that a list does not know."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.db import models
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions
from rest_framework.filters import SearchFilter
from rest_framework.request import Request

LARGEST = 2**63 - 1
# What every list understands beside its filters.
COMMON = frozenset({"fields", "search", "ordering", "cursor", "page_size", "format"})
UNKNOWN = "“{name}” is not something that this list can be asked; it has {known}."


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": LARGEST})
class WholeFilter(django_filters.Filter):
    """Rows with this whole number, such as the key of a study."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"min_value": 0, "max_value": LARGEST, **options})


@extend_schema_field(OpenApiTypes.BOOL)
class TruthFilter(django_filters.TypedChoiceFilter):
    """Rows for which this is true, or false."""

    def __init__(self, *args: Any, **options: Any) -> None:
        choices = (("true", "true"), ("false", "false"))
        super().__init__(*args, **{"choices": choices, "coerce": lambda text: text == "true", **options})


def filters_for(model: type[models.Model], names: Sequence[str] = (), *, review: str | None = None) -> type[FilterSet]:
    """Give the filters of a list: by review (its short name), and by these fields; of numbers also from and to.

    A field behind a reference is named as it is asked for, with its lookup: study=arm__extraction__study.

    Parameters
    ----------
    review : lookup to the review, where it is not the model's `review_path`
    """
    path = review if review is not None else getattr(model, "review_path", "review")
    found: dict[str, Any] = {}
    if path:
        found["review"] = django_filters.CharFilter(
            field_name=f"{path}__slug", label="Short name of the review.", strip=False
        )
    for name in names:
        found |= _filters_of(model, name)
    meta = type("Meta", (), {"model": model, "fields": []})
    return type(f"{model.__name__}Filters", (FilterSet,), {**found, "Meta": meta})


def _filters_of(model: type[models.Model], name: str) -> dict[str, Any]:
    """Give the filters of one field, or of a field behind a reference."""
    public, _, path = name.rpartition("=")
    public, name = public or path, path
    field: Any = model
    for step in name.split("__"):
        holder: Any = field if isinstance(field, type) else field.related_model
        field = holder._meta.get_field(step)
    label = f"{str(field.verbose_name)[:1].upper()}{str(field.verbose_name)[1:]}."
    if isinstance(field, models.ForeignKey):
        return {public: WholeFilter(field_name=name, label=label)}
    if isinstance(field, models.BooleanField):
        return {public: TruthFilter(field_name=name, label=label)}
    if isinstance(field, models.IntegerField):
        ends = {f"{public}_{end}": WholeFilter(field_name=name, lookup_expr=end, label=label) for end in ("gte", "lte")}
        return {public: WholeFilter(field_name=name, label=label), **ends}
    if field.choices:
        return {public: django_filters.ChoiceFilter(field_name=name, choices=field.choices, label=label)}
    return {public: django_filters.CharFilter(field_name=name, label=label, strip=False)}


class Filters(DjangoFilterBackend):
    """The filters of a list; what is misspelt is refused, not ignored."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Narrow a list."""
        kind = self.get_filterset_class(view, queryset)
        known = sorted({*(kind.base_filters if kind else ()), *COMMON})
        for name in request.query_params:
            if name not in known:
                raise exceptions.ParseError(UNKNOWN.format(name=name[:80], known=", ".join(known)))
        return super().filter_queryset(request, queryset, view)


class Words(SearchFilter):
    """Rows in which every word of the search stands."""

    search_description = "Words that a row must hold."
