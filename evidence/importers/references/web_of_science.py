"""Reading the plain text of Web of Science (savedrecs.txt, .ciw)."""

import re
from collections.abc import Iterator

from evidence.importers.references.places import pages_of
from evidence.importers.references.reading import Found, Reading
from evidence.importers.references.tagged import Tagged

TAG = re.compile(r"([A-Z][A-Z0-9])(?: (.*)|\s*)$")
# Lines of the file, not of a record.
OF_FILE = frozenset({"FN", "VR", "EF"})
CUT = "the file ends before the record does; it may be cut, check the record's last field"


def read_web_of_science(text: str) -> Reading:
    """Give the references of a plain text of Web of Science."""
    reading = Reading()
    for record in _records(text, reading):
        reading.take(record.line, _meaning(record), column="TI")
    return reading


def _records(text: str, reading: Reading) -> Iterator[Tagged]:
    """Give the records; one begins with PT and ends with ER."""
    record: Tagged | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        found = TAG.match(line)
        tag, rest = (found[1], found[2] or "") if found else ("", line)
        if tag in OF_FILE:
            continue
        if tag == "ER" or (tag == "PT" and record is not None):
            if record is not None:
                yield record
            record = None
        if tag and tag != "ER":
            record = record or Tagged(number)
            record.begin(tag, rest.strip())
        elif not tag and record is not None and line.strip():
            record.go_on(line.strip())
    if record is not None:
        reading.doubt(record.line, CUT)
        yield record


def _meaning(record: Tagged) -> Found:
    """Give what the tags of a record mean."""
    return {
        "title": record.all("TI"),
        "abstract": record.all("AB"),
        "authors": record.first(("AU",), ("AF",), ("CA",), ("BE", "ED")),
        "year": record.all("PY", "EA", "PD"),
        "journal": record.all("SO", "JI", "J9", "SE"),
        "volume": record.all("VL"),
        "issue": record.all("IS", "SU"),
        "pages": pages_of(record.all("BP"), record.all("EP")) or record.all("AR"),
        "doi": record.all("DI", "D2"),
        "pmid": record.all("PM"),
        "accession": record.all("UT"),
        "links": [],
    }
