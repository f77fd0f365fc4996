"""Which rows of two readings are about the same thing: arms first, then what belongs to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from evidence.comparing.assignment import pair_up
from evidence.comparing.likeness import (
    arm_likeness,
    component_likeness,
    contrast_likeness,
    event_likeness,
    result_likeness,
)
from evidence.comparing.readings import Kind, Reading, Row, as_text

ARMS_ALIKE, ROWS_ALIKE, COMPONENTS_ALIKE = 0.45, 0.6, 0.35
SURE, LIKELY = "sure", "likely"
DOUBTFUL = "doubtful"
BY_HAND = "matched by hand"
RESULT_KEY = ("instrument", "week", "time_as_printed", "value_kind", "is_adjusted")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows that are about the same thing, or one that the other reading does not have.

    Parameters
    ----------
    confidence : from 0 to 1, how alike the two are
    certainty : the same in a word: "sure", "likely" or "doubtful"
    reasons : what speaks for it
    is_reversed : of contrasts, whether the second names the arms in the other order
    """

    kind: Kind
    first: Row | None
    second: Row | None
    confidence: float = 1.0
    certainty: str = SURE
    reasons: tuple[str, ...] = ()
    is_reversed: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that there are, those of the first reading first."""
        return tuple(row for row in (self.first, self.second) if row is not None)

    @property
    def is_in_both(self) -> bool:
        """Whether both readings have it."""
        return self.first is not None and self.second is not None

    @property
    def path(self) -> str:
        """What names the pair, whichever reading comes first."""
        return f"{self.kind}:{'+'.join(sorted(row.key for row in self.rows))}"


@dataclass(frozen=True, slots=True)
class Matching:
    """All rows of two readings in pairs; `arm_of` gives the path of the pair that an arm is in, by the arm's key."""

    arms: tuple[Pair, ...]
    others: tuple[Pair, ...]
    arm_of: Mapping[str, str]


ByHand = Mapping[str, str | None]
"""Arms of the first reading that a person matched: their keys, and those of the second reading or None for none."""


def match(first: Reading, second: Reading, by_hand: ByHand | None = None) -> Matching:
    """Give the rows of two readings in pairs."""
    arms = _match_arms(first, second, by_hand or {})
    arm_of = {row.key: pair.path for pair in arms for row in pair.rows}
    others = [
        *_match_within_arms(first, second, Kind.COMPONENT, arms),
        *_match_within_arms(first, second, Kind.RESULT, arms),
        *_match_contrasts(first, second, arm_of),
        *_match_answers(first, second),
        *_match_events(first, second, arm_of),
    ]
    return Matching(tuple(arms), tuple(others), arm_of)


def _match_arms(first: Reading, second: Reading, by_hand: ByHand) -> list[Pair]:
    ours, theirs = first.of(Kind.ARM), second.of(Kind.ARM)
    named = {row.key: row for row in theirs}
    fixed = [row for row in ours if row.key in by_hand]
    taken = {by_hand[row.key] for row in fixed}
    pairs = [
        Pair(Kind.ARM, row, named.get(by_hand[row.key] or ""), certainty=SURE, reasons=(BY_HAND,)) for row in fixed
    ]
    free = [row for row in ours if row.key not in by_hand]
    others = [row for row in theirs if row.key not in taken]
    found = pair_up(
        free,
        others,
        likeness=lambda one, other: arm_likeness(one, other, first, second).score,
        order=lambda row: row.content,
        threshold=ARMS_ALIKE,
    )
    for one, other in found:
        alike = arm_likeness(one, other, first, second)
        rivals = [arm_likeness(one, rival, first, second).score for rival in others if rival is not other]
        rivals += [arm_likeness(rival, other, first, second).score for rival in free if rival is not one]
        certainty = _certainty(alike.score, max(rivals, default=0.0))
        pairs.append(Pair(Kind.ARM, one, other, round(alike.score, 3), certainty, alike.reasons))
    alone = _alone(Kind.ARM, ours, theirs, pairs)
    numbers = {**second.numbers, **first.numbers}
    return sorted(pairs + alone, key=lambda pair: (pair.first is None, numbers.get(pair.rows[0].key, 0)))


def _certainty(score: float, rival: float) -> str:
    """Give how sure a match is: the score itself, and how far the next best is."""
    if score >= 0.75 and score - rival >= 0.15:
        return SURE
    return LIKELY if score >= 0.55 and score - rival >= 0.05 else DOUBTFUL


def _alone(kind: Kind, ours: list[Row], theirs: list[Row], pairs: list[Pair]) -> list[Pair]:
    """Give what only one of the readings has."""
    paired = {row.key for pair in pairs for row in pair.rows}
    alone = [Pair(kind, row, None) for row in ours if row.key not in paired]
    return alone + [Pair(kind, None, row) for row in theirs if row.key not in paired]


def _match_within_arms(first: Reading, second: Reading, kind: Kind, arms: list[Pair]) -> list[Pair]:
    """Match what is about one arm, arm by arm."""
    found: list[Pair] = []
    for pair in arms:
        ours = first.about(pair.first.key, kind) if pair.first else []
        theirs = second.about(pair.second.key, kind) if pair.second else []
        if kind == Kind.COMPONENT:
            found += _match_rows(kind, ours, theirs, ("type",), component_likeness, COMPONENTS_ALIKE)
        else:
            found += _match_rows(kind, ours, theirs, RESULT_KEY, result_likeness, ROWS_ALIKE)
    return found


def _match_rows(
    kind: Kind,
    ours: list[Row],
    theirs: list[Row],
    key: tuple[str, ...],
    likeness: Callable[[Row, Row], float],
    threshold: float,
) -> list[Pair]:
    """Match rows with the same key, then those of the others that are alike."""
    pairs = []
    waiting: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(theirs, key=lambda row: row.content):
        waiting.setdefault(_key(row, key), []).append(row)
    left = []
    for row in sorted(ours, key=lambda row: row.content):
        same_key = waiting.get(_key(row, key))
        if same_key:
            pairs.append(Pair(kind, row, same_key.pop(0), reasons=("same key",)))
        else:
            left.append(row)
    rest = [row for rows in waiting.values() for row in rows]
    for one, other in pair_up(left, rest, likeness=likeness, order=lambda row: row.content, threshold=threshold):
        score = likeness(one, other)
        certainty = LIKELY if score >= 0.75 else DOUBTFUL
        pairs.append(Pair(kind, one, other, round(score, 3), certainty, ("alike",)))
    return _in_order(pairs + _alone(kind, ours, theirs, pairs))


def _key(row: Row, names: tuple[str, ...]) -> tuple[str, ...]:
    """Give what must be equal; the time as printed counts only where there is no week."""
    has_week = row.get("week") is not None
    return tuple(as_text(row.get(name)) for name in names if not (has_week and name == "time_as_printed"))


def _in_order(pairs: list[Pair]) -> list[Pair]:
    """Order pairs by what they are about, so that pages show the same order each time."""
    return sorted(pairs, key=lambda pair: _order(pair.rows[0]))


def _order(row: Row) -> tuple[str, float, str]:
    week = row.get("week")
    return str(row.get("instrument") or ""), -1.0 if week is None else float(week), row.content


def _match_contrasts(first: Reading, second: Reading, arm_of: Mapping[str, str]) -> list[Pair]:
    """Match contrasts of the same two arms: those that name them in the same order, then those in the other order."""

    def arms(row: Row) -> tuple[str, ...]:
        return tuple(arm_of.get(arm, arm) for arm in row.arms)

    def either_way(row: Row) -> tuple[str, ...]:
        return tuple(sorted(arms(row)))

    ours, theirs = first.of(Kind.CONTRAST), second.of(Kind.CONTRAST)
    pairs = _match_groups(ours, theirs, arms)
    ours, theirs = ([row for row in rows if _is_alone(row, pairs)] for rows in (ours, theirs))
    pairs = [pair for pair in pairs if pair.is_in_both]
    turned = _match_groups(ours, theirs, either_way)
    return _in_order(pairs + [replace(pair, is_reversed=pair.is_in_both) for pair in turned])


def _match_groups(ours: list[Row], theirs: list[Row], group: Callable[[Row], tuple[str, ...]]) -> list[Pair]:
    found = []
    for key in sorted({group(row) for row in [*ours, *theirs]}):
        one, other = ([row for row in rows if group(row) == key] for rows in (ours, theirs))
        found += _match_rows(Kind.CONTRAST, one, other, (*RESULT_KEY, "measure"), contrast_likeness, ROWS_ALIKE)
    return found


def _is_alone(row: Row, pairs: list[Pair]) -> bool:
    return any(row in pair.rows and not pair.is_in_both for pair in pairs)


def _match_answers(first: Reading, second: Reading) -> list[Pair]:
    """Match answers to the same question."""
    ours = {str(row.get("field")): row for row in first.of(Kind.CHARACTERISTIC)}
    theirs = {str(row.get("field")): row for row in second.of(Kind.CHARACTERISTIC)}
    codes = list(dict.fromkeys([*ours, *theirs]))
    return [Pair(Kind.CHARACTERISTIC, ours.get(code), theirs.get(code)) for code in codes]


def _match_events(first: Reading, second: Reading, arm_of: Mapping[str, str]) -> list[Pair]:
    """Match adverse events by arm, term and numbers."""

    def arm(row: Row) -> str:
        return arm_of.get(row.arms[0], "") if row.arms else ""

    def alike(one: Row, other: Row) -> float:
        return event_likeness(one, other, same_arm=arm(one) == arm(other))

    ours, theirs = first.of(Kind.ADVERSE_EVENT), second.of(Kind.ADVERSE_EVENT)
    found = pair_up(ours, theirs, likeness=alike, order=lambda row: arm(row) + row.content, threshold=ROWS_ALIKE)
    pairs = []
    for one, other in found:
        score = alike(one, other)
        certainty = SURE if score >= 0.9 else LIKELY if score >= 0.7 else DOUBTFUL
        pairs.append(Pair(Kind.ADVERSE_EVENT, one, other, round(score, 3), certainty, ("alike",)))
    return _in_order(pairs + _alone(Kind.ADVERSE_EVENT, ours, theirs, pairs))
