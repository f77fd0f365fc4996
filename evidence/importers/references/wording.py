"""Texts, names and years of references as databases write them, made plain."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from evidence.models.record import YEARS

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
YEAR = re.compile(r"(?<![0-9])(1[5-9][0-9]{2}|20[0-9]{2}|2100)(?![0-9])")
DATE = re.compile(r"(?<![0-9])(1[5-9][0-9]{2}|20[0-9]{2})(?:0[0-9]|1[0-2])[0-3][0-9](?![0-9])")
# Smith JA, Jones B.: a family name and then initials only, as PubMed and older exports write lists of authors.
WITH_INITIALS = re.compile(r"[^,;]*[^\W\d_][^,;]* (?:[A-Z]\.?-?){1,5}(?: (?:Jr|Sr|[2-5](?:nd|rd|th)|I{1,3})\.?)?\.?")
NUMBERED = re.compile(r"\s*\((?:\d{6,}|[A-Z]-\d{4}-\d{4})\)")
MORE = {"et al", "et al.", "others", "and others", "[et al.]"}


def tidy(text: str) -> str:
    """Give a text in one line: no control characters, no entities of web pages, single spaces."""
    if "&" in text:
        text = ENTITY.sub(lambda entity: unescape(entity[0]), text)
    return " ".join(CONTROL.sub(" ", text).split())


def year_in(text: str) -> int | None:
    """Give the first year of publication that stands in a text such as 2003///, 2015 Jan-Feb or 20180327."""
    found = YEAR.search(text) or DATE.search(text)
    year = int(found[1]) if found else None
    return year if year is not None and YEARS[0] <= year <= YEARS[1] else None


def names_of(texts: Iterable[str]) -> list[str]:
    """Give the authors, one by one: a text may hold one or all of them."""
    return [name for text in texts for name in _split(text)]


def _split(text: str) -> Iterator[str]:
    """Give the names in a text: parted by line ends, semicolons, or by commas where initials follow the names."""
    for line in text.split("\n"):
        plain = tidy(NUMBERED.sub("", line))
        for part in plain.split(";"):
            names = part.split(", ")
            is_list = len(names) > 1 and all(WITH_INITIALS.fullmatch(name.strip()) for name in _without_more(names))
            if is_list and not any(name.rstrip().endswith(".") for name in names[:-1]):
                names[-1] = names[-1].rstrip(" .")  # the full stop of the list, not of an initial
            for name in names if is_list else [part]:
                name = name.strip(" ,")
                if name and name.casefold() not in MORE:
                    yield name


def _without_more(names: list[str]) -> list[str]:
    return [name for name in names if name.strip(" .").casefold() not in MORE and name.strip()]
