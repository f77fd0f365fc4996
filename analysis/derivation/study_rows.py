"""A study of the review as a row: who took part, what they received, its characteristics and its risk of bias."""

from typing import Any

from analysis.contract import ArmRow, Fact, StudyRow
from analysis.derivation.facts import components_of, read_fact, risk_of_bias
from analysis.derivation.rules import Rules
from analysis.derivation.wording import as_float

Row = dict[str, Any]


def read_study(code: str, content: Row, rules: Rules) -> StudyRow:
    """Give the row of a study, pooled or not."""
    study = content["studies"][code]
    extraction = study["extraction"]
    arms = () if extraction is None else tuple(_arm(arm) for arm in extraction["arms"])
    return StudyRow(
        study=code,
        label=study["label"],
        year=study["year"],
        design=study["design"],
        registration=study["registration"],
        companion_of=study["companion_of"],
        has_extraction=extraction is not None,
        arms=arms,
        facts=study_facts(study, content),
        rob=risk_of_bias(study, rules),
    )


def study_facts(study: Row, content: Row) -> dict[str, Fact]:
    """Give what conditions may ask of a study: its characteristics, design, components and duration of treatment."""
    extraction = study["extraction"]
    if extraction is None:
        return {"design": study["design"], "year": study["year"]}
    experimental = [arm for arm in extraction["arms"] if arm["role"] == "experimental"]
    durations = [row.duration_weeks for row in map(_arm, experimental) if row.duration_weeks is not None]
    sizes = [arm["n_randomised"] for arm in extraction["arms"]]
    values = {code: row["value"] for code, row in extraction["characteristics"].items()}
    kinds = {code: row["kind"] for code, row in content["characteristics"].items()}
    return {
        **components_of(content, experimental),
        **{code: read_fact(values.get(code), kind) for code, kind in kinds.items()},
        "design": study["design"],
        "year": study["year"],
        "duration_weeks": max(durations, default=None),
        "n_randomised": sum(sizes) if sizes and None not in sizes else None,
        "comparator_types": tuple(
            sorted({arm["comparator_type"] for arm in extraction["arms"] if arm["comparator_type"]})
        ),
    }


def _arm(arm: Row) -> ArmRow:
    """Give an arm with the longest duration and the largest dose of what it received."""
    return ArmRow(
        number=arm["number"],
        label=arm["label"],
        role=arm["role"],
        comparator_type=arm["comparator_type"],
        n_randomised=arm["n_randomised"],
        components=tuple(sorted(component["type"] for component in arm["components"])),
        duration_weeks=_largest(arm, "weeks"),
        sessions_per_week=_largest(arm, "sessions_per_week"),
        minutes_per_session=_largest(arm, "minutes"),
    )


def _largest(arm: Row, name: str) -> float | None:
    found = [as_float(component[name]) for component in arm["components"]]
    return max((value for value in found if value is not None), default=None)
