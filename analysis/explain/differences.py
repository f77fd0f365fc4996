"""What differs between two freezes of a study, field by field, and who changed it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.explain.records import Author, FieldChange

Data = Mapping[str, Any]
Key = tuple[Any, ...]

STUDY_FIELDS = ("label", "year", "design", "registration", "companion_of")
SOURCE_FIELDS = ("page", "table", "quote", "source_url", "note")
RESULT_IDENTITY = ("outcome", "instrument", "week", "time_as_printed", "value_kind", "is_adjusted")
# Fields of a row of the freeze that are rows of their own, or worked out of others.
NESTED = frozenset({"results", "components", "settlement", "contradictions"})
# Of two rows of the freeze that may be one row whose place was changed, so many fields must be the same.
LEAST_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A row of evidence as the freeze has it: what it is, the row it belongs to, and its own fields."""

    kind: str
    key: Key
    parent: Key | None
    place: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edit:
    """An entry of a row's history: the row's own fields as they were left (or lost), and what the entry changed.

    `field` is "" for a row that was made or deleted, and `new` is its value otherwise, as the freeze writes it.
    """

    study: str
    kind: str
    action: str
    fields: Mapping[str, Any]
    author: Author
    field: str = ""
    new: Any = None


def diff_study(before: Data | None, after: Data | None, edits: Iterable[Edit] = ()) -> tuple[FieldChange, ...]:
    """Give what differs between two states of a study, each with the last edit that made it so.

    Parameters
    ----------
    before, after : a study of the content of a freeze; None where it is not there
    edits : the entries of the histories of the study's rows, oldest first
    """
    old, new = ({row.key: row for row in _rows(study)} for study in (before, after))
    pairs = [(old[key], new[key]) for key in old if key in new]
    gone = [row for key, row in old.items() if key not in new]
    come = [row for key, row in new.items() if key not in old]
    moved = _pair_moved(gone, come)
    pairs += moved
    gone = [row for row in gone if row not in [one for one, _ in moved]]
    come = [row for row in come if row not in [other for _, other in moved]]
    listed = list(edits)
    found = [change for one, other in pairs for change in _changes(one, other, listed)]
    found += [_whole(row, "removed", listed) for row in gone if row.parent not in {each.key for each in gone}]
    found += [_whole(row, "added", listed) for row in come if row.parent not in {each.key for each in come}]
    return tuple(found)


def _rows(study: Data | None) -> Iterator[EvidenceRow]:
    """Give the rows of a study; what single readers extracted is not among them, as analyses do not pool it."""
    if study is None:
        return
    top: Key = ("study",)
    yield EvidenceRow("study", top, None, "Study", {name: study[name] for name in STUDY_FIELDS})
    for report in study["reports"]:
        yield EvidenceRow("report", ("report", report["citation"]), top, "Report", dict(report))
    for assessment in study["assessments"]:
        yield from _assessment(assessment, top)
    if study["extraction"] is not None:
        yield from _extraction(study["extraction"], top)


def _assessment(assessment: Data, top: Key) -> Iterator[EvidenceRow]:
    """Give the rows of an assessment of risk of bias."""
    key: Key = ("assessment", assessment["tool"], assessment["outcome"])
    place = f"Risk of bias ({assessment['outcome'] or 'whole study'})"
    fields = {name: assessment[name] for name in ("tool", "tool_version", "outcome")}
    yield EvidenceRow("assessment", key, top, place, fields)
    for domain, row in assessment["judgements"].items():
        own = {"domain": domain, **row}
        yield EvidenceRow("judgement", (*key, domain), key, f"{place}, {_words(domain)}", own)


def _extraction(extraction: Data, top: Key) -> Iterator[EvidenceRow]:
    """Give the rows of the consensus extraction."""
    key: Key = ("extraction",)
    yield EvidenceRow("extraction", key, top, "Consensus extraction", {"status": extraction["status"]})
    for code, row in extraction["characteristics"].items():
        yield EvidenceRow("characteristic", ("characteristic", code), key, _words(code), {"field": code, **row})
    for arm in extraction["arms"]:
        yield from _arm(arm, key)
    for row in extraction["contrasts"]:
        name = ("contrast", row["first_arm"], row["second_arm"], row["measure"], *(row[one] for one in RESULT_IDENTITY))
        place = f"Arm {row['first_arm']} against arm {row['second_arm']}, {row['measure']}, {_time(row)}"
        yield from _result("contrast", name, key, place, row)
    for row in extraction["adverse_events"]:
        place = f"Adverse event {row['term']}"
        name = ("adverse_event", row["arm"], row["term"], row["seriousness"])
        yield EvidenceRow("adverse_event", name, key, place, dict(row))


def _arm(arm: Data, extraction: Key) -> Iterator[EvidenceRow]:
    """Give an arm and its own rows."""
    key: Key = ("arm", arm["number"])
    place = f"Arm {arm['number']} ({arm['label']})"
    yield EvidenceRow("arm", key, extraction, place, _own(arm))
    for row in arm["components"]:
        yield EvidenceRow("component", (*key, "component", row["type"]), key, f"{place}, {row['type']}", dict(row))
    for row in arm["results"]:
        name = ("arm_result", arm["number"], *(row[one] for one in RESULT_IDENTITY))
        yield from _result("arm_result", name, key, f"{place}, {_time(row)}", row)


def _result(kind: str, key: Key, parent: Key, place: str, row: Data) -> Iterator[EvidenceRow]:
    """Give a result and its settlement."""
    yield EvidenceRow(kind, key, parent, place, _own(row))
    if row["settlement"] is not None:
        settlement = dict(row["settlement"])
        yield EvidenceRow("settlement", ("settlement", *key), key, f"{place}, settlement", settlement)


def _own(row: Data) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in NESTED}


def _time(row: Data) -> str:
    """Name a result by its instrument and week."""
    week = f"week {row['week']}" if row["week"] is not None else row["time_as_printed"] or "week not given"
    return f"{row['instrument']}, {week}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _pair_moved(gone: list[EvidenceRow], come: list[EvidenceRow]) -> list[tuple[EvidenceRow, EvidenceRow]]:
    """Give rows that are gone beside rows that came, of the same kind and place and most alike, each once."""
    alike = [
        (_alike(one.fields, other.fields), -first, -second)
        for first, one in enumerate(gone)
        for second, other in enumerate(come)
        if one.kind == other.kind and one.parent == other.parent
    ]
    taken: list[tuple[int, int]] = []
    for share, first, second in sorted(alike, reverse=True):
        is_free = all(first != -one and second != -other for one, other in taken)
        if share >= LEAST_ALIKE and is_free:
            taken.append((-first, -second))
    return [(gone[first], come[second]) for first, second in taken]


def _alike(one: Data, other: Data) -> float:
    """Give the share of the fields that hold something in either row and are the same in both."""
    names = [name for name in one if one[name] not in (None, "") or other.get(name) not in (None, "")]
    return sum(one[name] == other.get(name) for name in names) / len(names) if names else 0.0


def _changes(before: EvidenceRow, after: EvidenceRow, edits: list[Edit]) -> Iterator[FieldChange]:
    """Give the fields that differ between two states of a row."""
    for name, new in after.fields.items():
        old = before.fields.get(name)
        if old != new:
            found = [edit for edit in edits if (edit.kind, edit.field) == (after.kind, name) and _same(edit.new, new)]
            yield FieldChange(
                action="changed",
                kind=after.kind,
                place=before.place,
                field=name,
                before=_shown(old),
                after=_shown(new),
                author=_author(found, after.fields),
            )


def _whole(row: EvidenceRow, action: str, edits: list[Edit]) -> FieldChange:
    """Give that a row is new or gone."""
    found = [edit for edit in edits if (edit.kind, edit.action) == (row.kind, action)]
    return FieldChange.model_validate(
        {"action": action, "kind": row.kind, "place": row.place, "author": _author(found, row.fields)}
    )


def _author(edits: list[Edit], fields: Data) -> Author | None:
    """Give who made the last of those edits whose row is most like this one; None where there is none."""
    if not edits:
        return None
    ranked = [(sum(_same(edit.fields.get(name), value) for name, value in fields.items()), edit) for edit in edits]
    most = max(count for count, _ in ranked)
    return [edit for count, edit in ranked if count == most][-1].author


def _same(one: Any, other: Any) -> bool:
    """Whether two values of a freeze are the same; nothing and an empty text are."""
    return one == other or (one in (None, "") and other in (None, ""))


def _shown(value: Any) -> str | None:
    """Give a value as text, None where there is none."""
    return None if value is None or value == "" else str(value)
