"""The sections of a paper, by the headings that stand on lines of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

ABSTRACT = "abstract"
SECTIONS = {
    "abstract": ABSTRACT,
    "summary": ABSTRACT,
    "introduction": "introduction",
    "background": "introduction",
    "methods": "methods",
    "materials and methods": "methods",
    "results": "results",
    "findings": "results",
    "discussion": "discussion",
    "interpretation": "discussion",
    "conclusion": "discussion",
    "conclusions": "discussion",
    "references": "references",
}
HEADING = re.compile(r"^\s*(?:\d+(?:\.\d+)*\.?\s+)?([A-Za-z][A-Za-z ]{3,30})\s*:?\s*$")


def headings(lines: Sequence[str]) -> list[str]:
    """Give for each line the section that begins with it, "" where none does.

    An abstract has headings of its own: of two headings of one section, the one in the abstract begins none.
    """
    found = [
        SECTIONS.get(match.group(1).strip().lower(), "") if (match := HEADING.match(line)) else "" for line in lines
    ]
    kept, section = [], ""
    for place, named in enumerate(found):
        if section == ABSTRACT and named in found[place + 1 :]:
            named = ABSTRACT if named else ""
        section = named or section
        kept.append(named)
    return kept
