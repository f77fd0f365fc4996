"""The number field of the evidence."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:
    _DecimalField = models.DecimalField


def trim(value: Decimal) -> Decimal:
    """Give the same number without the zeros that the database appends, and without the sign of a zero."""
    if value == 0:
        return Decimal(0)
    normal = value.normalize()
    return normal.quantize(Decimal(1)) if normal == normal.to_integral_value() else normal


class Number(_DecimalField):
    """A decimal number as a report prints it: up to 15 digits, 6 of them after the point; empty where not reported."""

    default_error_messages = {"invalid": "“%(value)s” is not a number; write it with a decimal point, such as 2.5."}

    def __init__(self, verbose_name: str | None = None, **options: Any) -> None:
        options = {"max_digits": 15, "decimal_places": 6, "null": True, "blank": True, **options}
        super().__init__(verbose_name, **options)

    def from_db_value(self, value: Decimal | None, expression: Any, connection: Any) -> Decimal | None:
        """Give the stored number as it was entered, without appended zeros."""
        return None if value is None else trim(value)

    def formfield(self, **options: Any) -> Any:
        """Give a text box (decimal point, no spinner) that says what it expects."""
        name = str(self.verbose_name)
        sentence = f"{name[:1].upper()}{name[1:]} must be a number with a decimal point, such as 2.5."
        options.setdefault("error_messages", {"invalid": sentence})
        options.setdefault("localize", False)
        return super().formfield(**options)
