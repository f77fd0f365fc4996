"""What an export is: a value that the command, the pages and the documentation share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from evidence.models import Review


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for: which review, for whom, with which choices."""

    by: User
    review: Review
    choices: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be chosen about an export.

    One of `choices`, pairs of code and label, the first where nothing is said; without `choices`, any word.
    """

    name: str
    label: str
    help: str
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """A kind of file that evidence leaves in.

    `write` gives the bytes of the file part by part, so that a large review is never in memory as a whole; equal
    evidence gives equal bytes. It raises NotAllowed where the person may not read the review, and ValidationError,
    before the first part, where there is nothing to export.
    """

    code: str
    title: str
    help: str
    ending: str
    content_type: str
    write: Callable[[Order], Iterator[bytes]]
    choices: tuple[Choice, ...] = ()


def read_choices(export: Export, given: Mapping[str, str]) -> dict[str, str]:
    """Give what is chosen about an export; what is left empty is left out.

    Raises
    ------
    ValidationError : the export does not offer it; a sentence that says what there is
    """
    offered = {one.name: one for one in export.choices}
    chosen: dict[str, str] = {}
    for name, value in given.items():
        value = value.strip()
        if name not in offered:
            raise ValidationError(_no_choice(export, f"{name}={value}"))
        codes = [code for code, _ in offered[name].choices]
        if value and codes and value not in codes:
            raise ValidationError(_no_choice(export, f"{name}={value}"))
        if value:
            chosen[name] = value
    return chosen


def _no_choice(export: Export, said: str) -> str:
    """Say that an export does not offer a choice, and which it does."""
    words = [
        f"{one.name}: {', '.join(sorted(code for code, _ in one.choices if code)) or 'any word'}"
        for one in export.choices
    ]
    there = f"there are {'; '.join(words)}" if words else "it offers none"
    return f"The format {export.code} has no choice “{said}”; {there}."
