"""Records of ClinicalTrials.gov as JSON (version 2): one study, a list of them, or an archive of such files."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from evidence.importers.opening import ZIP, Unreadable, decode, open_zip, read_file, read_member, refuse_other_kinds

Part: TypeAlias = dict[str, Any]
PROTOCOL, RESULTS = "protocolSection", "resultsSection"
MOST_STUDIES = 5_000


@dataclass(slots=True)
class File:
    """The text of a JSON file and where its lines end, to name the line of what stands in it."""

    name: str
    text: str
    ends: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ends = [found.start() for found in re.finditer("\n", self.text)]

    def line_of(self, words: str, begin: int = 0) -> int:
        """Give the line in which a text stands, from a place on; where it is not found, the line of that place."""
        for ascii_only in (False, True):
            place = self.text.find(json.dumps(words, ensure_ascii=ascii_only), begin)
            if place >= 0:
                return bisect_right(self.ends, place) + 1
        return bisect_right(self.ends, begin) + 1


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one study: what it says, and the place of the file where it begins."""

    file: File
    content: Part
    number: str
    begin: int

    def line(self, words: str = "") -> int:
        """Give the line in which words of the record stand, or in which the record begins."""
        return self.file.line_of(words or self.number, self.begin)

    def part(self, *path: str) -> Part:
        """Give a part of the record by its path, empty where there is none."""
        return part(self.content, *path)


def part(holder: Part, *path: str) -> Part:
    """Give the object at the end of a path of names, empty where there is none."""
    found: Any = holder
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def items(holder: Part, name: str) -> list[Part]:
    """Give the objects of a list, none where there is no list."""
    found = holder.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(holder: Part, *names: str) -> str:
    """Give the first of these names that holds a text or a number, without spaces around it; else ""."""
    for name in names:
        found = holder.get(name)
        if isinstance(found, str | int | float) and not isinstance(found, bool) and str(found).strip():
            return " ".join(str(found).split())
    return ""


def read_records(path: Path) -> Iterator[Record]:
    """Give the records of a file, one by one.

    Raises
    ------
    Unreadable : it is no JSON, or holds no record of ClinicalTrials.gov
    """
    content = read_file(path)
    refuse_other_kinds(content)
    if not content.startswith(ZIP):
        yield from _records(File("", decode(content).text))
        return
    archive = open_zip(content)
    names = sorted(name for name in archive.namelist() if name.casefold().endswith(".json"))
    if not names:
        raise Unreadable("The archive holds no .json file.")
    for name in names:
        yield from _records(File(name, decode(read_member(archive, name)).text))


def _records(file: File) -> Iterator[Record]:
    where = f"{file.name}: " if file.name else ""
    try:
        content = json.loads(file.text)
    except json.JSONDecodeError as error:
        rule = f"{where}The file is not JSON: {error.msg} at character {error.colno}."
        raise Unreadable(rule, error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise Unreadable(f"{where}The file's brackets are too deep or its numbers too long.") from error
    studies = content.get("studies", [content]) if isinstance(content, dict) else content
    studies = studies if isinstance(studies, list) else []
    sound = [one for one in studies if isinstance(one, dict) and isinstance(one.get(PROTOCOL), dict)]
    if not sound or len(sound) > MOST_STUDIES:
        rule = f"holds no study with a {PROTOCOL}" if not sound else f"has more than {MOST_STUDIES:,} studies; split it"
        raise Unreadable(f"{where}The file {rule}. It must be a record of ClinicalTrials.gov in version 2.", 1)
    begin = 0
    for one in sound:
        number = text(part(one, PROTOCOL, "identificationModule"), "nctId")
        begin = max(begin, file.text.find(f'"{number}"', begin))
        yield Record(file, one, number, begin)
