"""The moderators of a model as columns over the studies that know all of them."""

from dataclasses import dataclass
from typing import Any

from analysis.contract import Dataset, Effect, Fact
from plugins.meta_regression.params import Model
from plugins.meta_regression.result import LeftOut

HOLDS_LISTS = "“{field}” holds lists; name one of their values, as in {field}={value}."


class CannotFit(ValueError):
    """A model that cannot be fitted to the studies, and why."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The complete studies of a model: the moderators by name as `engine.pool` takes them, and who is left out."""

    dataset: Dataset
    mods: dict[str, Any]
    left_out: tuple[LeftOut, ...]

    @property
    def numbers(self) -> list[str]:
        """Names of the moderators that are numbers."""
        return [name for name, column in self.mods.items() if column and isinstance(column[0], float)]


def read_columns(dataset: Dataset, model: Model) -> Columns:
    """Give the columns of a model.

    Raises
    ------
    UnknownField : a moderator is no field of the dataset
    CannotFit : a field holds lists
    """
    terms = [term for term in model.moderators if not _is_interaction(term, model)]
    rows = [{term: _value(dataset, effect, term) for term in terms} for effect in dataset.effects]
    gaps = [tuple(term for term, value in row.items() if value is None) for row in rows]
    left_out = tuple(
        LeftOut(label=effect.label, model=model.name, study=effect.study, fields=missing)
        for effect, missing in zip(dataset.effects, gaps, strict=True)
        if missing
    )
    kept = tuple(effect for effect, missing in zip(dataset.effects, gaps, strict=True) if not missing)
    complete = [row for row, missing in zip(rows, gaps, strict=True) if not missing]
    mods: dict[str, Any] = {}
    for term in model.moderators:
        mods[term] = None if _is_interaction(term, model) else _column([row[term] for row in complete])
    return Columns(dataset.model_copy(update={"effects": kept}), mods, left_out)


def _is_interaction(term: str, model: Model) -> bool:
    """Whether a term is the product of others; a value may have a colon of its own, as in field=1:2."""
    is_product = all(part in model.moderators for part in term.split(":"))
    return ":" in term and (is_product or "=" not in term)


def _value(dataset: Dataset, effect: Effect, term: str) -> Fact:
    """Give the value of a term for an effect, None where it is not known."""
    field, has_value, wanted = term.partition("=")
    fact = dataset.fact(effect, field)
    if fact is None or fact == "":
        return None
    if has_value:
        return _yes_or_no(wanted in fact if isinstance(fact, tuple) else _text(fact) == wanted)
    if isinstance(fact, tuple):
        raise CannotFit(HOLDS_LISTS.format(field=field, value=fact[0] if fact else "value"))
    return _yes_or_no(fact) if isinstance(fact, bool) else fact


def _yes_or_no(value: bool) -> str:
    """Give a truth value as a category."""
    return "yes" if value else "no"


def _text(fact: Fact) -> str:
    """Give a fact as it is written."""
    if isinstance(fact, bool):
        return _yes_or_no(fact)
    return f"{fact:.15g}" if isinstance(fact, int | float) else str(fact)


def _column(values: list[Fact]) -> list[float] | list[str]:
    """Give numbers as numbers; categories, or both mixed, as texts."""
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return numbers if len(numbers) == len(values) else [_text(value) for value in values]
