"""Readings for tests: one written by hand, and any that could be entered."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from evidence.comparing import Kind, Reading, Row, Scale, Value, Words

WORDS = Words(
    scales={
        "pain/nrs": Scale("NRS", Decimal(0), Decimal(10), "lower"),
        "pain/vas": Scale("VAS", Decimal(0), Decimal(100), "lower"),
        "disability/rmdq": Scale("RMDQ", Decimal(0), Decimal(24), "lower"),
        "disability/psfs": Scale("PSFS", Decimal(0), Decimal(10), "higher"),
    },
    questions={"age": "Mean age (years)", "setting": "Setting", "blinded": "Assessors blinded"},
)
RESULT: dict[str, Value] = {"value_kind": "final", "sign": "scale", "ci_level": Decimal("0.95"), "is_adjusted": False}


def result(key: str, arm: str, **values: Any) -> Row:
    """Give a result; numbers may be written as texts."""
    return Row(Kind.RESULT, key, {**RESULT, "is_printed_so": False, **_numbers(values)}, (arm,))


def _numbers(values: Mapping[str, Any]) -> dict[str, Value]:
    """Read texts that are numbers."""
    return {
        name: Decimal(value) if isinstance(value, str) and re.fullmatch(r"-?[\d.]+", value) else value
        for name, value in values.items()
    }


def arm(key: str, label: str, role: str, n: int | None, kind: str | None = None) -> Row:
    """Give an arm."""
    return Row(Kind.ARM, key, {"label": label, "role": role, "n_randomised": n, "comparator_type": kind})


def trial(name: str = "Anna") -> Reading:
    """Give a trial of two arms, with an NRS and an RMDQ at two times, a contrast, answers and a harm."""
    rows = [
        arm("1", "Motor control", "experimental", 36),
        arm("2", "Usual care", "comparator", 38, "usual"),
        Row(Kind.COMPONENT, "1", {"type": "exercise", "weeks": Decimal(8), "minutes": Decimal(45)}, ("1",)),
        result("1", "1", instrument="pain/nrs", week="12", n=35, mean="2.4", sd="1.8"),
        result("2", "2", instrument="pain/nrs", week="12", n=36, mean="3.9", sd="2.1"),
        result("3", "1", instrument="disability/rmdq", week="12", n=35, mean="6.1", sd="4.2"),
        result("4", "2", instrument="disability/rmdq", week="12", n=36, mean="9.3", sd="4.9"),
        result("5", "1", instrument="pain/nrs", week="52", n=30, mean="2.9", sd="2.0"),
        result("6", "2", instrument="pain/nrs", week="52", n=31, mean="3.7", sd="2.3"),
        Row(
            Kind.CONTRAST,
            "1",
            {
                **RESULT,
                **_numbers(
                    {"instrument": "pain/nrs", "week": "12", "measure": "MD", "p_relation": "=", "estimate": "-1.5"}
                ),
                **_numbers({"ci_lower": "-2.4", "ci_upper": "-0.6"}),
            },
            ("1", "2"),
        ),
        Row(Kind.CHARACTERISTIC, "1", {"field": "age", "value": Decimal("44.6")}),
        Row(Kind.CHARACTERISTIC, "2", {"field": "setting", "value": "Primary care"}),
        Row(Kind.ADVERSE_EVENT, "1", {"term": "Muscle soreness", "seriousness": "not_serious", "events": 4}, ("1",)),
    ]
    return Reading(name, tuple(rows), {"1": 1, "2": 2})


def changed(reading: Reading, kind: Kind, key: str, **values: Any) -> Reading:
    """Give the reading with some values of one row changed."""
    rows = [
        replace(row, values={**row.values, **_numbers(values)}) if (row.kind, row.key) == (kind, key) else row
        for row in reading.rows
    ]
    assert any((row.kind, row.key) == (kind, key) for row in rows)
    return replace(reading, rows=tuple(rows))


def without(reading: Reading, kind: Kind, key: str) -> Reading:
    """Give the reading without one row."""
    return replace(reading, rows=tuple(row for row in reading.rows if (row.kind, row.key) != (kind, key)))


def rekeyed(reading: Reading, name: str, order: list[int], *, prefix: str = "b") -> Reading:
    """Give the same reading as another person enters it: arms in another order and numbered so, rows with own keys."""
    arms = [reading.of(Kind.ARM)[place] for place in order]
    others = [row for row in reading.rows if row.kind != Kind.ARM]
    rows = [
        replace(row, key=f"{prefix}{row.key}", arms=tuple(f"{prefix}{one}" for one in row.arms))
        for row in [*arms, *reversed(others)]
    ]
    numbers = {f"{prefix}{row.key}": place for place, row in enumerate(arms, start=1)}
    return Reading(name, tuple(rows), numbers)


LABELS = ("Motor control", "Usual care", "General exercise", "Waiting list", "Advice", "Yoga", "motor-control")
NUMBERS = st.decimals(min_value=-50, max_value=50, places=2).filter(lambda number: number != 0)
SPREADS = st.decimals(min_value="0.1", max_value=30, places=2)
COUNTS = st.integers(min_value=1, max_value=400)


@st.composite
def readings(draw: Any, name: str = "Anna") -> Reading:
    """Give any reading that the constraints of the database allow."""
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=2, max_size=4, unique=True))
    rows: list[Row] = []
    for number, label in enumerate(labels, start=1):
        role = draw(st.sampled_from(("experimental", "comparator", "unassigned")))
        kind = draw(st.sampled_from(("usual", "waiting"))) if role == "comparator" else None
        rows.append(arm(str(number), label, role, draw(st.none() | COUNTS), kind))
    keys = [row.key for row in rows]
    cells = st.tuples(st.sampled_from(keys), st.sampled_from(sorted(WORDS.scales)), st.sampled_from((None, 0, 12, 52)))
    for number, (key, instrument, week) in enumerate(draw(st.lists(cells, max_size=10, unique=True)), start=1):
        values = {
            "instrument": instrument,
            "week": None if week is None else Decimal(week),
            "n": draw(st.none() | COUNTS),
        }
        values |= {"mean": draw(NUMBERS), "sd": draw(st.none() | SPREADS), "se": draw(st.none() | SPREADS)}
        rows.append(result(str(number), key, **values))
    types = st.tuples(st.sampled_from(keys), st.sampled_from(("exercise", "advice", "drug")))
    for number, (key, kind) in enumerate(draw(st.lists(types, max_size=5, unique=True)), start=1):
        rows.append(Row(Kind.COMPONENT, str(number), {"type": kind, "weeks": draw(st.none() | SPREADS)}, (key,)))
    arm_pairs = st.tuples(st.permutations(keys), st.sampled_from((None, 12))).map(lambda one: (*one[0][:2], one[1]))
    for number, (one, other, week) in enumerate(draw(st.lists(arm_pairs, max_size=3, unique=True)), start=1):
        values = {**RESULT, "instrument": "pain/nrs", "week": week, "measure": "MD", "estimate": draw(NUMBERS)}
        rows.append(Row(Kind.CONTRAST, str(number), values, (one, other)))
    answers = draw(
        st.dictionaries(st.sampled_from(sorted(WORDS.questions)), NUMBERS | st.booleans() | st.text("ab c", min_size=1))
    )
    rows += [
        Row(Kind.CHARACTERISTIC, str(number), {"field": code, "value": value})
        for number, (code, value) in enumerate(answers.items(), start=1)
    ]
    events = st.tuples(st.none() | st.sampled_from(keys), st.sampled_from(("Soreness", "Fall", "Dizziness")), COUNTS)
    for number, (key, term, count) in enumerate(draw(st.lists(events, max_size=4)), start=1):
        about = () if key is None else (key,)
        rows.append(Row(Kind.ADVERSE_EVENT, str(number), {"term": term, "events": count}, about))
    return Reading(name, tuple(rows), {key: number for number, key in enumerate(keys, start=1)})
