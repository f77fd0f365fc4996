"""What two readings and the decisions about them make together: the rows of the consensus."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from evidence.comparing.items import WHOLE, Comparison, Entry, Item
from evidence.comparing.readings import PLACE, Field, Form, Kind, Reading, Row, Value, is_number

YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})


class Taken(StrEnum):
    """What an adjudicator takes."""

    FIRST = "A"
    SECOND = "B"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one item.

    Parameters
    ----------
    value : the third value, where neither was taken
    seen : the two values that the adjudicator saw, as text
    said : who decided and why, for the history of the row
    """

    taken: Taken
    value: Value = None
    seen: tuple[str, str] = ("", "")
    said: str = ""

    def holds(self, item: Item) -> bool:
        """Whether both readings still say what the adjudicator saw."""
        return self.seen == item.seen


@dataclass(frozen=True, slots=True)
class MergedRow:
    """A row of the consensus.

    Parameters
    ----------
    slot : what names the row among those of the consensus
    arms : slots of the arms that it is about
    number : of arms, the number that results refer to it by
    said : which values were decided, by whom and why; empty where both readers agree
    """

    kind: Kind
    slot: str
    title: str
    values: Mapping[str, Value]
    arms: tuple[str, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)
    number: int | None = None
    said: tuple[str, ...] = ()


Decisions = Mapping[str, Decision]


def standing(item: Item, decisions: Decisions) -> Decision | None:
    """Give the decision about an item that still holds."""
    decision = decisions.get(item.path)
    return decision if decision is not None and decision.holds(item) else None


def open_items(comparison: Comparison, decisions: Decisions) -> list[Item]:
    """Give the differences that nobody has decided yet; rows that are left out leave theirs out."""
    kept = {entry.pair.path for entry in _kept(comparison, decisions)}
    return [
        item
        for entry, item in comparison.items()
        if item.differs and standing(item, decisions) is None and (item.is_whole or entry.pair.path in kept)
    ]


def merge(comparison: Comparison, decisions: Decisions) -> list[MergedRow]:
    """Give the rows of the consensus; where both agree their value is taken over, with its place in the report."""
    kept = _kept(comparison, decisions)
    numbers = _numbers(comparison, kept)
    return [_merged(comparison, entry, decisions, numbers.get(entry.pair.path)) for entry in kept]


def take_over(reading: Reading) -> list[MergedRow]:
    """Give a single reading as rows of the consensus."""
    return [
        MergedRow(row.kind, row.key, "", dict(row.values), row.arms, dict(row.place), reading.numbers.get(row.key))
        for row in reading.rows
    ]


def _kept(comparison: Comparison, decisions: Decisions) -> list[Entry]:
    """Give the entries that the consensus has: not those of arms that are left out."""
    whole = {item.path: (item, entry) for entry, item in comparison.items() if item.is_whole}

    def is_kept(entry: Entry) -> bool:
        path = entry.follows or f"{entry.pair.path}:{WHOLE}"
        if path not in whole:
            return True
        item, _ = whole[path]
        decision = standing(item, decisions)
        return decision is None or bool(item.second if decision.taken == Taken.SECOND else item.first)

    arms = {entry.pair.path for entry in comparison.of(Kind.ARM) if is_kept(entry)}
    return [entry for entry in comparison.entries if is_kept(entry) and _arms_are_kept(comparison, entry, arms)]


def _arms_are_kept(comparison: Comparison, entry: Entry, arms: set[str]) -> bool:
    paths = {comparison.matching.arm_of[arm] for row in entry.pair.rows for arm in row.arms}
    return entry.pair.kind == Kind.ARM or paths <= arms or entry.pair.is_in_both


def _numbers(comparison: Comparison, kept: Iterable[Entry]) -> dict[str, int]:
    """Give the number of each arm: the first reader's, the second's where it is free, else the next one."""
    found: dict[str, int] = {}
    alone = []
    for entry in kept:
        if entry.pair.kind != Kind.ARM:
            continue
        if entry.pair.first is not None:
            found[entry.pair.path] = comparison.first.numbers[entry.pair.first.key]
        else:
            alone.append(entry.pair)
    for pair in alone:
        assert pair.second is not None
        wanted = comparison.second.numbers[pair.second.key]
        used = set(found.values())
        found[pair.path] = wanted if wanted not in used else max(used) + 1
    return found


def _merged(comparison: Comparison, entry: Entry, decisions: Decisions, number: int | None) -> MergedRow:
    pair = entry.pair
    decided = [(item, decision) for item in entry.items if (decision := standing(item, decisions)) is not None]
    side = _side(pair.rows[0], pair.second, decided)
    values: dict[str, Value] = dict(side.values)
    for item in entry.items:
        if item.field is not None and item.field.name != "arm":
            values[item.field.name] = _value(item, decisions)
    arm_item = next((item for item in entry.items if item.field is not None and item.field.name == "arm"), None)
    if arm_item is not None:
        taken = _value(arm_item, decisions)
        arms: tuple[str, ...] = (str(taken),) if taken else ()
    else:
        arms = tuple(comparison.matching.arm_of[arm] for arm in side.arms)
    place = _place(side, [row for row in pair.rows if row is not side], is_shared=pair.is_in_both)
    said = tuple(f"{item.field.label if item.field else 'row'}: {decision.said}" for item, decision in decided)
    return MergedRow(pair.kind, pair.path, entry.title, values, arms, place, number, said)


def _side(first: Row, second: Row | None, decided: list[tuple[Item, Decision]]) -> Row:
    """Give the reader's row that the place in the report is taken from: the second's where only it was followed."""
    taken = {decision.taken for _, decision in decided}
    follows_second = Taken.SECOND in taken and Taken.FIRST not in taken
    return second if second is not None and follows_second else first


def _value(item: Item, decisions: Decisions) -> Value:
    decision = standing(item, decisions)
    if decision is None:
        return item.first
    if decision.taken == Taken.OTHER:
        return decision.value
    return item.second if decision.taken == Taken.SECOND else item.first


def _place(side: Row, others: list[Row], *, is_shared: bool) -> dict[str, str]:
    """Give the place in the report, filled up from the other reader; both notes are kept."""
    found = {name: side.place.get(name, "") for name in (*PLACE, "settled_reason")}
    for other in others if is_shared else ():
        for name, text in other.place.items():
            if name == "note" and text and text != found["note"]:
                found["note"] = f"{found['note']} / {text}" if found["note"] else text
            elif not found.get(name):
                found[name] = text
    return found


class NotReadable(ValueError):
    """A third value cannot be read as what the field holds; the message is a sentence."""


def read_value(one: Field, text: str, like: Iterable[Value] = ()) -> Value:
    """Give a third value as the field holds it; None where the text is empty.

    Parameters
    ----------
    like : the two readers' values, which tell what the answer to a question of the review is
    """
    text = text.strip()
    if not text:
        return None
    form = one.form
    if form == Form.TEXT and one.name == "value":
        known = [value for value in like if value is not None]
        form = Form.FLAG if any(isinstance(value, bool) for value in known) else form
        form = Form.NUMBER if any(is_number(value) for value in known) else form
    if form == Form.FLAG:
        if text.casefold() not in YES | NO:
            raise NotReadable(f"The {one.label} must be yes or no; not “{text}”.")
        return text.casefold() in YES
    if form in (Form.NUMBER, Form.COUNT):
        return _number(one, text, is_count=form == Form.COUNT)
    return text


def _number(one: Field, text: str, *, is_count: bool) -> Value:
    try:
        number = Decimal(text.replace("−", "-"))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise NotReadable(f"The {one.label} must be a number with a decimal point, such as 2.5; not “{text}”.")
    if not is_count:
        return number
    if number != number.to_integral_value() or number < 0:
        raise NotReadable(f"The {one.label} must be a whole number, such as 30; not “{text}”.")
    return int(number)
