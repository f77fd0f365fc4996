"""Numbers in texts that are bound to results: `{{analysis.plugin.name|format}}`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from analysis.models import Analysis, Snapshot
from analysis.reading import Reading
from analysis.services.manuscripts.formats import BadFormat, write
from analysis.services.rating import current_certainty, is_stale
from evidence.models import Review

BINDING = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# What a row of a table is called by, in this order.
ROW_NAMES = ("name", "study", "code")
LEFT_OUT = ("figures", "messages")
MOST_NEARBY = 5
MOST_LISTED = 40

FORM = "“{text}” is no bound number: write {{{{analysis.plugin.name}}}}, with a format behind | where you want one."
NO_ANALYSIS = "“{text}”: the review has no analysis “{slug}”.{near}"
NO_SNAPSHOT = "“{text}”: the analysis “{slug}” has no snapshot yet; run it first."
NO_NUMBER = "“{text}”: the analysis “{slug}” has no snapshot {number}; the newest is {newest}."
NO_NAME = "“{text}”: snapshot {number} of “{slug}” has nothing that is called {name}.{near}"
A_TABLE = "“{text}” names a whole table; go on with one of {near}."


class BadBinding(ValueError):
    """A bound number that does not exist; the message is a sentence that names it and what is near."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A number in a text: what was asked for, how it reads, and the snapshot that it is of.

    `is_fixed` tells that the text names the snapshot, so that the number does not move with the newest.
    """

    asked: str
    text: str
    snapshot: Snapshot
    is_fixed: bool


class Numbers:
    """The numbers of a review's snapshots by their names, each snapshot read once."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self._readings: dict[int, Reading] = {}
        self._trees: dict[int, dict[str, Any]] = {}

    @cached_property
    def analyses(self) -> dict[str, Analysis]:
        """The analyses of the review by short name."""
        return {row.slug: row for row in Analysis.objects.filter(review=self.review).order_by("position", "slug")}

    @cached_property
    def newest(self) -> dict[int, Snapshot]:
        """The newest snapshot of each analysis, by the key of the analysis."""
        rows = Snapshot.objects.filter(analysis__review=self.review).select_related("analysis", "dataset", "freeze")
        return {row.analysis_id: row for row in rows.order_by("number")}

    def reading(self, snapshot: Snapshot) -> Reading:
        """Give a snapshot as it was made."""
        if snapshot.pk not in self._readings:
            self._readings[snapshot.pk] = Reading(snapshot)
        return self._readings[snapshot.pk]

    def resolve(self, text: str) -> Bound:
        """Give the number that a text between braces asks for.

        Raises
        ------
        BadBinding : there is no such number
        """
        asked = " ".join(text.split())
        path, _, form = (part.strip() for part in asked.partition("|"))
        head, *names = [part.strip() for part in path.split(".")]
        slug, at, number = head.partition("@")
        if not slug or not names or not all(names) or (at and not number.isdecimal()):
            raise BadBinding(FORM.format(text=asked))
        snapshot = self._snapshot(asked, slug, int(number) if at else None)
        around, value, is_ratio = self._find(asked, snapshot, names)
        try:
            said = write(names[-1], value, around, is_ratio=is_ratio, form=form)
        except BadFormat as error:
            raise BadBinding(f"“{asked}”: {error}") from error
        return Bound(asked, said, snapshot, is_fixed=bool(at))

    def _snapshot(self, asked: str, slug: str, number: int | None) -> Snapshot:
        """Give the snapshot that is meant, the newest where none is."""
        analysis = self.analyses.get(slug)
        if analysis is None:
            raise BadBinding(NO_ANALYSIS.format(text=asked, slug=slug, near=_near(slug, self.analyses)))
        newest = self.newest.get(analysis.pk)
        if newest is None:
            raise BadBinding(NO_SNAPSHOT.format(text=asked, slug=slug))
        if number is None or number == newest.number:
            return newest
        rows = Snapshot.objects.filter(analysis=analysis, number=number).select_related("analysis", "dataset", "freeze")
        found = rows.first()
        if found is None:
            raise BadBinding(NO_NUMBER.format(text=asked, slug=slug, number=number, newest=newest.number))
        return found

    def _find(self, asked: str, snapshot: Snapshot, names: Sequence[str]) -> tuple[Mapping[str, Any], Any, bool]:
        """Give the row that holds a value, the value, and whether its measure is a ratio."""
        tree = self.tree(snapshot)
        value: Any = tree
        around: Mapping[str, Any] = {}
        is_ratio = False
        for name in names:
            around = value if isinstance(value, Mapping) else {}
            value, is_there = _step(value, name)
            if not is_there:
                dotted = ".".join(names)
                known = [place for place, _ in list_names(tree)]
                near = _near(dotted, known)
                slug, number = snapshot.analysis.slug, snapshot.number
                raise BadBinding(NO_NAME.format(text=asked, slug=slug, number=number, name=dotted, near=near))
            if isinstance(value, Mapping):
                is_ratio = bool(value.get("is_ratio", is_ratio))
        if isinstance(value, Mapping | list):
            near = ", ".join([place for place, _ in list_names(value)][:MOST_NEARBY]) or "nothing: it is empty"
            raise BadBinding(A_TABLE.format(text=asked, near=near))
        return around, value, is_ratio

    def tree(self, snapshot: Snapshot) -> dict[str, Any]:
        """Give all that can be bound of a snapshot: results by plugin, the snapshot itself, and its rating."""
        if snapshot.pk not in self._trees:
            reading = self.reading(snapshot)
            results = {
                plugin: {name: value for name, value in result.items() if name not in LEFT_OUT}
                for plugin, result in reading.results.items()
            }
            self._trees[snapshot.pk] = {**results, "snapshot": _about(reading), "rating": _rating(snapshot)}
        return self._trees[snapshot.pk]

    def listed(self, analysis: Analysis) -> list[tuple[str, str]]:
        """Give the numbers of an analysis that are most often bound: what to write, and how it reads now."""
        snapshot = self.newest.get(analysis.pk)
        if snapshot is None:
            return []
        names = [name for name, depth in list_names(self.tree(snapshot)) if depth <= 2]
        found = []
        for name in names[: MOST_LISTED * 3]:
            bound = self.resolve(f"{analysis.slug}.{name}")
            found.append((f"{{{{{bound.asked}}}}}", bound.text))
        return found


def _step(value: Any, name: str) -> tuple[Any, bool]:
    """Give what a name stands for in a row or in a table, and whether there is such a thing."""
    if isinstance(value, Mapping):
        return value.get(name), name in value
    if isinstance(value, list):
        for row in value:
            if isinstance(row, Mapping) and any(str(row.get(key)) == name for key in ROW_NAMES):
                return row, True
        if name.isdecimal() and 0 < int(name) <= len(value):
            return value[int(name) - 1], True
    return None, False


def list_names(tree: Any, before: str = "", depth: int = 1) -> Iterator[tuple[str, int]]:
    """Give the dotted names of all values that can be bound, with how deep they lie; rows of tables by their names."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            if isinstance(value, Mapping | list):
                yield from list_names(value, f"{before}{name}.", depth + 1)
            else:
                yield f"{before}{name}", depth
    elif isinstance(tree, list):
        for number, row in enumerate(tree, start=1):
            named = [str(row[key]) for key in ROW_NAMES if row.get(key)] if isinstance(row, Mapping) else []
            yield from list_names(row, f"{before}{named[0] if named else number}.", depth + 1)


def _near(name: str, known: Any) -> str:
    """Give a sentence with what is called in a similar way, or with what there is."""
    names = list(known)
    end = name.rpartition(".")[2]
    found = get_close_matches(name, names, n=MOST_NEARBY, cutoff=0.55)
    found += [one for one in names if one.rpartition(".")[2] == end and one not in found]
    found = (found or names)[:MOST_NEARBY]
    return f" Near: {', '.join(found)}." if found else ""


def _about(reading: Reading) -> dict[str, Any]:
    """Give what can be said of the snapshot itself."""
    snapshot = reading.snapshot
    not_pooled = {row["study"] for row in reading.dataset["not_pooled"]}
    return {
        "number": snapshot.number,
        "made_on": f"{snapshot.made_at:%-d %B %Y}",
        "digest": snapshot.digest[:10],
        "measure": reading.dataset["measure"],
        "studies": reading.study_count,
        "studies_not_pooled": len(not_pooled - {effect["study"] for effect in reading.dataset["effects"]}),
        "studies_in_review": len(reading.frozen["studies"]),
    }


def _rating(snapshot: Snapshot) -> dict[str, Any]:
    """Give the certainty that a person rated for these results; empty where nobody did."""
    rated = current_certainty(snapshot.analysis)
    if rated is None or is_stale(rated, snapshot):
        return {"certainty": None}
    return {"certainty": rated.level}
