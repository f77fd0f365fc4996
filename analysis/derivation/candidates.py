"""Which printed results of a study could give its effect, in the order in which the rules try them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from analysis.derivation.arms import RawEffect, Reading, effects_from_arms
from analysis.derivation.contrasts import effect_from_contrast, share_arms
from analysis.derivation.readings import read_events, read_mean
from analysis.derivation.rules import Rules
from analysis.derivation.scales import EVENT_MEASURES, Instrument, read_instrument
from analysis.derivation.wording import Unusable, say

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """A follow-up window of the outcome, in weeks."""

    name: str
    target: float
    first: float
    last: float

    def holds(self, week: str | None) -> bool:
        """Whether a reported week lies in the window; baseline, week 0, lies in none."""
        return week is not None and float(week) > 0 and self.first <= float(week) <= self.last

    def __str__(self) -> str:
        return f"{self.name} (week {say(self.first)} to {say(self.last)}, closest to {say(self.target)})"


@dataclass(slots=True)
class Candidate:
    """Results of one study that together could give its effect; `key` orders, `build` makes the effects."""

    key: tuple[Any, ...]
    week: float
    instrument: str
    source: str
    value_kind: str
    adjusted: bool
    refs: tuple[str, ...]
    build: Callable[[], list[RawEffect]]


@dataclass(slots=True)
class Sides:
    """The arms of a study that an analysis compares, by number."""

    experimental: dict[int, Row] = field(default_factory=dict)
    comparators: dict[int, Row] = field(default_factory=dict)
    unassigned: dict[int, Row] = field(default_factory=dict)

    @property
    def arms(self) -> dict[int, Row]:
        """The arms of both sides."""
        return self.experimental | self.comparators


def find_sides(arms: list[Row], rules: Rules) -> Sides:
    """Sort the arms of a study into the sides of the comparison; comparators of other types are on none."""
    sides = Sides()
    for arm in sorted(arms, key=lambda arm: int(arm["number"])):
        if arm["role"] == "experimental":
            sides.experimental[arm["number"]] = arm
        elif arm["role"] == "unassigned":
            sides.unassigned[arm["number"]] = arm
        elif arm["comparator_type"] in rules.comparators:
            sides.comparators[arm["number"]] = arm
    return sides


def ref_of(study: str, row: Row, *arms: int) -> str:
    """Name a result by what it is: study, arms, outcome, instrument, week, measure of a contrast, and kind."""
    week = f"week ? ({row['time_as_printed']})" if row["week"] is None else f"week {row['week']}"
    numbers = " against ".join(f"arm {number}" for number in arms)
    measure = [row["measure"]] if "measure" in row else []
    kinds = [*measure, row["value_kind"], *(["adjusted"] if row["is_adjusted"] else [])]
    return f"{study}: {numbers}, {row['outcome']}/{row['instrument']}, {week}, {' '.join(kinds)}"


def find_candidates(
    study: str, extraction: Row, sides: Sides, *, outcome: Row, window: Window, rules: Rules
) -> list[Candidate]:
    """Give the candidates of a study inside the window, best first: nearest week, then the orders of the rules."""
    found = _contrast_candidates(study, extraction, sides, outcome, window, rules)
    found += _arm_candidates(study, sides, outcome, window, rules)
    return sorted(found, key=lambda candidate: candidate.key)


def rows_of(study: str, extraction: Row, sides: Sides, rules: Rules) -> list[tuple[str, Row]]:
    """Give all results of the outcome that belong to the comparison, with their names; baseline values left out."""
    rows = [
        (ref_of(study, row, row["first_arm"], row["second_arm"]), row)
        for row in extraction["contrasts"]
        if orientation(row, sides) is not None
    ]
    rows += [(ref_of(study, row, number), row) for number, arm in sides.arms.items() for row in arm["results"]]
    found = [(ref, row) for ref, row in rows if row["outcome"] == rules.outcome and not _is_baseline(row)]
    return sorted(found, key=lambda pair: pair[0])


def _is_baseline(row: Row) -> bool:
    return row["week"] is not None and float(row["week"]) == 0


def _key(row: Row, source: str, window: Window, rules: Rules) -> tuple[Any, ...] | None:
    """Give the sorting key, None where the rules do not try this kind of result."""
    if source not in rules.source_order or row["value_kind"] not in rules.value_order:
        return None
    week = float(row["week"])
    return (
        abs(week - window.target),
        -week,  # of two weeks equally near, the later
        rules.source_order.index(source),
        rules.value_order.index(row["value_kind"]),
        not row["is_adjusted"],
        _instrument_rank(row["instrument"], rules),
        row["instrument"],
    )


def _instrument_rank(code: str, rules: Rules) -> int:
    """Give the place of an instrument in the order of the rules; those that are not named come last."""
    order = rules.instrument_order
    return order.index(code) if code in order else len(order)


def _contrast_candidates(
    study: str, extraction: Row, sides: Sides, outcome: Row, window: Window, rules: Rules
) -> list[Candidate]:
    groups: dict[tuple[Any, ...], list[tuple[Row, bool]]] = defaultdict(list)
    for row in extraction["contrasts"]:
        flipped = orientation(row, sides)
        if row["outcome"] != rules.outcome or not window.holds(row["week"]) or flipped is None:
            continue
        key = _key(row, "contrast", window, rules)
        if key is not None:
            groups[(*key, row["measure"] != rules.measure, row["measure"])].append((row, flipped))
    return [_contrast_candidate(study, key, rows, sides, outcome, rules) for key, rows in groups.items()]


def orientation(row: Row, sides: Sides) -> bool | None:
    """Give whether a contrast is printed comparator first; None where it does not compare the two sides."""
    first, second = row["first_arm"], row["second_arm"]
    if first in sides.experimental and second in sides.comparators:
        return False
    if second in sides.experimental and first in sides.comparators:
        return True
    return None


def _contrast_candidate(
    study: str, key: tuple[Any, ...], rows: list[tuple[Row, bool]], sides: Sides, outcome: Row, rules: Rules
) -> Candidate:
    rows = sorted(rows, key=lambda pair: (pair[0]["first_arm"], pair[0]["second_arm"]))
    row = rows[0][0]

    def build() -> list[RawEffect]:
        if len({frozenset((each["first_arm"], each["second_arm"])) for each, _ in rows}) < len(rows):
            raise Unusable("printed_twice", "A contrast of the same two arms is given in both directions.")
        if len(rows) > 1 and rules.multi_arm == "combine":
            raise Unusable("cannot_combine", f"{len(rows)} contrasts of one study cannot be combined into one.")
        instrument = read_instrument(outcome, row["instrument"], rules.measure)
        effects = []
        for (each, flipped), ref in zip(rows, refs, strict=True):
            raw = effect_from_contrast(each, sides.arms, flipped=flipped, instrument=instrument, rules=rules)
            raw.sources = (ref,)
            effects.append(raw)
        return share_arms(effects)

    refs = tuple(ref_of(study, each, each["first_arm"], each["second_arm"]) for each, _ in rows)
    week, adjusted = float(row["week"]), bool(row["is_adjusted"])
    return Candidate(key, week, row["instrument"], "contrast", row["value_kind"], adjusted, refs, build)


def _arm_candidates(study: str, sides: Sides, outcome: Row, window: Window, rules: Rules) -> list[Candidate]:
    groups: dict[tuple[Any, ...], dict[int, Row]] = defaultdict(dict)
    for number, arm in sides.arms.items():
        for row in arm["results"]:
            if row["outcome"] != rules.outcome or not window.holds(row["week"]):
                continue
            key = _key(row, "arms", window, rules)
            if key is not None:
                groups[(*key, False, "")][number] = row
    return [_arm_candidate(study, key, rows, sides, outcome, rules) for key, rows in groups.items()]


def _arm_candidate(
    study: str, key: tuple[Any, ...], rows: dict[int, Row], sides: Sides, outcome: Row, rules: Rules
) -> Candidate:
    row = next(iter(rows.values()))

    def build() -> list[RawEffect]:
        first = [number for number in rows if number in sides.experimental]
        second = [number for number in rows if number in sides.comparators]
        if not first or not second:
            missing = "comparator" if first else "experimental"
            raise Unusable("one_side_only", f"No result of this kind is reported for the {missing} arm.")
        instrument = read_instrument(outcome, row["instrument"], rules.measure)
        read = {number: _read(study, sides.arms[number], each, instrument, rules) for number, each in rows.items()}
        effects = effects_from_arms(
            [read[number][0] for number in first],
            [read[number][0] for number in second],
            instrument=instrument,
            measure=rules.measure,
            multi_arm=rules.multi_arm,
        )
        for effect in effects:
            effect.sources = tuple(ref for side in effect.arms for number in side for ref in read[number][1])
            if rules.measure == "MD":
                effect.columns = on_common_scale(effect.columns, instrument, is_change=row["value_kind"] == "change")
            if rules.measure == "SMD" and row["value_kind"] == "change":
                effect.cautions.append("Standardised by the SD of change, not of scores (Handbook 10.5.2)")
        return effects

    refs = tuple(ref_of(study, each, number) for number, each in rows.items())
    week, adjusted = float(row["week"]), bool(row["is_adjusted"])
    return Candidate(key, week, row["instrument"], "arms", row["value_kind"], adjusted, refs, build)


def on_common_scale(columns: dict[str, float], instrument: Instrument, *, is_change: bool) -> dict[str, float]:
    """Give means and SDs of two groups in points of the outcome's common scale; a change has no origin to move."""
    offset = 0.0 if is_change else instrument.offset
    turned = {name: instrument.factor * value + offset for name, value in columns.items() if name in ("m1i", "m2i")}
    spreads = {name: abs(instrument.factor) * value for name, value in columns.items() if name in ("sd1i", "sd2i")}
    return columns | turned | spreads


def _read(study: str, arm: Row, row: Row, instrument: Instrument, rules: Rules) -> tuple[Reading, tuple[str, ...]]:
    """Give what an arm's result says, and the names of the rows that it was read from."""
    ref = ref_of(study, row, arm["number"])
    if rules.measure in EVENT_MEASURES:
        return read_events(arm, row), (ref,)
    baseline, final = (_score(arm, row, week) for week in ("0", row["week"]))
    reading = read_mean(arm, row, instrument, baseline=baseline, final=final, correlation=rules.change_correlation)
    used = [baseline, final] if any(step.name == "sd_of_change" for step in reading.steps) else []
    return reading, (ref, *(ref_of(study, each, arm["number"]) for each in used if each is not None))


def _score(arm: Row, row: Row, week: str) -> Row | None:
    """Give the arm's unadjusted score with its SD and the same instrument at a week, for the SD of a change.

    A row that contradicts itself gives nothing until it is settled.
    """
    for other in arm["results"]:
        same = other["instrument"] == row["instrument"] and other["outcome"] == row["outcome"]
        is_score = other["value_kind"] == "final" and other["sd"] is not None and not other["is_adjusted"]
        is_open = other["is_printed_so"] and other["settlement"] is None
        if same and other["week"] == week and is_score and not is_open:
            score: Row = other
            return score
    return None
