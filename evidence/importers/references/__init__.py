"""References from databases and reference programs, brought into a search round. Described in docs/references.md."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from evidence.importers.asking import Format, Question, Request
from evidence.importers.importing import ImportResult
from evidence.importers.references.kinds import KINDS, Kind, read_any, read_as
from evidence.importers.references.loading import load_references
from evidence.importers.references.reading import Reading, Reference
from evidence.permissions import Act

__all__ = ["FORMATS", "Reading", "Reference", "read_any"]

QUESTIONS = (
    Question(
        name="search_round",
        label="Search round",
        help="The number of the search round that found the records; the next number begins a new round.",
        kind="search_round",
        is_needed=True,
    ),
    Question(
        name="database",
        label="Database",
        help="Where the records come from, such as MEDLINE (Ovid) or Scopus; made in the search round where it is new. "
        "Empty where the file holds records of several databases.",
    ),
)
HELP = "Records of a search: {what}. What the round has from the same database already is left as it is."
ANY = "RIS, PubMed, BibTeX, EndNote XML, Web of Science or a table; which one is seen in the file"


def _loader(read: Callable[[Path], Reading]) -> Callable[[Request], ImportResult]:
    return partial(_load, read)


def _load(read: Callable[[Path], Reading], request: Request) -> ImportResult:
    return load_references(request, read)


def _format(kind: Kind) -> Format:
    return Format(
        code=kind.code,
        title=kind.title,
        help=HELP.format(what=kind.title),
        endings=kind.endings,
        load=_loader(partial(read_as, kind)),
        questions=QUESTIONS,
        act=Act.RECORD,
    )


FORMATS: tuple[Format, ...] = (
    Format(
        code="references",
        title="References, of any kind",
        help=HELP.format(what=ANY),
        endings=tuple(dict.fromkeys(ending for kind in KINDS for ending in kind.endings)),
        load=_loader(read_any),
        questions=QUESTIONS,
        act=Act.RECORD,
    ),
    *map(_format, KINDS),
)
