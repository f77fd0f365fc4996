"""Reading the XML of EndNote."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from evidence.importers.opening import parse_xml
from evidence.importers.references.identifiers import has_pmids
from evidence.importers.references.reading import Found, Reading

BEGINNING = re.compile(rb"<record(?=[\s>/])", re.IGNORECASE)
HIDDEN = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)


def read_endnote_xml(content: bytes) -> Reading:
    """Give the references of an EndNote XML file, also of the older kind with tags in capitals.

    Raises
    ------
    Unreadable : it is no whole XML
    """
    reading = Reading()
    records = [one for one in parse_xml(content).iter() if _name(one) == "record"]
    lines = _lines(content, len(records))
    for place, record in enumerate(records):
        reading.take(lines[place], _meaning(record), column="title")
    return reading


def _lines(content: bytes, count: int) -> list[int | None]:
    """Give the lines in which the records begin; none where the text cannot tell (UTF-16, a tag in a comment)."""
    plain = HIDDEN.sub(lambda found: b"\n" * found[0].count(b"\n"), content)
    plain = plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    begins = [found.start() for found in BEGINNING.finditer(plain)]
    if len(begins) != count:
        return [None] * count
    lines: list[int | None] = []
    line, before = 1, 0
    for begin in begins:
        line += plain.count(b"\n", before, begin)
        before = begin
        lines.append(line)
    return lines


def _name(element: Element) -> str:
    """Give the name of an element without its namespace, in small letters, in the words of today's files."""
    return str(element.tag).rpartition("}")[2].lower().replace("_", "-")


def _meaning(record: Element) -> Found:
    """Give what the elements of a record mean."""
    texts: dict[str, list[str]] = {}
    for element in record.iter():
        texts.setdefault(_name(element), []).append("".join(element.itertext()))

    def of(*names: str) -> list[str]:
        return [text for name in names for text in texts.get(name, ())]

    database = " ".join(of("remote-database-name", "database-provider", "remote-database-provider"))
    pmids = of("pmid", "pubmed-id")
    if has_pmids(database):
        pmids += [text for text in of("accession-num") if text.strip().isdigit()]
    return {
        "title": of("title", "translated-title", "short-title"),
        "abstract": of("abstract"),
        "authors": list(_authors(record)),
        "year": of("year", "date"),
        "journal": of("full-title", "secondary-title", "alt-title", "abbr-1"),
        "volume": of("volume"),
        "issue": of("number", "issue"),
        "pages": [*of("pages"), *(text for text in of("custom7") if any(map(str.isdigit, text)))],
        "doi": of("electronic-resource-num", "doi"),
        "pmid": pmids,
        "accession": of("accession-num", "accession-number"),
        "links": of("url", "web-urls", "related-urls"),
        "notes": of("notes", "custom1", "custom2", "custom3", "custom7", "label"),
    }


def _authors(record: Element) -> Iterator[str]:
    """Give the authors; where there are none, those that stand second, such as editors."""
    for holder in ("authors", "secondary-authors", "tertiary-authors"):
        names = [
            "".join(author.itertext())
            for group in record.iter()
            if _name(group) == holder
            for author in group
            if _name(author) == "author"
        ]
        if any(name.strip() for name in names):
            # Groups that are authors end in a comma.
            yield from (name.strip().rstrip(",") for name in names)
            return
