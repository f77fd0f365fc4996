"""GRADE against published judgements: pooled numbers of Cochrane reviews and GRADE's guidance, domain by domain.

Each example holds the printed numbers and the published judgement. Where the proposal differs, the example says so in
`differs`, and docs/grade.md explains it. Domains that `published` does not name are not told by the source.
"""

import json
from math import log
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

from analysis.contract import RATIO_MEASURES, Dataset
from analysis.testing import quiet
from plugins import grade
from plugins.grade.params import Params

FOLDER = Path(__file__).parent / "grade_examples"
DOCUMENT = Path(__file__).parents[2] / "docs" / "grade.md"
EXAMPLES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
# Printed intervals are 95% intervals; only their width is read.
Z = NormalDist().inv_cdf(0.975)


def numbers_of(example: dict[str, Any]) -> dict[str, float]:
    """Give estimate and interval on the scale of the measure."""
    is_ratio = example["measure"] in RATIO_MEASURES
    return {
        name: log(example["pooled"][name]) if is_ratio else example["pooled"][name]
        for name in ("estimate", "ci_lower", "ci_upper")
    }


def columns_of(example: dict[str, Any], n: float) -> dict[str, float]:
    """Give the numbers of events in two groups of n: as printed, or by the printed risk and ratio."""
    if "events" in example:
        ai, ci = example["events"]
    elif "comparator_risk" in example:
        ci = example["comparator_risk"] * n
        ai = ci * example["pooled"]["estimate"]
    else:
        return {}
    return {"ai": ai, "n1i": n, "ci": ci, "n2i": n}


def dataset_of(example: dict[str, Any]) -> Dataset:
    """Give the pooled result as one effect, in two groups of equal size."""
    numbers = numbers_of(example)
    n = example["participants"] / 2 if "participants" in example else None
    effect = {
        "id": "pooled",
        "study": "pooled",
        "label": example["title"],
        "yi": numbers["estimate"],
        "vi": ((numbers["ci_upper"] - numbers["ci_lower"]) / (2 * Z)) ** 2,
        "n1": n,
        "n2": n,
        "rob": {"overall": example["risk_of_bias"]},
        "facts": example.get("facts", {}),
        "columns": columns_of(example, n) if n else {},
    }
    outcome = {"code": "outcome", "name": example["title"], "direction": "lower"}
    return Dataset.model_validate(
        {"measure": example["measure"], "outcome": outcome, "window": "any", "effects": [effect]}
    )


def upstream_of(example: dict[str, Any]) -> dict[str, Any]:
    """Give the printed numbers as results of pooling and sensitivity; what is not printed is None, and k then 2."""
    numbers = numbers_of(example)
    unknown = dict.fromkeys(("pi_lower", "pi_upper", "tau2_ci_lower", "tau2_ci_upper", "i2"))
    studies = [{"effect": "pooled", "weight": 1.0, **numbers}]
    scenario = {"name": "without_high_risk_of_bias", "label": "", "k": 0, "conclusion_changes": None}
    scenario |= dict.fromkeys(("estimate", "ci_lower", "ci_upper"))
    return {
        "pooling": {"k": example["pooled"].get("k", 2), "level": 0.95, **numbers, **unknown, "studies": studies},
        "sensitivity": {"scenarios": [scenario]},
    }


def proposed_for(example: dict[str, Any]) -> dict[str, Any]:
    """Give what the rules propose, by the names that `published` uses."""
    params = Params.model_validate(example.get("params", {}))
    result = grade.plugin.run(dataset_of(example), params, upstream_of(example), quiet)
    found: dict[str, Any] = {"certainty": result.certainty}
    found |= {domain.name: domain.rate_down for domain in result.domains}
    return found | {row.name: row.rate_up for row in result.rate_ups}


@pytest.mark.parametrize("name", EXAMPLES)
def test_proposal_equals_the_published_judgement_or_the_stated_difference(name):
    example = EXAMPLES[name]
    proposed = proposed_for(example)
    expected = example["published"] | example.get("differs", {})
    assert {domain: proposed[domain] for domain in expected} == expected


def test_examples_are_at_least_eight_and_most_agree():
    assert len(EXAMPLES) >= 8
    assert sum("differs" not in example for example in EXAMPLES.values()) >= 8


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_told_in_the_documentation(name):
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"`{name}`" in text
    for domain, level in EXAMPLES[name].get("differs", {}).items():
        assert EXAMPLES[name]["published"][domain] != level
