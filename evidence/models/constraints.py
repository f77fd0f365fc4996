"""Constraints that the database enforces and that speak to the reviewer beside the field they are about."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, Model, Q


class FieldCheck(CheckConstraint):
    """A check constraint whose sentence appears beside one field of the form.

    Parameters
    ----------
    field : name of the field that the sentence is shown at
    condition : what every row must fulfil
    name : name of the constraint in the database
    sentence : what a reviewer reads when the condition fails
    """

    def __init__(self, *, field: str, condition: Q, name: str, sentence: str) -> None:
        self.field = field
        super().__init__(condition=condition, name=name, violation_error_message=sentence)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Give the arguments that make an equal constraint, for migrations."""
        path, args, kwargs = super().deconstruct()
        sentence = kwargs.pop("violation_error_message")
        return path, args, {**kwargs, "field": self.field, "sentence": sentence}

    def get_violation_error_message(self) -> str:
        """Give the sentence as it is: a percent sign in it is only a percent sign."""
        return str(self.violation_error_message)

    def validate(self, model: type[Model], instance: Model, exclude: Any = None, using: str = "default") -> None:
        """Raise the sentence as an error of the field."""
        try:
            super().validate(model, instance, exclude=exclude, using=using)
        except ValidationError as error:
            if exclude and self.field in exclude:
                raise
            raise ValidationError({self.field: error.messages}) from error


def positive(field: str, *, table: str, label: str) -> FieldCheck:
    """Give the constraint that a number, where there is one, is above 0."""
    return FieldCheck(
        field=field,
        condition=Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gt": 0}),
        name=f"{table}_{field}_positive",
        sentence=f"{label} must be above 0.",
    )


def not_negative(field: str, *, table: str, label: str) -> FieldCheck:
    """Give the constraint that a number, where there is one, is 0 or more."""
    return FieldCheck(
        field=field,
        condition=Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": 0}),
        name=f"{table}_{field}_not_negative",
        sentence=f"{label} cannot be below 0.",
    )


def together(first: str, second: str, *, table: str, sentence: str) -> CheckConstraint:
    """Give the constraint that two nullable fields are either both filled in or both empty."""
    both_empty = Q(**{f"{first}__isnull": True, f"{second}__isnull": True})
    both_filled = Q(**{f"{first}__isnull": False, f"{second}__isnull": False})
    return CheckConstraint(
        condition=both_empty | both_filled, name=f"{table}_{first}_with_{second}", violation_error_message=sentence
    )
