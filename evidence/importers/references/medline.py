"""Reading PubMed's format (nbib, MEDLINE) and the like-looking one that Ovid writes for reference programs."""

import re
from collections.abc import Iterator

from evidence.importers.references.identifiers import has_pmids
from evidence.importers.references.reading import Found, Reading
from evidence.importers.references.tagged import Tagged

TAG = re.compile(r"([A-Z][A-Z0-9]{1,3})( {0,2})-(?: (.*)|)$")
# A tag fills four columns, and the hyphen stands in the fifth.
WIDTH = 4
_LONG_TAGS_IN_WORDS = (
    "AID AUID BTI CDAT CIN COI COIS CON CRDT CRF CRI CTDT CTI DCOM DDIN DEP DRDT DRIN ECF ECI EDAT EFR EIN ETAT "
    "FAU FED FIR FPS GIN IRAD ISBN JID LID LR MHDA MID NLM OABL OAB OCI OID ORI OTO OWN PHST PMC PMCR PMID PRIN "
    "PROF PST PUBM RIN ROF RPF RPI RRF RRI SFM SPIN STAT TTL UIN UOF"
)
LONG_TAGS = frozenset(_LONG_TAGS_IN_WORDS.split())
NUMBER = re.compile(r"<\s*\d+\s*\.?\s*>\s*$")
# What a record begins with after an empty line; PMID begins one anywhere.
BEGINNINGS = frozenset({"PMID", "VN", "UI", "DB", "AN"})
DOI_MARK = re.compile(r"\[doi\]", re.IGNORECASE)
CITED_YEAR = re.compile(r"(?<![0-9])(1[89][0-9]{2}|20[0-9]{2})(?![0-9])")


def read_medline(text: str) -> Reading:
    """Give the references of a file in PubMed's format."""
    reading = Reading()
    for record in _records(text):
        reading.take(record.line, _meaning(record), column="TI")
    return reading


def _records(text: str) -> Iterator[Tagged]:
    """Give the records; one begins with PMID, with Ovid's number in angles, or after an empty line."""
    record: Tagged | None = None
    is_after_gap = True
    for number, line in enumerate(text.split("\n"), start=1):
        tag, rest = _tag_of(line)
        begins = tag == "PMID" or (is_after_gap and tag in BEGINNINGS)
        if NUMBER.match(line) or (begins and (record is None or record.texts)):
            if record is not None:
                yield record
            record = Tagged(number)
        if tag and record is not None:
            record.begin(tag, rest)
        elif not tag and record is not None and line.strip() and not NUMBER.match(line):
            record.go_on(line.strip())
        is_after_gap = not line.strip()
    if record is not None:
        yield record


def _tag_of(line: str) -> tuple[str, str]:
    """Give the tag that a line begins with and what follows, "" and the line where it goes on with the one before."""
    found = TAG.match(line)
    if found is None:
        return "", line
    tag, gap, rest = found.groups()
    is_tag = len(tag) + len(gap) == WIDTH and (len(tag) == 2 or tag in LONG_TAGS)
    return (tag, (rest or "").strip()) if is_tag else ("", line)


def _meaning(record: Tagged) -> Found:
    """Give what the tags of a record mean."""
    numbers = record.all("AN", "UI")
    pmids = record.all("PMID", "PM")
    if has_pmids(" ".join(record.all("DB"))):
        pmids += [text for text in numbers if text.strip().isdigit()]
    places = record.all("LID", "AID")
    cited = record.all("SO")
    return {
        "title": record.all("TI", "BTI", "CTI", "TT"),
        "abstract": record.all("AB", "OAB"),
        "authors": [text.replace("\n", " ") for text in _authors(record)],
        "year": [*record.all("DP", "YR", "PY", "DEP"), *_last_years(cited), *record.all("EDAT", "CRDT")],
        "journal": [*record.all("JT", "JN", "TA", "JA"), *(text.split(". ")[0] for text in cited)],
        "volume": record.all("VI", "VO"),
        "issue": record.all("IP"),
        "pages": record.all("PG"),
        "citations": cited,
        "doi": [*(text for text in places if DOI_MARK.search(text)), *record.all("DO", "DI")],
        "pmid": pmids,
        "accession": [*numbers, *record.all("OID")],
        "links": cited,
    }


def _authors(record: Tagged) -> list[str]:
    """Give full names where each author has one, and groups that are authors."""
    full, short = record.all("FAU"), record.all("AU")
    names = full if len(full) >= len(short) else short
    return [*names, *record.all("CN")] or record.first(("FED",), ("ED",))


def _last_years(texts: list[str]) -> list[str]:
    """Give the last year of each citation: an earlier number may be a page."""
    return [years[-1] for text in texts if (years := CITED_YEAR.findall(text))]
