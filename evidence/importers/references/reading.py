"""What a file of references says, whichever format it is in: references, and what is wrong with single records."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evidence.importers.references.identifiers import (
    LONGEST_ACCESSION,
    LONGEST_DOI,
    accession_in,
    doi_in,
    doi_in_link,
    pmid_in,
    pmid_in_link,
)
from evidence.importers.references.places import place_in, range_in, volume_and_issue
from evidence.importers.references.wording import names_of, tidy, year_in
from evidence.models import Record

NO_TITLE = "The record has no title; it cannot be screened."
LONGEST_JOURNAL = Record._meta.get_field("journal").max_length or 0
LONGEST_PLACE = {
    "volume": Record._meta.get_field("volume").max_length or 0,
    "issue": Record._meta.get_field("issue").max_length or 0,
    "pages": Record._meta.get_field("pages").max_length or 0,
}
LONG_PLACE = {
    name: f"the {name} {verb} too long and {verb} left out"
    for name, verb in (("volume", "is"), ("issue", "is"), ("pages", "are"))
}
MOST_LINES = 10
NOTE = re.compile(r"(?:doi|PMID|PubMed(?: ID)?)\s*[:=]\s*\S+", re.IGNORECASE)

# What a reader found for one record, by meaning, the most trusted first: title, abstract, authors, year, journal,
# volume, issue and pages; doi, pmid and accession as fields of that name hold them; links and notes, in which
# identifiers may stand, and citations, which may say the volume, the issue and the pages. Of a note only a line that is
# nothing else counts: notes also name comments, errata and papers that are cited.
Found = Mapping[str, Sequence[str]]
FIELDS = (
    *("title", "abstract", "authors", "year", "journal", "volume", "issue", "pages"),
    *("doi", "pmid", "accession"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """One record of a file, as the review keeps it; `line` is where it begins."""

    line: int | None
    title: str
    abstract: str = ""
    authors: str = ""
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    accession: str = ""

    def as_row(self) -> dict[str, object]:
        """Give the fields of a record."""
        return {name: getattr(self, name) for name in FIELDS}


@dataclass(slots=True)
class Reading:
    """All that was read from a file.

    `faults` are records that are left out: line, column and rule. `doubts` are lines by what is wrong with a record
    that is taken in all the same.
    """

    references: list[Reference] = field(default_factory=list)
    faults: list[tuple[int | None, str, str]] = field(default_factory=list)
    doubts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def is_empty(self) -> bool:
        """Whether nothing in the file looks like a record."""
        return not self.references and not self.faults

    def refuse(self, line: int | None, column: str, rule: str) -> None:
        """Note a record that cannot be read."""
        self.faults.append((line, column, rule))

    def doubt(self, line: int | None, what: str) -> None:
        """Note what is wrong with a record that is taken in."""
        self.doubts[what].append(line or 0)

    def take(self, line: int | None, found: Found, *, column: str = "") -> None:
        """Keep the reference that was found; without a title it is refused, naming the column that should hold it."""
        title = _first(found, "title")
        if not title:
            self.refuse(line, column, NO_TITLE)
            return
        doi, pmid = self._doi(line, found), self._pmid(line, found)
        journal = _first(found, "journal")
        if len(journal) > LONGEST_JOURNAL:
            self.doubt(line, "the journal's name is cut: it is longer than a name can be")
            journal = journal[: LONGEST_JOURNAL - 2].rstrip() + " …"
        self.references.append(
            Reference(
                line=line,
                title=title,
                abstract=_first(found, "abstract"),
                authors="; ".join(names_of(found.get("authors", ()))),
                year=self._year(line, found),
                journal=journal,
                **self._place(line, found),
                doi=doi,
                pmid=pmid,
                accession=self._accession(line, found, pmid),
            )
        )

    def notes(self) -> list[str]:
        """Give sentences about the doubts."""
        said = []
        for what, lines in self.doubts.items():
            places = ", ".join(map(str, lines[:MOST_LINES])) + (" and more" if len(lines) > MOST_LINES else "")
            count = f"{len(lines)} records" if len(lines) > 1 else "1 record"
            where = f" ({'lines' if len(lines) > 1 else 'line'} {places})" if any(lines) else ""
            said.append(f"In {count} {what}{where}.")
        return said

    def _year(self, line: int | None, found: Found) -> int | None:
        texts = [text for text in found.get("year", ()) if text.strip()]
        year = next((year for text in texts if (year := year_in(text)) is not None), None)
        if texts and year is None:
            self.doubt(line, "the year could not be read and is left empty")
        return year

    def _place(self, line: int | None, found: Found) -> dict[str, str]:
        """Give volume, issue and pages: from fields of their own, else as the record is cited."""
        volume, issue = volume_and_issue(_first(found, "volume"), _first(found, "issue"))
        own = {"volume": volume, "issue": issue}
        own["pages"] = next(filter(None, map(range_in, found.get("pages", ()))), "")
        place = own if any(own.values()) else place_in(found.get("citations", ()))._asdict()
        for name, most in LONGEST_PLACE.items():
            if len(place[name]) > most:
                self.doubt(line, LONG_PLACE[name])
                place[name] = ""
        return place

    def _doi(self, line: int | None, found: Found) -> str:
        texts = [tidy(text) for text in found.get("doi", ())]
        links = [*found.get("links", ()), *_own_notes(found)]
        doi = next(filter(None, map(doi_in, texts)), "") or next(filter(None, map(doi_in_link, links)), "")
        if any(texts) and not doi:
            self.doubt(line, "what stands as the DOI is none and is left out")
        if len(doi) > LONGEST_DOI:
            self.doubt(line, "the DOI is longer than a DOI can be and is left out")
            return ""
        return doi

    def _pmid(self, line: int | None, found: Found) -> str:
        texts = [tidy(text) for text in found.get("pmid", ())]
        links = [*found.get("links", ()), *_own_notes(found), *found.get("accession", ())]
        pmid = next(filter(None, map(pmid_in, texts)), "") or next(filter(None, map(pmid_in_link, links)), "")
        if any(texts) and not pmid:
            self.doubt(line, "what stands as the PMID is none and is left out")
        return pmid

    def _accession(self, line: int | None, found: Found, pmid: str) -> str:
        texts = [text for text in map(tidy, found.get("accession", ())) if text and pmid_in_link(text) == ""]
        numbers = [text for text in texts if "://" not in text and text != pmid]
        links = [*texts, *found.get("links", ())]
        number = next(iter(numbers), "") or next(filter(None, map(accession_in, links)), "")
        if len(number) > LONGEST_ACCESSION:
            self.doubt(line, "the number in the database is too long and is left out")
            return ""
        return number


def _first(found: Found, name: str) -> str:
    """Give the first text of a meaning that is not empty."""
    return next(filter(None, map(tidy, found.get(name, ()))), "")


def _own_notes(found: Found) -> list[str]:
    """Give the lines of notes that are an identifier and nothing else, such as PMID: 12643982."""
    lines = (line.strip() for text in found.get("notes", ()) for line in text.replace(";", "\n").split("\n"))
    return [line for line in lines if NOTE.fullmatch(line)]
