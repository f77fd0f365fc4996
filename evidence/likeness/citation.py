"""A record as plain values, and what is compared of it."""

import re
from dataclasses import dataclass

from evidence.likeness.naming import Name, names_in
from evidence.likeness.placing import first_page, is_preprint, journal_words, volume_number
from evidence.likeness.wording import content_of, fold, numbers_in, words_of

MAIN_WORDS = 4
DOI = re.compile(r"10\.\d{4,9}/\S+")
SUBTITLE = re.compile(r"\s*(?::|\?|\.(?=\s+[^\W\d_])|\s[-–—](?=\s))\s*")
# What stands in front of, or in, the title of a document about another document.
KINDS = {
    "correction": re.compile(
        r"^\W*correction\b|\bcorrection(?: to)?\s*:|"
        r"\b(?:erratum|errata|corrigend(?:um|a)|addendum|(?:author|publisher) correction|expression of concern)\b"
    ),
    "retraction": re.compile(r"^\W*retract(?:ed|ion)\b|\bretract(?:ed article|ion note)"),
    "reply": re.compile(
        r"^\W*re\s*:|\b(?:reply|response|letter) (?:to|by|from)\b|\bauthors?.{0,3} (?:reply|response)|^\W*in reply\b|"
        r"\breply$|^\W*(?:the )?authors? repl"
    ),
    "comment": re.compile(
        r"\bcomment(?:ary|aries|s)?\s+(?:on|to)\b|^\W*(?:invited )?comment(?:ary)?\b|\beditorial\b|\bcommentary$"
    ),
    "protocol": re.compile(r"\bprotocol\b"),
    "abstract": re.compile(r"^\W*(?:abstract|poster|oral)\s+(?:no\.?\s*)?[a-z]{0,3}[-\s]?\d|\bconference abstract\b"),
}


@dataclass(frozen=True, slots=True)
class Citation:
    """A record as a database exports it. `key` is what the caller knows it by; keys order proposals."""

    key: int
    title: str
    authors: str = ""
    year: int | None = None
    journal: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    accession: str = ""
    database: str = ""


@dataclass(frozen=True, slots=True)
class Plain:
    """What is compared of a record. Two records with equal values here are equal to every rule."""

    key: int
    words: tuple[str, ...]
    text: str
    squeezed: str
    content: frozenset[str]
    main: str
    """The main title without its spaces; "" where there is no subtitle, or the main title says too little."""
    numbers: tuple[str, ...]
    kinds: frozenset[str]
    authors: tuple[Name, ...]
    year: int | None
    journal: tuple[str, ...]
    volume: str
    page: str
    doi: str
    pmid: str
    accession: str
    database: str


def plainly(citation: Citation) -> Plain:
    """Give what is compared of a record."""
    words = words_of(citation.title)
    doi = plain_doi(citation.doi)
    kinds = {kind for kind, pattern in KINDS.items() if pattern.search(fold(citation.title))}
    if is_preprint(citation.journal, doi):
        kinds.add("preprint")
    return Plain(
        key=citation.key,
        words=words,
        text=" ".join(words),
        squeezed="".join(words),
        content=content_of(words),
        main=main_title(citation.title),
        numbers=numbers_in(words),
        kinds=frozenset(kinds),
        authors=names_in(citation.authors),
        year=citation.year,
        journal=journal_words(citation.journal),
        volume=volume_number(citation.volume),
        page=first_page(citation.pages),
        doi=doi,
        pmid=citation.pmid.strip().lstrip("0"),
        accession=citation.accession.strip().casefold(),
        database=" ".join(citation.database.casefold().split()),
    )


def main_title(title: str) -> str:
    """Give the words in front of the first subtitle, squeezed, where at least MAIN_WORDS of them say something."""
    parts = SUBTITLE.split(title, maxsplit=1)
    if len(parts) < 2 or not parts[1].strip():
        return ""
    words = words_of(parts[0])
    return "".join(words) if len(content_of(words)) >= MAIN_WORDS else ""


def plain_doi(text: str) -> str:
    """Give a DOI in small letters, without the address and the punctuation around it; "" where there is none."""
    found = DOI.search(text.strip().lower().replace("%2f", "/"))
    return found[0].rstrip(".,;)]") if found else ""
