"""What an export is: a value that the command, the pages and the documentation share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

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
