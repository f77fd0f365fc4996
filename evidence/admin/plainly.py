"""Numbers as they were entered: without the zeros that the width of their column would append."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from evidence.plausibility import plain


@cache
def plain_number(model: type[models.Model], name: str) -> Callable[[Any], str]:
    """Give a column that shows the number in this field as it was entered."""
    label = str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]

    @admin.display(description=label, ordering=name)
    def column(row: Any) -> str:
        value = getattr(row, name)
        return "–" if value is None else plain(value)

    column.__name__ = name
    return column


def plain_columns(model: type[models.Model]) -> tuple[Callable[[Any], str], ...]:
    """Give the plain columns of all decimal numbers of a model."""
    numbers = (field for field in model._meta.fields if isinstance(field, models.DecimalField))
    return tuple(plain_number(model, field.name) for field in numbers)


def shown_plainly(model: type[models.Model], fields: Any) -> Any:
    """Give the fields with each decimal number replaced by its plain column; lines of several fields stay lines."""
    return tuple(_shown(model, field) for field in fields)


def _shown(model: type[models.Model], field: Any) -> Any:
    if isinstance(field, list | tuple):
        return shown_plainly(model, field)
    if not isinstance(field, str):
        return field
    try:
        is_number = isinstance(model._meta.get_field(field), models.DecimalField)
    except FieldDoesNotExist:
        is_number = False
    return plain_number(model, field) if is_number else field


def fieldsets_shown_plainly(model: type[models.Model], fieldsets: Any) -> Any:
    """Give fieldsets for reading."""
    return [(name, {**options, "fields": shown_plainly(model, options["fields"])}) for name, options in fieldsets]
