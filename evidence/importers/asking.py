"""What an importer is asked, and what a format is: values that the command, the pages and the documentation share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from evidence.importers.importing import ImportResult
from evidence.importers.writing import Progress
from evidence.models import Review
from evidence.permissions import Act


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks an importer: which file, into which review, with which answers to the format's questions.

    `name` is what the person calls the file, for sentences; `path` is where it lies. A dry run saves nothing.
    """

    by: User
    review: Review
    path: Path
    name: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a file of a format does not say and a person has to.

    `kind` is "text", "flag", "choice" (one of `choices`: pairs of code and label), or what names a row of the review:
    "search_round" (its number), "outcome" (its code), "instrument" (outcome code/instrument code).
    """

    name: str
    label: str
    help: str
    kind: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that evidence comes in.

    `endings` are those of its files, in small letters and with the dot. `load` reads a file and writes what it holds,
    all or nothing; what is wrong with the file is in its result, never raised. `act` is what a person has to be allowed
    to do in the review to bring such a file in; the pages ask for it before they take the file, and `load` asks too.
    """

    code: str
    title: str
    help: str
    endings: tuple[str, ...]
    load: Callable[[Request], ImportResult]
    questions: tuple[Question, ...] = ()
    act: Act = Act.ADJUDICATE
