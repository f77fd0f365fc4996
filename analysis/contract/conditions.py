"""Conditions: tests of one field, of which scenarios, filters and eligibility rules are made."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import model_validator

from analysis.contract.values import Fact, Frozen


class UnknownField(ValueError):
    """A condition names a field that the dataset does not have."""

    def __init__(self, field: str, known: list[str]) -> None:
        super().__init__(f"The dataset has no field “{field}”; it has {', '.join(known) or 'none'}.")


class Condition(Frozen):
    """A test of one field of an effect, such as `rob.overall in (low, some_concerns)`.

    A field that is not known (not reported) fulfils no condition except `is_unknown`.
    """

    field: str
    op: Literal["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "has", "has_not", "is_known", "is_unknown"]
    value: str | float | bool | tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _lists_need_a_list(self) -> "Condition":
        """Refuse one text where a list is meant: "in" would look for a part of the text."""
        if self.op in ("in", "not_in") and not isinstance(self.value, tuple):
            raise ValueError(f"“{self.op.replace('_', ' ')}” needs a list of values")
        return self

    def holds(self, fact: Fact) -> bool:
        """Whether the condition holds for the value of its field."""
        if self.op in ("is_known", "is_unknown"):
            return (fact is not None) == (self.op == "is_known")
        if fact is None:
            return False
        return _OPERATORS[self.op](fact, self.value)

    def describe(self) -> str:
        """Give the condition in words."""
        listed = ", ".join(self.value) if isinstance(self.value, tuple) else self.value
        return f"{self.field} {self.op.replace('_', ' ')}{'' if listed is None else f' {listed}'}"


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda fact, value: bool(fact == value),
    "ne": lambda fact, value: bool(fact != value),
    "in": lambda fact, value: fact in value,
    "not_in": lambda fact, value: fact not in value,
    "lt": lambda fact, value: bool(fact < value),
    "le": lambda fact, value: bool(fact <= value),
    "gt": lambda fact, value: bool(fact > value),
    "ge": lambda fact, value: bool(fact >= value),
    "has": lambda fact, value: value in fact,
    "has_not": lambda fact, value: value not in fact,
}
