"""Outcomes and instruments of a database: those of the review where it has them, else new ones."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from evidence.importers.building import Building
from evidence.importers.metapsy import columns, words
from evidence.importers.metapsy.comparisons import Comparison
from evidence.importers.metapsy.known import Known
from evidence.importers.naming import Names, alike

UNKNOWN = "Whether more events of “{event}” are better or worse is not said; answer with directions: {event}=lower."
ASSUMED = "entered as “{direction} is better”, as asked: {names}."
WINDOW = {"code": "any", "name": "any time after baseline", "target_week": "12", "from_week": "0.01", "to_week": "520"}


@dataclass(frozen=True, slots=True)
class Measure:
    """An instrument of an outcome, by their codes."""

    outcome: str
    instrument: str
    direction: str


@dataclass(slots=True)
class Vocabulary:
    """Finds the outcome and the instrument of each row, and adds those that the review does not have.

    `outcome` is what the database measures where it has no column for it, `direction` which way its scales run, and
    `directions` the same for single outcomes, instruments and events, by name.
    """

    building: Building
    known: Known
    outcome: str
    direction: str
    directions: Mapping[str, str]
    _outcomes: dict[str, str] = field(default_factory=dict)
    _instruments: dict[str, str] = field(default_factory=dict)
    _told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _measures: dict[tuple[str, str], Measure] = field(default_factory=dict)
    _added: set[str] = field(default_factory=set)

    def prepare(self, rows: list[Comparison]) -> None:
        """Give every name of the file its code."""
        outcomes = Names({code: one.name for code, one in self.known.outcomes.items()})
        self._outcomes = outcomes.codes(
            {name for row in rows for name in (self._outcome_name(row), self._event_outcome(row))}
        )
        instruments = Names({code: one.name for (_, code), one in self.known.instruments.items()})
        self._instruments = instruments.codes({name for row in rows for name in (_scale(row), _event_count(row))})
        for told in (*outcomes.told, *instruments.told):
            self.building.note(told)

    def scale(self, row: Comparison) -> Measure:
        """Give what the means of a row are means of."""
        outcome, name = self._outcome_name(row), _scale(row)
        direction = self._said(row.get("instrument"), name, outcome) or self.direction
        return self._measure(row, outcome, name, "continuous", direction)

    def events(self, row: Comparison) -> Measure | None:
        """Give what the events of a row are; None, and a problem, where nobody knows whether they are good."""
        event, outcome, name = _event(row), self._event_outcome(row), _event_count(row)
        stored = self.known.outcomes.get(self._outcomes[outcome])
        direction = self._said(event, words.family_of(event), name, outcome)
        direction = direction or (stored.direction if stored else words.direction_of(event))
        if not direction:
            self.building.refuse(row.line, "outcome_type", UNKNOWN.format(event=event))
            return None
        return self._measure(row, outcome, name, "dichotomous", direction)

    def tell(self) -> None:
        """Note which way the new scales run."""
        for direction, names in sorted(self._told.items()):
            text = ASSUMED.format(direction=direction, names=", ".join(sorted(names)))
            self.building.note(f"{len(names)} new scale{'' if len(names) == 1 else 's'} {text}")

    def _measure(self, row: Comparison, outcome: str, name: str, kind: str, direction: str) -> Measure:
        """Give outcome and instrument; an instrument that the review has under one outcome only belongs to that one."""
        code = self._instruments[name]
        homes = self.known.outcomes_of(code)
        key = (homes[0] if len(homes) == 1 else self._outcomes[outcome], code)
        if key not in self._measures:
            general = direction if kind == "dichotomous" else self._said(outcome) or self.direction
            self._add_outcome(row, key[0], outcome, general)
            self._measures[key] = self._add_instrument(row, key, name, kind, direction)
        return self._measures[key]

    def _add_outcome(self, row: Comparison, code: str, name: str, direction: str) -> None:
        if code in self._added:
            return
        self._added.add(code)
        stored = self.known.outcomes.get(code)
        if stored is not None:
            name, direction = stored.name, stored.direction
        else:
            self.building.row("windows", row.line, {"outcome": code, **WINDOW})
        self.building.row("outcomes", row.line, {"code": code, "name": name, "direction": direction})

    def _add_instrument(self, row: Comparison, key: tuple[str, str], name: str, kind: str, direction: str) -> Measure:
        stored = self.known.instruments.get(key)
        if stored is not None:
            name, kind, direction = stored.name, stored.kind, stored.direction
        elif kind == "continuous":
            self._told[direction].add(name)
        cells = {"name": name, "kind": kind, "direction": direction}
        self.building.row("instruments", row.line, {"outcome": key[0], "code": key[1], **cells})
        return Measure(*key, direction)

    def _said(self, *names: str) -> str:
        return next((self.directions[alike(name)] for name in names if alike(name) in self.directions), "")

    def _outcome_name(self, row: Comparison) -> str:
        return next((row.get(name) for name in columns.OUTCOME if row.get(name)), self.outcome)[:120]

    def _event_outcome(self, row: Comparison) -> str:
        family = words.family_of(_event(row))
        has_column = any(row.get(name) for name in columns.OUTCOME)
        return (f"{self._outcome_name(row)}: {family}" if has_column else family)[:120]


def _event(row: Comparison) -> str:
    return words.event_of(row.get("outcome_type"), row.get("dich_type")) or "events"


def _scale(row: Comparison) -> str:
    """Name the instrument, with who rates."""
    instrument, rating = row.get("instrument") or "not named", row.get("rating")
    return (f"{instrument} ({rating})" if rating else instrument)[:160]


def _event_count(row: Comparison) -> str:
    return f"{_scale(row)}, {_event(row)}"[:160]
