"""What the page of a comparison shows: arms, entries and items, each with what was chosen, decided and refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from evidence.comparing import Entry, Fault, Form, Item, Kind
from evidence.comparing.differences import summary, title_of_arm
from evidence.models import Adjudication
from evidence.services.extraction import Choice, SideBySide, doubts_about
from evidence.services.extraction.deciding import decided, is_reopened

HEADINGS = {
    Kind.ARM: "Arms",
    Kind.COMPONENT: "What the arms received",
    Kind.RESULT: "Results of the arms",
    Kind.CONTRAST: "Results between arms",
    Kind.CHARACTERISTIC: "Characteristics",
    Kind.ADVERSE_EVENT: "Adverse events",
}
ASKED_FOR = frozenset({Fault.MISSING, Fault.ONE_SIDED})


@dataclass(slots=True)
class ItemRow:
    """One item on the page.

    Parameters
    ----------
    number : what its boxes are named by
    event : what was decided and still holds
    taken, value, reason : what the boxes hold
    """

    number: int
    item: Item
    label: str
    first: str
    second: str
    sentences: list[str]
    options: list[tuple[str, str]]
    event: Adjudication | None
    is_reopened: bool
    ask_url: str
    is_doubted: bool = False
    taken: str = ""
    value: str = ""
    reason: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it differs and nobody has decided."""
        return self.item.differs and self.event is None

    @property
    def may_be_other(self) -> bool:
        """Whether a third value can be written."""
        return self.item.field is not None and self.item.field.name != "arm"

    def choice(self) -> Choice:
        """Give what the boxes say."""
        return Choice(self.item.path, self.taken, self.value, self.reason)

    @property
    def is_changed(self) -> bool:
        """Whether the boxes say something else than what was decided."""
        if not self.taken:
            return False
        event = self.event
        value = self.value.strip() if self.taken == Adjudication.Taken.OTHER else ""
        return event is None or (event.taken, event.value, event.reason) != (self.taken, value, self.reason.strip())


@dataclass(slots=True)
class EntryRow:
    """A pair of rows on the page."""

    entry: Entry
    items: list[ItemRow]
    follows: str = ""
    places: tuple[str, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether the two could be about different things."""
        return self.entry.pair.is_in_both and self.entry.pair.certainty == "doubtful"


@dataclass(slots=True)
class Section:
    """The pairs of one kind."""

    heading: str
    entries: list[EntryRow]


@dataclass(slots=True)
class ArmRow:
    """An arm of the first reader, and those of the second that it could be."""

    title: str
    key: str
    number: int
    partner: str
    partner_number: int | None
    certainty: str
    reasons: str
    options: list[tuple[str, str, bool]]


@dataclass(slots=True)
class ComparisonPage:
    """The page."""

    sides: SideBySide
    sections: list[Section]
    arms: list[ArmRow]
    only_second: list[str]
    open_count: int
    difference_count: int
    agreed_count: int
    wording_count: int
    doubt_count: int

    @property
    def rows(self) -> Iterable[ItemRow]:
        """All items that are shown."""
        return (row for section in self.sections for entry in section.entries for row in entry.items)


def page_of(sides: SideBySide, *, show_all: bool, sent: Mapping[str, Any] | None = None) -> ComparisonPage:
    """Give the page.

    Parameters
    ----------
    show_all : whether items on which both agree are shown too
    sent : what was sent with the form, where it is
    """
    waiting, doubts = {item.path for item in sides.open_items}, doubts_about(sides)
    numbers = {item.path: number for number, (_, item) in enumerate(sides.comparison.items())}
    sections = []
    for kind in Kind:
        entries = [
            _entry(sides, entry, numbers, waiting, doubts, show_all=show_all) for entry in sides.comparison.of(kind)
        ]
        shown = [entry for entry in entries if entry.items or (show_all and entry.follows)]
        if shown:
            sections.append(Section(HEADINGS[kind], shown))
    items = [item for _, item in sides.comparison.items()]
    differing = [item for item in items if item.differs]
    page = ComparisonPage(
        sides=sides,
        sections=sections,
        arms=list(_arms(sides)),
        only_second=[_arm(sides, pair) for pair in sides.comparison.matching.arms if pair.first is None],
        open_count=len(waiting),
        difference_count=len(differing),
        agreed_count=len(items) - len(differing),
        doubt_count=len(doubts),
        wording_count=sum(item.is_wording and item.path in waiting for item in differing),
    )
    for row in page.rows:
        _fill_in(row, sent)
    return page


def _entry(
    sides: SideBySide,
    entry: Entry,
    numbers: Mapping[str, int],
    waiting: set[str],
    doubts: Mapping[str, str],
    *,
    show_all: bool,
) -> EntryRow:
    rows = [
        _row(sides, entry, item, numbers[item.path], waiting, doubts.get(item.path, ""))
        for item in entry.items
        if item.differs or item.path in sides.events or item.path in doubts or show_all
    ]
    follows = ""
    if entry.follows:
        arm = entry.follows.rpartition(":")[0]
        follows = f"Kept if the arm “{title_of_arm(sides.comparison.matching, arm, sides.comparison.words)}” is."
    return EntryRow(entry, rows, follows, tuple(_places(sides, entry)))


def _places(sides: SideBySide, entry: Entry) -> Iterable[str]:
    """Say where in the report each reader found the row, and what they noted."""
    pair, names = entry.pair, sides.comparison.names
    for letter, name, row in (("A", names.first, pair.first), ("B", names.second, pair.second)):
        place = row.place if row is not None else {}
        parts = [f"page {place['page']}" if place.get("page") else "", place.get("table", "")]
        parts += [f"“{place['quote']}”" if place.get("quote") else "", place.get("note", "")]
        said = ", ".join(part for part in parts if part)
        if said:
            yield f"{letter}, {name}: {said}"


def _row(sides: SideBySide, entry: Entry, item: Item, number: int, waiting: set[str], doubt: str) -> ItemRow:
    first, second = (_shown(sides, item, side) for side in (0, 1))
    label = str(item.field.label) if item.field else "The row as a whole"
    event = decided(sides, item)
    if item.differs and event is None and item.path not in waiting:
        label = f"{label} (left out with its arm)"
    return ItemRow(
        number=number,
        item=item,
        label=label,
        first=first,
        second=second,
        sentences=[*(finding.sentence for finding in item.findings), *([doubt] if doubt else [])],
        is_doubted=bool(doubt),
        options=_options(sides, item),
        event=event,
        is_reopened=is_reopened(sides, item),
        ask_url=_ask_url(sides, entry, item),
    )


def _shown(sides: SideBySide, item: Item, side: int) -> str:
    """Give one reader's value as people read it."""
    comparison = sides.comparison
    if item.field is None:
        row = (item.pair.first, item.pair.second)[side]
        return summary(row, comparison.words) if row is not None else "does not have it"
    value = (item.first, item.second)[side]
    if item.field.name == "arm":
        return title_of_arm(comparison.matching, value, comparison.words)
    return comparison.words.show(item.field.name, value)


def _options(sides: SideBySide, item: Item) -> list[tuple[str, str]]:
    """Give the choices of a field that has a list, an answer to a question with choices included."""
    if item.field is None or item.field.name == "arm":
        return []
    if item.pair.kind == Kind.CHARACTERISTIC:
        asked = sides.vocabulary.questions.get(str(item.pair.rows[0].get("field")))
        return [(choice, choice) for choice in asked.choice_list] if asked is not None else []
    if item.field.form == Form.CHOICE:
        return list(sides.comparison.words.labels[item.field.name].items())
    return [("yes", "yes"), ("no", "no")] if item.field.form == Form.FLAG else []


def _ask_url(sides: SideBySide, entry: Entry, item: Item) -> str:
    """Give the address where the authors are asked for something that one reader did not find."""
    if not any(finding.fault in ASKED_FOR for finding in item.findings):
        return ""
    asked = f"{item.field.label} of {entry.title}" if item.field else entry.title
    query = urlencode({"study": sides.study.pk, "item": asked[:400]})
    return f"{reverse('admin:evidence_authorcontact_add')}?{query}"


def _arms(sides: SideBySide) -> Iterable[ArmRow]:
    """Give the arms of the first reader, each with the one that it is matched to."""
    comparison = sides.comparison
    theirs = comparison.second.of(Kind.ARM)
    for pair in comparison.matching.arms:
        if pair.first is None:
            continue
        chosen = pair.second.key if pair.second else ""
        options = [
            (row.key, f"{comparison.second.numbers[row.key]}: {row.get('label')}", row.key == chosen) for row in theirs
        ]
        yield ArmRow(
            title=str(pair.first.get("label")),
            key=pair.first.key,
            number=comparison.first.numbers[pair.first.key],
            partner=str(pair.second.get("label")) if pair.second else "",
            partner_number=comparison.second.numbers[pair.second.key] if pair.second else None,
            certainty=pair.certainty,
            reasons=", ".join(pair.reasons),
            options=options,
        )


def _arm(sides: SideBySide, pair: Any) -> str:
    return f"{sides.comparison.second.numbers[pair.second.key]}: {pair.second.get('label')}"


def _fill_in(row: ItemRow, sent: Mapping[str, Any] | None) -> None:
    """Fill in the boxes: with what was sent, else with what was decided."""
    if sent is not None:
        row.taken = sent.get(f"take-{row.number}", "")
        row.value, row.reason = sent.get(f"value-{row.number}", ""), sent.get(f"reason-{row.number}", "")
    elif row.event is not None:
        row.taken, row.value, row.reason = row.event.taken, row.event.value, row.event.reason
