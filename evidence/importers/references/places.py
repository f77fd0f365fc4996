"""Where a reference was printed: volume, issue and pages, as databases and programs write them."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from evidence.importers.references.wording import tidy

DASHES = re.compile("\\s*(?:[\u2010-\u2015\u2212]|--+|(?<=[0-9])\\s*-\\s*(?=[0-9A-Za-z]))\\s*")
# J Tea. 2001 May-Jun;5(3):12-9. as PubMed cites; what follows a year and a semicolon.
OF_PUBMED = re.compile(
    r"[.\s](?:1[89]|20)[0-9]{2}[^;:]{0,30};\s*(?P<volume>[^:;()]{1,40}?)?\s*(?:\((?P<issue>[^()]{1,40})\))?"
    r":\s*(?P<pages>[^\s.;,]{1,40}(?:, ?[A-Za-z]?[0-9][^\s.;,]{0,20})*)\.?(?:\s|$)"
)
# Journal of Water. 2(1):1-9, 2002 Jan. as Ovid cites, and 40 (3) (pp 141-146), 2015. as it cites Embase.
OF_OVID = re.compile(
    r"\.\s+(?P<volume>[0-9][0-9A-Za-z/-]{0,10}(?: [A-Z][a-z]{2,8}[. ]? ?[0-9]{0,3})?)\s*(?:\((?P<issue>[^()]{1,40})\))?"
    r"(?::\s*(?P<pages>[^\s,;()]{1,40})|\s*\((?:pp?\.? ?)(?P<pp>[^()]{1,40})\)|\s*\((?:no pagination|[^()]{0,40})\)|)"
    r"\s*,\s*[^.]{0,20}?(?:1[89]|20)[0-9]{2}"
)
# Journal of Tea (2001) 5:3 (12-9). as Embase cites in its tables.
OF_EMBASE = re.compile(
    r"\((?:1[89]|20)[0-9]{2}\)\s+(?P<volume>[^\s:(),]{1,20})(?::(?P<issue>[^\s(),]{1,30}))?"
    r"(?:\s*\((?P<pages>[^()]{1,40})\))?"
)
# 6(2) where Embase puts the issue with the volume.
WITH_ISSUE = re.compile(r"(?P<volume>[^()]+?)\s*\(\s*(?P<issue>[^()]+?)\s*\)")


class Place(NamedTuple):
    """Volume, issue and pages; each "" where it is not said."""

    volume: str = ""
    issue: str = ""
    pages: str = ""


def range_in(text: str) -> str:
    """Give pages in one way of writing: a hyphen between the first and the last, no word for pages before them."""
    plain = re.sub(r"^(?:pages?|pp|p)(?:\.\s*|\s+)(?=\S)", "", tidy(text), flags=re.IGNORECASE)
    return DASHES.sub("-", plain).strip(" -")


def volume_and_issue(volume: str, issue: str) -> tuple[str, str]:
    """Give volume and issue apart where the field of the volume holds both and there is no other issue."""
    both = WITH_ISSUE.fullmatch(volume)
    return (both["volume"], both["issue"]) if both and not issue else (volume, issue)


def pages_of(begins: Iterable[str], ends: Iterable[str] = ()) -> list[str]:
    """Give pages of which the first and the last stand apart; the first field may hold both already."""
    first, last = (next(filter(None, map(range_in, texts)), "") for texts in (begins, ends))
    if not first:
        return [last] if last else []
    return [first if last in ("", first) or first.endswith(f"-{last}") else f"{first}-{last}"]


def place_in(texts: Iterable[str]) -> Place:
    """Give what citations say of volume, issue and pages; of a citation that is written otherwise, nothing."""
    for text in map(tidy, texts):
        for pattern in (OF_PUBMED, OF_OVID, OF_EMBASE):
            if found := pattern.search(f" {text}"):
                said = found.groupdict()
                pages = range_in(said.get("pages") or said.get("pp") or "")
                return Place((said["volume"] or "").strip(), (said["issue"] or "").strip(), pages)
    return Place()
