"""Reading BibTeX and BibLaTeX."""

import logging
import re
from collections.abc import Iterator, Mapping

from bibtexparser.exceptions import ParsingException
from bibtexparser.model import Block, DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry, ParsingFailedBlock, String
from bibtexparser.splitter import Splitter

from evidence.importers.opening import Unreadable
from evidence.importers.references.identifiers import own_number
from evidence.importers.references.latex import plain_latex
from evidence.importers.references.reading import Found, Reading

DAMAGED = "The entry cannot be read: {reason}"
TWICE = (DuplicateBlockKeyBlock, DuplicateFieldKeyBlock)
UNCLOSED = "a brace, a quotation mark or a comma is missing in it."
MONTHS = {name: name for name in ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]}
AND = re.compile(r"\s+and\s+", re.IGNORECASE)
# Parts of family names that stand before it: van der Berg.
PARTICLE = re.compile(r"(?:[a-zà-ÿ'’]+\.?)+")


class _Silent(logging.Filter):
    """The parser's warnings are told as problems of the file, with line and sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        return False


_SILENT = _Silent()


def read_bibtex(text: str) -> Reading:
    """Give the references of a BibTeX file.

    Raises
    ------
    Unreadable : the parser gives the file up
    """
    reading = Reading()
    strings = dict(MONTHS)
    for block in _blocks(text):
        line = (block.start_line or 0) + 1
        # A key or a field that stands twice is no damage: what it stands in can be read.
        held = block.ignore_error_block if isinstance(block, TWICE) else block
        if isinstance(held, String):
            strings[held.key.strip().lower()] = _value(held.value, strings)
        elif isinstance(held, Entry):
            reading.take(line, _meaning(_fields(held, strings)), column="title")
        elif isinstance(held, ParsingFailedBlock):
            reading.refuse(line, "", DAMAGED.format(reason=UNCLOSED))
    return reading


def _blocks(text: str) -> Iterator[Block]:
    """Give the blocks of a file, damaged ones too."""
    logger = logging.getLogger("bibtexparser.splitter")
    logger.addFilter(_SILENT)
    try:
        yield from Splitter(text).split().blocks
    except (ParsingException, RecursionError) as error:
        raise Unreadable("The file cannot be read as BibTeX; look for braces that are never closed.") from error
    finally:
        logger.removeFilter(_SILENT)


def _fields(entry: Entry, strings: Mapping[str, str]) -> dict[str, str]:
    """Give the fields of an entry by their names in small letters; of a field that stands twice, the first."""
    found: dict[str, str] = {}
    for field in entry.fields:
        found.setdefault(field.key.strip().lower(), _value(str(field.value), strings))
    return found


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """Give the text of a value: parts in braces or quotation marks, numbers and names of strings, joined by #."""
    return "".join(_part(part.strip(), strings) for part in _parts(raw))


def _part(part: str, strings: Mapping[str, str]) -> str:
    if len(part) > 1 and (part[0], part[-1]) in (("{", "}"), ('"', '"')):
        return part[1:-1]
    return strings.get(part.lower(), part)


def _parts(raw: str) -> Iterator[str]:
    """Give what # joins, outside of braces and quotation marks."""
    depth, begin, is_quoted = 0, 0, False
    if "#" not in raw:
        yield raw
        return
    for place, sign in enumerate(raw):
        if sign in "{}" and raw[place - 1 : place] != "\\":
            depth += 1 if sign == "{" else -1
        elif sign == '"' and depth == 0:
            is_quoted = not is_quoted
        elif sign == "#" and depth == 0 and not is_quoted:
            yield raw[begin:place]
            begin = place + 1
    yield raw[begin:]


def _meaning(fields: Mapping[str, str]) -> Found:
    """Give what the fields of an entry mean."""

    def of(*names: str) -> list[str]:
        return [plain_latex(fields[name]) for name in names if fields.get(name)]

    title = of("title", "booktitle", "shorttitle")[:1]
    subtitle = of("subtitle")
    is_pubmed = fields.get("eprinttype", fields.get("archiveprefix", "")).lower() in ("pubmed", "pmid", "medline")
    # The number of an article without pages, or the record's number in Scopus.
    numbers = [text for text in of("eid") if not own_number(text)]
    names = fields.get("author") or fields.get("editor") or ""
    return {
        "title": [": ".join([*title, *subtitle])] if title else [],
        "abstract": of("abstract", "annote"),
        "authors": [name for name in map(_name, _names(names)) if name],
        "year": of("year", "date", "issued", "month"),
        "journal": of("journal", "journaltitle", "booktitle", "fjournal", "journal-full", "shortjournal", "series"),
        "volume": of("volume"),
        "issue": of("number", "issue"),
        "pages": of("pages", "article-number", "article_number", "art_number", "articleno") or numbers,
        "doi": of("doi"),
        "pmid": of("pmid", "pubmedid", *(["eprint"] if is_pubmed else [])),
        "accession": [
            *of("accession", "accession_number", "accession-number", "accessionnumber", "unique-id"),
            *filter(None, map(own_number, of("eid", "id", "uid"))),
        ],
        "links": of("url", "link", "ee", "bdsk-url-1"),
        "notes": of("note", "notes", "annotation", "extra"),
    }


def _names(text: str) -> list[str]:
    """Give the names that "and" joins, outside of braces."""
    kept: list[str] = []

    def keep(found: "re.Match[str]") -> str:
        kept.append(found[0])
        return f"\0{len(kept) - 1}\0"

    hidden = re.sub(r"\{[^{}]*\}", keep, text)
    while "{" in hidden and re.search(r"\{[^{}]*\}", hidden):
        hidden = re.sub(r"\{[^{}]*\}", keep, hidden)
    names = []
    for name in AND.split(hidden):
        while "\0" in name:
            name = re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], name)
        names.append(name.strip())
    return names


def _name(raw: str) -> str:
    """Give a name with the family name first; one in braces is that of a group."""
    name = " ".join(plain_latex(raw).split()).replace(";", ",")
    is_group = raw.startswith("{") and raw.endswith("}") and raw.count("{") == 1
    words = name.split(" ")
    if is_group or "," in name or len(words) == 1 or not any(map(str.isalpha, words[-1])):
        return "" if name.casefold() == "others" else name
    begin = len(words) - 1
    while begin > 1 and PARTICLE.fullmatch(words[begin - 1]):
        begin -= 1
    return f"{' '.join(words[begin:])}, {' '.join(words[:begin])}"
