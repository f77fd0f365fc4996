"""Writing the rows of a consensus: what is the same stays untouched, the rest is changed, added or removed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from evidence.comparing import FIELDS, PLACE, Kind, MergedRow, Value
from evidence.models import Extraction, Settlement
from evidence.models.fields import trim
from evidence.services.extraction.reading import MODELS, Vocabulary
from evidence.services.recording import record, remove

# In the order in which rows are removed: what refers to others first. They are added in the opposite order.
REMOVED_IN_ORDER = (
    Kind.CONTRAST,
    Kind.ADVERSE_EVENT,
    Kind.RESULT,
    Kind.COMPONENT,
    Kind.CHARACTERISTIC,
    Kind.ARM,
)
KEYS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ARM: ("number", "label"),
    Kind.COMPONENT: ("arm", "type"),
    Kind.RESULT: ("arm", "instrument", "week", "time_as_printed", "value_kind", "is_adjusted"),
    Kind.CONTRAST: (
        *("first_arm", "second_arm", "instrument", "week", "time_as_printed", "measure", "value_kind", "is_adjusted"),
    ),
    Kind.CHARACTERISTIC: ("field",),
    Kind.ADVERSE_EVENT: ("arm", "term", "seriousness"),
}
LONGEST_REASON = 100
"""As long as the history's column for reasons; decisions keep their reasons in full."""

Arms = Mapping[str, Any]
"""The arms of the consensus by the slot that rows name them by; before they are saved, what stands for them."""


@dataclass(slots=True)
class Plan:
    """Which stored row each row of the consensus is, and which stored rows are no longer wanted."""

    pairs: list[tuple[MergedRow, Any]] = field(default_factory=list)
    gone: list[Any] = field(default_factory=list)


class Writer:
    """Writes one consensus in one person's name."""

    def __init__(self, by: User, consensus: Extraction, vocabulary: Vocabulary, said: str) -> None:
        self.by, self.consensus, self.vocabulary, self.said = by, consensus, vocabulary, said

    def write(self, rows: Sequence[MergedRow]) -> None:
        """Make the consensus say what the rows say.

        Raises
        ------
        ValidationError : a row breaks a rule; the sentence begins with what the row is about
        """
        _refuse_lost_arms(rows)
        plans = plan(self.consensus, rows, self.vocabulary)
        for kind in REMOVED_IN_ORDER:
            for row in plans[kind].gone:
                remove(by=self.by, row=row, reason="not in the readings any more")
        arms: dict[str, Any] = {}
        for kind in reversed(REMOVED_IN_ORDER):
            for merged, stored in plans[kind].pairs:
                saved = self._put(merged, stored, arms)
                if kind == Kind.ARM:
                    arms[merged.slot] = saved

    def _put(self, merged: MergedRow, stored: Any, arms: Arms) -> Any:
        columns = columns_of(merged, arms, self.vocabulary)
        row = stored if stored is not None else MODELS[merged.kind]()
        if stored is None and merged.kind not in (Kind.COMPONENT, Kind.RESULT):
            columns["extraction"] = self.consensus
        is_new = stored is None or differing(row, columns)
        for name, value in columns.items():
            setattr(row, name, value)
        reason = "; ".join(merged.said) or self.said
        try:
            if is_new:
                row = record(by=self.by, row=row, reason=shortened(reason))
            if merged.kind in (Kind.RESULT, Kind.CONTRAST):
                self._settle(merged, row)
        except ValidationError as error:
            raise ValidationError([f"{merged.title or row}: {sentence}" for sentence in error.messages]) from error
        return row

    def _settle(self, merged: MergedRow, row: Any) -> None:
        """Take over what readers settled about a printed contradiction."""
        about = "arm_result" if merged.kind == Kind.RESULT else "contrast_result"
        stored = Settlement.objects.filter(**{about: row}).first()
        wanted = {name: merged.values.get(f"settled_{name}") for name in ("value", "ci_lower", "ci_upper")}
        if wanted["value"] is None or not row.is_printed_so:
            if stored is not None:
                remove(by=self.by, row=stored, reason="not settled by the readers")
            return
        wanted["reason"] = merged.place.get("settled_reason") or "Settled so by the readers."
        settlement = stored or Settlement(extraction=self.consensus, **{about: row})
        if stored is None or differing(settlement, wanted):
            for name, value in wanted.items():
                setattr(settlement, name, value)
            settlement.settled_at, settlement.settled_by = timezone.now(), self.by
            record(by=self.by, row=settlement, reason=shortened("; ".join(merged.said) or self.said))


def shortened(reason: str) -> str:
    """Give a reason as the history has room for it."""
    return reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"


def _refuse_lost_arms(rows: Iterable[MergedRow]) -> None:
    slots = {row.slot for row in rows if row.kind == Kind.ARM}
    lost = [row.title for row in rows if row.kind != Kind.ARM and not set(row.arms) <= slots]
    if lost:
        raise ValidationError([f"{title}: it is about an arm that is left out." for title in lost])


def columns_of(merged: MergedRow, arms: Arms, vocabulary: Vocabulary) -> dict[str, Any]:
    """Give a row of the consensus as the columns of its model."""
    model = MODELS[merged.kind]
    names = {one.name: one for one in model._meta.concrete_fields}
    columns: dict[str, Any] = {}
    for one in FIELDS[merged.kind]:
        if one.name in names and one.name != "arm":
            value = merged.values.get(one.name)
            word = vocabulary.find(one.name, value) if one.name in vocabulary.rows else value
            columns[one.name] = "" if word is None and not names[one.name].null and _is_text(names[one.name]) else word
    columns |= {name: merged.place.get(name) or "" for name in PLACE if name in names}
    if merged.kind == Kind.CHARACTERISTIC:
        columns |= _answer(merged, vocabulary)
    elif merged.kind == Kind.ARM:
        columns["number"] = merged.number
    elif merged.kind == Kind.CONTRAST:
        columns["first_arm"], columns["second_arm"] = (arms[slot] for slot in merged.arms)
    else:
        columns["arm"] = arms[merged.arms[0]] if merged.arms else None
    return columns


def _is_text(one: Any) -> bool:
    return one.get_internal_type() in ("CharField", "TextField", "URLField")


def _answer(merged: MergedRow, vocabulary: Vocabulary) -> dict[str, Any]:
    value = merged.values.get("value")
    is_number = isinstance(value, Decimal | int) and not isinstance(value, bool)
    return {
        "field": vocabulary.find("field", merged.values.get("field")),
        "number": value if is_number else None,
        "text": value if isinstance(value, str) else "",
        "flag": value if isinstance(value, bool) else None,
    }


def differing(row: Any, columns: Mapping[str, Any]) -> list[str]:
    """Give the columns in which a stored row says something else."""
    return [name for name, value in columns.items() if _same_form(getattr(row, name)) != _same_form(value)]


def _same_form(value: Any) -> Any:
    if isinstance(value, Decimal):
        return trim(value)
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def plan(consensus: Extraction, rows: Iterable[MergedRow], vocabulary: Vocabulary) -> dict[Kind, Plan]:
    """Find for each row of the consensus the stored row that is about the same thing, by what names it."""
    plans = {kind: Plan() for kind in Kind}
    arms: dict[str, Any] = {}
    for kind in reversed(REMOVED_IN_ORDER):
        stored: dict[tuple[Any, ...], list[Any]] = {}
        for row in _stored(kind, consensus):
            stored.setdefault(_key(kind, {name: getattr(row, name) for name in KEYS[kind]}), []).append(row)
        for merged in (row for row in rows if row.kind == kind):
            found = stored.get(_key(kind, columns_of(merged, _known(arms, merged), vocabulary)))
            match = found.pop(0) if found else None
            plans[kind].pairs.append((merged, match))
            if kind == Kind.ARM:
                arms[merged.slot] = match
        plans[kind].gone = [row for rest in stored.values() for row in rest]
    return plans


def _known(arms: Arms, merged: MergedRow) -> Arms:
    """Give the arms that a row is about; an arm that is not stored yet is nobody's, and matches nothing."""
    return {slot: arms[slot] if arms.get(slot) is not None else object() for slot in merged.arms}


def _stored(kind: Kind, consensus: Extraction) -> Any:
    if consensus.pk is None:
        return []
    path = "arm__extraction" if kind in (Kind.COMPONENT, Kind.RESULT) else "extraction"
    return MODELS[kind].objects.filter(**{path: consensus}).order_by("pk")


def _key(kind: Kind, columns: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(_same_form(columns[name]) for name in KEYS[kind])


def changes_of(consensus: Extraction, rows: Sequence[MergedRow], vocabulary: Vocabulary) -> Iterator[str]:
    """Say what writing the rows would change in a consensus."""
    plans = plan(consensus, rows, vocabulary)
    arms = {merged.slot: row for merged, row in plans[Kind.ARM].pairs if row is not None}
    for kind in Kind:
        for merged, row in plans[kind].pairs:
            if row is None:
                yield f"{merged.title}: added."
                continue
            columns = columns_of(merged, arms, vocabulary)
            names = differing(row, columns)
            if names:
                said = ", ".join(f"{name} {_shown(getattr(row, name))} → {_shown(columns[name])}" for name in names)
                yield f"{merged.title}: {said}."
        for row in plans[kind].gone:
            yield f"{row}: removed."


def _shown(value: Value) -> str:
    return "–" if value in (None, "") else str(value)
