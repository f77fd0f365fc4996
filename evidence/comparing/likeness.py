"""How alike two rows are, from 0 to 1, and why: the same whichever comes first."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from evidence.comparing.readings import Kind, Reading, Row, Value, is_number, plain_words, same

# Words of labels that say nothing about the arm.
FILLERS = frozenset({"group", "arm", "the", "a", "and", "of", "with", "participants", "patients", "treatment"})
STATISTICS = (
    *("mean", "sd", "se", "median", "q1", "q3", "minimum", "maximum", "events", "total", "percent"),
    *("ci_lower", "ci_upper", "n"),
)
ESTIMATES = ("estimate", "standard_error", "ci_lower", "ci_upper", "t_value", "p_value")
ADVERSE_COUNTS = ("events", "participants", "total", "related_events")
DOSES = ("weeks", "sessions_per_week", "minutes")
UNKNOWN = 0.5
"""What counts where only one of two rows tells something."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two arms are, and what speaks for it."""

    score: float
    reasons: tuple[str, ...]


def label_likeness(one: str, other: str) -> float:
    """Give how alike two labels are: the same words in any order, one inside the other, initials, or letters."""
    if one == other:
        return 1.0
    words, others = _telling(one), _telling(other)
    if words == others:
        return 0.98
    if set(words) == set(others):
        return 0.95
    if _are_initials(words, others) or _are_initials(others, words):
        return 0.9
    shared = len(set(words) & set(others)) / min(len(set(words)), len(set(others)))
    first, second = sorted((" ".join(sorted(words)), " ".join(sorted(others))))
    letters = SequenceMatcher(None, first, second, autojunk=False).ratio()
    return max(0.85 * shared, 0.9 * letters)


def _telling(label: str) -> list[str]:
    words = plain_words(label).split()
    return [word for word in words if word not in FILLERS] or words or [""]


def _are_initials(short: list[str], long: list[str]) -> bool:
    return len(short) == 1 and len(long) > 1 and short[0] == "".join(word[0] for word in long)


def arm_likeness(one: Row, other: Row, first: Reading, second: Reading) -> Likeness:
    """Give how alike two arms of two readings are: label, role, n randomised, components, results."""
    label = label_likeness(str(one.get("label") or ""), str(other.get("label") or ""))
    role = _role_likeness(one.get("role"), other.get("role"))
    n = _value_likeness(one.get("n_randomised"), other.get("n_randomised"))
    kind = _value_likeness(one.get("comparator_type"), other.get("comparator_type"))
    received = _shared(_components(one, first), _components(other, second))
    results = _shared(_results(one, first), _results(other, second))
    score = 0.4 * label + 0.25 * role + 0.1 * n + 0.05 * kind + 0.12 * received + 0.08 * results
    return Likeness(score, tuple(_reasons(one, other, label, role, received, results)))


def _reasons(one: Row, other: Row, label: float, role: float, received: float, results: float) -> Iterable[str]:
    if label >= 0.95:
        yield "same label"
    elif label >= 0.6:
        yield "similar labels"
    if role == 1.0:
        yield "same role"
    if one.get("n_randomised") is not None and same(one.get("n_randomised"), other.get("n_randomised")):
        yield "same number randomised"
    if received == 1.0:
        yield "same components"
    if results == 1.0:
        yield "same results"


def _role_likeness(one: Value, other: Value) -> float:
    if same(one, other):
        return 1.0
    return UNKNOWN if "unassigned" in (one, other) else 0.0


def _value_likeness(one: Value, other: Value) -> float:
    """Give 1 for equal values, 0 for different ones, a half where one is missing."""
    if same(one, other):
        return 1.0
    return UNKNOWN if one is None or other is None else 0.0


def _components(arm: Row, reading: Reading) -> set[str]:
    return {str(row.get("type")) for row in reading.about(arm.key, Kind.COMPONENT)}


def _results(arm: Row, reading: Reading) -> set[str]:
    return {row.content for row in reading.about(arm.key, Kind.RESULT)}


def _shared(one: set[str], other: set[str]) -> float:
    """Give the share of what either has that both have; alike where neither has any."""
    if not one and not other:
        return 1.0
    return len(one & other) / len(one | other) if one and other else UNKNOWN


def agreement(one: Row, other: Row, names: Iterable[str]) -> float:
    """Give the share of the fields filled in on both sides that are equal; a half where there are none."""
    pairs = [(one.get(name), other.get(name)) for name in names]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    return sum(same(a, b) for a, b in both) / len(both) if both else UNKNOWN


def in_proportion(one: Row, other: Row) -> bool:
    """Whether mean and SD differ by one and the same factor: the same scores on a scale of another length."""
    numbers = [row.get(name) for row in (one, other) for name in ("mean", "sd")]
    if not all(is_number(number) and number for number in numbers):
        return False
    mean, sd, other_mean, other_sd = (float(str(number)) for number in numbers)
    across, along = mean * other_sd, sd * other_mean
    return abs(across - along) <= 0.01 * max(abs(across), abs(along))


def _time_likeness(one: Row, other: Row) -> float:
    if same(one.get("week"), other.get("week")):
        return (
            1.0
            if one.get("week") is not None
            else _value_likeness(one.get("time_as_printed"), other.get("time_as_printed"))
        )
    return UNKNOWN if one.get("week") is None or other.get("week") is None else 0.0


def result_likeness(one: Row, other: Row) -> float:
    """Give how alike two results of one arm are: a wrong instrument or week is forgiven where the numbers agree."""
    return (
        0.33 * same(one.get("instrument"), other.get("instrument"))
        + 0.2 * _time_likeness(one, other)
        + 0.12 * same(one.get("value_kind"), other.get("value_kind"))
        + 0.05 * same(one.get("is_adjusted"), other.get("is_adjusted"))
        + 0.3 * (1.0 if in_proportion(one, other) else agreement(one, other, STATISTICS))
    )


def contrast_likeness(one: Row, other: Row) -> float:
    """Give how alike two contrasts of the same two arms are."""
    return (
        0.28 * same(one.get("instrument"), other.get("instrument"))
        + 0.18 * _time_likeness(one, other)
        + 0.12 * same(one.get("measure"), other.get("measure"))
        + 0.08 * same(one.get("value_kind"), other.get("value_kind"))
        + 0.04 * same(one.get("is_adjusted"), other.get("is_adjusted"))
        + 0.3 * agreement(one, other, ESTIMATES)
    )


def component_likeness(one: Row, other: Row) -> float:
    """Give how alike two components of one arm are."""
    return 0.6 * same(one.get("type"), other.get("type")) + 0.4 * (
        agreement(one, other, DOSES) if any(one.get(name) is not None for name in DOSES) else 0.0
    )


def event_likeness(one: Row, other: Row, *, same_arm: bool) -> float:
    """Give how alike two adverse events are."""
    term = label_likeness(str(one.get("term") or ""), str(other.get("term") or ""))
    return (
        0.3 * same_arm
        + 0.45 * term
        + 0.05 * same(one.get("seriousness"), other.get("seriousness"))
        + 0.2 * agreement(one, other, ADVERSE_COUNTS)
    )
