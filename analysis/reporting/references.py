"""References in the styles Vancouver, APA and AMA, from citations as they were recorded.

A citation that reads like “Aasa B, Berglund L. Title. Journal. 2015;95(3):100-9.” is taken apart and written in the
style; any other is printed as it was recorded, since its parts are not known.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.reporting.document import Run, Runs

Style = Literal["vancouver", "apa", "ama"]
Author = tuple[str, str]

NUMBERED: tuple[Style, ...] = ("vancouver", "ama")
# How many authors are named before “et al.” stands for the rest: (most that are all named, named where there are more).
MOST_AUTHORS: Mapping[Style, tuple[int, int]] = {"vancouver": (6, 6), "ama": (6, 3), "apa": (20, 19)}
DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)(10\.\S+?)\.?(?=\s|$)", re.IGNORECASE)
PLACE = re.compile(
    r"\b(?P<year>(?:19|20)\d\d)[^;.]{0,20};\s?(?P<volume>[\w ]{1,12})(?:\((?P<issue>[^)]{1,20})\))?"
    r"(?::\s?(?P<pages>[\w–-]{1,20}))?\.?$"
)
AUTHOR = re.compile(r"(?P<family>\w[\w'’ -]*?)\s+(?P<initials>[A-Z]{1,4}(?:-[A-Z])?)")
AND_OTHERS = "et al"


@dataclass(frozen=True, slots=True)
class Reference:
    """A document. `study` and `label` name the study that it tells of; parts are "" where they are not known."""

    study: str
    label: str
    citation: str
    authors: tuple[Author, ...] = ()
    has_others: bool = False
    title: str = ""
    journal: str = ""
    year: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    url: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the parts of the citation are known."""
        return bool(self.title and self.journal)


def read_references(content: Mapping[str, Any]) -> list[Reference]:
    """Give the reports of all studies of frozen evidence, by the names of the studies."""
    studies = sorted(content["studies"].items(), key=lambda item: (item[1]["label"].casefold(), item[0]))
    found = []
    for code, study in studies:
        reports = [_read(code, study, report) for report in study["reports"]]
        found += sorted(reports, key=lambda row: (not row.is_known, not row.doi))
    return found


def _read(code: str, study: Mapping[str, Any], report: Mapping[str, str]) -> Reference:
    """Give a report with the parts of its citation, as far as it can be taken apart."""
    citation = " ".join(report["citation"].split())
    printed = DOI.search(citation)
    fields: dict[str, Any] = {
        "doi": report["doi"] or (printed[1] if printed else ""),
        "url": report["url"],
        "year": str(study["year"] or ""),
    }
    fields |= _parts(DOI.sub("", citation).strip())
    return Reference(study=code, label=study["label"], citation=citation, **fields)


def _parts(citation: str) -> dict[str, Any]:
    """Give the parts of a citation of a journal article; none where it reads in another way."""
    place = PLACE.search(citation)
    if place is None:
        return {}
    said, *middle = [part.strip() for part in re.split(r"(?<=[.?!])\s+", citation[: place.start()].strip())]
    authors, has_others = _authors(said.rstrip("."))
    if not authors or len(middle) < 2:
        return {}
    # A journal's abbreviations have full stops too: what is short and at the end belongs to its name.
    *title, journal = middle
    while len(title) > 1 and title[-1].endswith(".") and len(title[-1].split()) == 1:
        journal = f"{title.pop()} {journal}"
    found = {name: (place[name] or "").strip() for name in ("year", "volume", "issue", "pages")}
    return found | {
        "authors": authors,
        "has_others": has_others,
        "title": " ".join(title).rstrip("."),
        "journal": journal.rstrip("."),
        "pages": found["pages"].replace("-", "–"),
    }


def _authors(said: str) -> tuple[tuple[Author, ...], bool]:
    """Give family names with initials; none where any part is something else."""
    found, has_others = [], False
    for part in (part.strip() for part in said.split(",")):
        if part.lower().rstrip(".") in (AND_OTHERS, "and others"):
            has_others = True
            continue
        author = AUTHOR.fullmatch(part)
        if author is None:
            return (), False
        found.append((author["family"], author["initials"]))
    return tuple(found), has_others


def write_reference(row: Reference, style: Style) -> Runs:
    """Give a reference as it is printed in a style."""
    if not row.is_known:
        return _as_recorded(row, style)
    return _apa(row) if style == "apa" else _medical(row, style)


def _as_recorded(row: Reference, style: Style) -> Runs:
    """Give a citation as it was recorded, with its DOI."""
    said = row.citation if row.citation.endswith((".", ")", "]")) else f"{row.citation}."
    is_there = bool(DOI.search(row.citation)) or (row.doi and row.doi in row.citation)
    return (Run(said), *(() if is_there else _doi(row, style)))


def _medical(row: Reference, style: Style) -> Runs:
    """Give a reference as medical journals print it; AMA sets the journal in italics."""
    most, named = MOST_AUTHORS[style]
    authors = [f"{family} {initials}" for family, initials in row.authors]
    is_cut = row.has_others or len(authors) > most
    shown = authors[:named] if len(authors) > most else authors
    said = ", ".join([*shown, *([AND_OTHERS] if is_cut else [])])
    title = row.title if row.title.endswith(("?", "!")) else f"{row.title}."
    issue = f"({row.issue})" if row.issue else ""
    place = f"{row.year};{row.volume}{issue}{f':{row.pages}' if row.pages else ''}."
    is_ama = style == "ama"
    journal = (Run(row.journal, is_italic=True), Run(". ")) if is_ama else (Run(f"{row.journal}. "),)
    return (Run(f"{said}. {title} "), *journal, Run(place), *_doi(row, style))


def _apa(row: Reference) -> Runs:
    """Give a reference as the American Psychological Association prints it."""
    authors = [
        f"{family}, {' '.join(f'{letter}.' for letter in letters if letter != '-')}" for family, letters in row.authors
    ]
    most, named = MOST_AUTHORS["apa"]
    if len(authors) > most:
        said = f"{', '.join(authors[:named])}, … {authors[-1]}"
    elif row.has_others:
        said = f"{', '.join(authors)}, et al."
    else:
        said = authors[0] if len(authors) == 1 else f"{', '.join(authors[:-1])}, & {authors[-1]}"
    title = row.title if row.title.endswith(("?", "!")) else f"{row.title}."
    volume = (Run(", "), Run(row.volume, is_italic=True)) if row.volume else ()
    end = f"({row.issue})" if row.issue else ""
    end += f", {row.pages}." if row.pages else "."
    return (
        Run(f"{said} ({row.year}). {title} "),
        Run(row.journal, is_italic=True),
        *volume,
        Run(end),
        *_doi(row, "apa"),
    )


def _doi(row: Reference, style: Style) -> Runs:
    """Give the DOI as a link, or else the address; nothing where there is neither."""
    if row.doi:
        shown = f"https://doi.org/{row.doi}" if style == "apa" else f"doi:{row.doi}"
        return (Run(" "), Run(shown, href=f"https://doi.org/{row.doi}"))
    return (Run(" "), Run(row.url, href=row.url)) if row.url.startswith(("http://", "https://")) else ()


class Bibliography:
    """The references of a manuscript: numbered in the order in which they are cited, the others behind them."""

    def __init__(self, rows: Iterable[Reference], style: Style, others: Iterable[str] = ()) -> None:
        self.style = style
        self.rows = list(rows)
        self.others = [text.strip() for text in others if text.strip()]
        self._first = {row.study: row for row in reversed(self.rows)}
        self._cited: list[Reference] = []

    def cite(self, codes: Iterable[str]) -> Run:
        """Give what stands in the text for studies."""
        found = [self._first[code] for code in codes if code in self._first]
        lost = [code for code in codes if code not in self._first]
        for row in found:
            if row not in self._cited:
                self._cited.append(row)
        if lost or not found:
            said = f"[{', '.join(lost) or '?'}: no reference]"
            return Run(
                said, is_wrong=True, stale=f"There is no reference for {', '.join(lost)} in the frozen evidence."
            )
        if self.style not in NUMBERED:
            return Run(f"({'; '.join(_short(row) for row in found)})")
        said = ",".join(map(str, sorted(self._cited.index(row) + 1 for row in found)))
        return Run(said, is_raised=True) if self.style == "ama" else Run(f"[{said}]")

    def written(self) -> tuple[tuple[str, Runs], ...]:
        """Give the references as they are printed, each with its number, or in the order of the alphabet."""
        rows = [*self._cited, *(row for row in self.rows if row not in self._cited)]
        if self.style in NUMBERED:
            texts = [write_reference(row, self.style) for row in rows] + [(Run(text),) for text in self.others]
            return tuple((str(number), text) for number, text in enumerate(texts, start=1))
        texts = [write_reference(row, self.style) for row in rows] + [(Run(text),) for text in self.others]
        return tuple(("", text) for text in sorted(texts, key=lambda text: text[0].text.casefold()))


def _short(row: Reference) -> str:
    """Give author and year as they are cited in the text."""
    names = [family for family, _ in row.authors]
    if not names:
        said = re.sub(rf"[\s,]*\(?{row.year}\)?$", "", row.label) if row.year else row.label
        return ", ".join(filter(None, (said, row.year)))
    if len(names) > 2 or row.has_others:
        return f"{names[0]} et al., {row.year}"
    return f"{' & '.join(names)}, {row.year}"
