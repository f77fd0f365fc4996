"""Frozen evidence built by hand, in the form that `analysis.freezing.take_content` gives."""

from typing import Any

from analysis.contract import Dataset, Effect, NotPooled
from analysis.derivation import Rules, derive

Row = dict[str, Any]
SOURCE = {"page": "", "table": "", "quote": "", "source_url": "", "note": ""}
PRINTED = {
    "outcome": "pain",
    "instrument": "nrs",
    "week": "12",
    "time_as_printed": "",
    "value_kind": "final",
    "sign": "scale",
    "is_adjusted": False,
    "is_printed_so": False,
    "ci_lower": None,
    "ci_upper": None,
    "ci_level": "0.95",
    "contradictions": [],
    "settlement": None,
    **SOURCE,
}
ARM_NUMBERS = ("mean", "sd", "se", "median", "q1", "q3", "minimum", "maximum", "percent", "n", "events", "total")
CONTRAST_NUMBERS = ("estimate", "standard_error", "t_value", "p_value", "n_first", "n_second")


def result(**values: Any) -> Row:
    """Give a result of an arm."""
    return {**PRINTED, **dict.fromkeys(ARM_NUMBERS), **values}


def contrast(first: int = 1, second: int = 2, **values: Any) -> Row:
    """Give a contrast, a mean difference unless said otherwise."""
    words = {"first_arm": first, "second_arm": second, "measure": "MD", "measure_as_printed": "", "p_relation": "="}
    return {**PRINTED, **words, **dict.fromkeys(CONTRAST_NUMBERS), **values}


def arm(number: int, *results: Row, kind: str | None = None, n: int | None = 50, **values: Any) -> Row:
    """Give an arm: experimental without a kind, else a comparator of that kind."""
    role = "comparator" if kind else "experimental"
    words = {"number": number, "label": f"arm {number}", "role": role, "comparator_type": kind, "n_randomised": n}
    return {**words, "components": [], "results": list(results), **SOURCE, **values}


def study(*arms: Row, contrasts: tuple[Row, ...] = (), **values: Any) -> Row:
    """Give a study with a consensus extraction."""
    extraction = {"status": "complete", "characteristics": {}, "arms": list(arms), "contrasts": list(contrasts)}
    extraction |= {"adverse_events": []}
    words = {"label": "Study", "year": 2020, "design": "rct", "companion_of": None, "reports": [], "assessments": []}
    words |= {"registration": "", "readings": {}}
    return {**words, "extraction": extraction, **values}


def two_arms(first: Row, second: Row, **values: Any) -> Row:
    """Give a study with an experimental arm, an active comparator, and one result of each."""
    return study(arm(1, first), arm(2, second, kind="active"), **values)


def instrument(
    low: str | None = "0", high: str | None = "10", direction: str = "lower", kind: str = "continuous"
) -> Row:
    """Give an instrument."""
    return {"name": "NRS", "kind": kind, "direction": direction, "scale_min": low, "scale_max": high}


def content(*studies: Row, named: dict[str, Row] | None = None, **instruments: Row) -> Row:
    """Give frozen evidence of pain, 0 to 10, lower is better, with a short and a long window."""
    windows = {
        "short": {"name": "short-term", "target_week": "12", "from_week": "4", "to_week": "20"},
        "long": {"name": "long-term", "target_week": "52", "from_week": "40", "to_week": "64"},
    }
    pain = {"name": "Pain", "direction": "lower", "unit": "points", "scale_min": "0", "scale_max": "10"}
    numbers = {"mcid_between": "1", "mcid_within": None}
    rulers = {
        "nrs": instrument(),
        "rmdq": instrument(high="24"),
        "events": instrument(kind="dichotomous"),
        **instruments,
    }
    return {
        "format": 1,
        "review": "r",
        "outcomes": {"pain": {**pain, **numbers, "windows": windows, "instruments": rulers}},
        "comparator_types": {"active": "Active", "passive": "Passive"},
        "component_types": {"walking": {"family": "exercise", "name": "Walking"}},
        "characteristics": {"age": {"name": "Age", "kind": "number", "unit": "years"}},
        "flow": [],
        "studies": named or {f"S{number}": row for number, row in enumerate(studies, start=1)},
    }


def rules(**changes: Any) -> Rules:
    """Give rules for pain against active comparators in the short term."""
    return Rules(**{"outcome": "pain", "window": "short", "comparators": ("active",), **changes})


def derived(
    *studies: Row, direction: str = "lower", instruments: dict[str, Row] | None = None, **changes: Any
) -> Dataset:
    """Give the dataset of studies S1, S2 ...; `direction` is that of the outcome, `changes` are rules."""
    data = content(*studies, **(instruments or {}))
    data["outcomes"]["pain"]["direction"] = direction
    return derive(data, rules(**changes))


def effect(row: Row, **changes: Any) -> Effect:
    """Give the only effect of a study."""
    (found,) = derived(row, **changes).effects
    return found


def refused(row: Row, **changes: Any) -> NotPooled:
    """Give the only reason why a study has no effect."""
    dataset = derived(row, **changes)
    assert dataset.effects == ()
    (reason,) = dataset.not_pooled
    return reason


def printed(**values: Any) -> Row:
    """Give a study that prints one contrast between arms of 30 and 20 randomised."""
    return study(arm(1, n=30), arm(2, kind="active", n=20), contrasts=(contrast(**values),))


def settlement(value: str, ci_lower: str | None = None, ci_upper: str | None = None) -> Row:
    """Give what somebody decided about a printed contradiction."""
    return {"value": value, "ci_lower": ci_lower, "ci_upper": ci_upper, "reason": "The author says so."}
