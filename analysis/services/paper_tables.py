"""The evidence of a review as tables of texts, for claims to be checked against."""

from collections.abc import Mapping
from typing import Any

from analysis.claims import Assessed, Rule
from analysis.models import EligibilityRule
from evidence.models import Review

TOOLS = {"rob2": "RoB 2", "robins_i": "ROBINS-I"}
SIGNS = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<", "eq": "=", "in": "in", "ne": "!="}
MOST_ARMS = 8


def tables_of(content: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Give the table of studies of frozen evidence: a row for each, with what is agreed on it.

    Columns are the codes of the characteristics, and study, year, design, comparators (parted by bars), arms, n_arm_1
    and so on, and rob_overall.
    """
    rows = []
    for code, study in content["studies"].items():
        extraction = study["extraction"] or {"characteristics": {}, "arms": []}
        row = {"study": code, "label": study["label"], "year": _text(study["year"]), "design": study["design"]}
        row |= {name: _text(one["value"]) for name, one in extraction["characteristics"].items()}
        arms = extraction["arms"]
        kinds = sorted({arm["comparator_type"] for arm in arms if arm["comparator_type"]})
        row |= {"comparators": "|".join(kinds), "arms": str(len(arms)) if arms else ""}
        row |= {f"n_arm_{arm['number']}": _text(arm["n_randomised"]) for arm in arms}
        overall = next((one["judgements"].get("overall") for one in study["assessments"]), None)
        row["rob_overall"] = "" if overall is None else overall["judgement"]
        rows.append(row)
    return {"studies": rows}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def assessed_of(content: Mapping[str, Any]) -> list[Assessed]:
    """Give the agreed assessments of risk of bias."""
    found = []
    for code, study in content["studies"].items():
        for one in study["assessments"]:
            judgements = {domain: row["judgement"] for domain, row in one["judgements"].items()}
            overall = judgements.pop("overall", "")
            tool = TOOLS.get(one["tool"], one["tool"])
            domains = tuple(sorted(judgements.items()))
            place = " ".join(filter(None, ("risk of bias", one["outcome"] or "")))
            found.append(Assessed(code, domains, overall, tool, place))
    return found


def rules_of(review: Review) -> list[Rule]:
    """Give the review's rules of eligibility that compare one field; others are checked on the page of the plan."""
    found = []
    for rule in EligibilityRule.objects.filter(review=review):
        field, sign, value = (rule.condition.get(name) for name in ("field", "op", "value"))
        if field and sign in SIGNS and value is not None and not isinstance(value, bool):
            wanted = "|".join(map(str, value)) if isinstance(value, list) else str(value)
            column = "rob_overall" if field == "rob.overall" else field
            found.append(Rule(rule.code, rule.title, "studies", f"{column} {SIGNS[sign]} {wanted}"))
    return found


def sums_of(content: Mapping[str, Any]) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Give which columns of the table sum to which: the groups of a study to its participants, if those are there."""
    totals = [name for name in ("n_total", "participants", "n_randomised") if name in content["characteristics"]]
    parts = tuple(f"n_arm_{number}" for number in range(1, MOST_ARMS + 1))
    return [("studies", name, parts, "arms") for name in totals]
