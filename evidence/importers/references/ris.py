"""Reading RIS as databases and programs for references really write it."""

import re
from collections.abc import Iterator

from evidence.importers.references.identifiers import has_pmids, own_number
from evidence.importers.references.places import pages_of
from evidence.importers.references.reading import Found, Reading
from evidence.importers.references.tagged import Tagged

TAG = re.compile(r"([ \t]{0,3})([A-Za-z][A-Za-z0-9])([ \t]{0,4})-(.*)")
_KNOWN_IN_WORDS = (
    "TY ER A1 A2 A3 A4 AB AD AN AU AV BT C1 C2 C3 C4 C5 C6 C7 C8 CA CN CP CT CY DA DB DI DO DP ED EP ET ID IS J1 "
    "J2 JA JF JO K1 KW L1 L2 L3 L4 LA LB LK M1 M2 M3 N1 N2 NO NV OP PB PM PP PY RI RN RP SE SN SO SP ST T1 T2 T3 "
    "TA TI TT U1 U2 U3 U4 U5 UR UT VL VO Y1 Y2 YR"
)
KNOWN = frozenset(_KNOWN_IN_WORDS.split())
NO_TY, NO_ER = "the line TY, which begins a record, is missing", "the line ER, which ends a record, is missing"
CUT = "the file ends before the record does; it may be cut, check the record's last field"
# CP is the issue, as IS, in older files and a city in others.
ISSUE = re.compile(r"[0-9]{1,4}(?:[-/][0-9]{1,4})?")
# Where identifiers stand beside the fields that are meant for them.
LINKS = ("UR", "LK", "L1", "L2", "L3", "L4", "M3")
# Of these the field of the first page holds the number of pages.
WHOLE_WORKS = frozenset({"BOOK", "EBOOK", "EDBOOK", "THES", "RPRT"})
NOTES = ("N1", "M1", "M2", "U1", "U2", "U3", "U4", "U5", "C1", "C3", "C4", "C5", "C6", "C7", "C8", "NO", "RN")


def read_ris(text: str) -> Reading:
    """Give the references of a RIS file."""
    reading = Reading()
    for record in _records(text, reading):
        reading.take(record.line, _meaning(record), column="TI")
    return reading


def _records(text: str, reading: Reading) -> Iterator[Tagged]:
    """Give the records; one begins with TY, or with any tag where TY is missing."""
    record: Tagged | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        tag, rest = _tag_of(line)
        if tag == "ER":
            if record is not None:
                yield record
            record = None
        elif tag == "TY":
            if record is not None:
                reading.doubt(record.line, NO_ER)
                yield record
            record = Tagged(number)
            record.begin(tag, rest)
        elif tag:
            if record is None:
                record = Tagged(number)
                reading.doubt(number, NO_TY)
            record.begin(tag, rest)
        elif record is not None and line.strip():
            record.go_on(line.strip())
    if record is not None:
        reading.doubt(record.line, CUT)
        yield record


def _tag_of(line: str) -> tuple[str, str]:
    """Give the tag that a line begins with and what follows, "" and the line where it goes on with the one before.

    Two capitals, two spaces and a hyphen are a tag. With other spaces, small letters, or indented, only a known one is.
    """
    found = TAG.match(line)
    if found is None:
        return "", line
    indent, tag, gap, rest = found.groups()
    is_parted = rest[:1] in ("", " ", "\t")
    if tag.isupper() and gap == "  " and not indent:
        return tag, rest.strip()
    is_known = tag.upper() in KNOWN and is_parted
    is_odd_capital = tag.isupper() and gap != "" and not indent
    is_odd_small = (tag.islower() or bool(indent)) and gap == "  "
    return (tag.upper(), rest.strip()) if is_known and (is_odd_capital or is_odd_small) else ("", line)


def _meaning(record: Tagged) -> Found:
    """Give what the tags of a record mean, in the order in which they are trusted."""
    database = " ".join(record.all("DB", "DP"))
    numbers = [*record.all("AN"), *record.all("UT"), *filter(None, map(own_number, record.all("ID", "U2")))]
    pmids = [*record.all("PM"), *(text for text in record.all("C2") if text.strip().isdigit())]
    if has_pmids(database):
        pmids += [text for text in record.all("AN", "ID") if text.strip().isdigit()]
    names = record.first(("AU", "A1"), ("A2", "ED"), ("A3", "A4", "CA"))
    return {
        "title": record.all("TI", "T1", "CT", "TT", "BT", "ST"),
        "abstract": record.all("AB", "N2"),
        "authors": names,
        "year": record.all("PY", "Y1", "YR", "DA"),
        "journal": sorted(record.all("JF", "T2"), key=len, reverse=True)
        + record.all("JO", "JA", "J2", "J1", "BT", "T3"),
        "volume": record.all("VL"),
        "issue": [*record.all("IS"), *(text for text in record.all("CP") if ISSUE.fullmatch(text.strip()))],
        "pages": _pages(record),
        "doi": record.all("DO", "DI"),
        "pmid": pmids,
        "accession": numbers,
        "links": record.all(*LINKS),
        "notes": record.all(*NOTES),
    }


def _pages(record: Tagged) -> list[str]:
    """Give the pages, or else the number of an article that has none."""
    begins, ends = record.all("SP"), record.all("EP")
    counts = not ends and set(record.all("TY")) & WHOLE_WORKS and all(text.strip().isdigit() for text in begins)
    pages = [] if counts else pages_of(begins, ends)
    return pages or [text for text in record.all("C7", "AR") if any(map(str.isdigit, text))]
