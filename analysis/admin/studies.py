"""The studies of a snapshot: what each contributes, where its numbers come from, and what is not pooled and why."""

from collections import defaultdict
from typing import Any

from analysis.derivation.candidates import ref_of
from analysis.forests import tool_of
from analysis.reading import Reading
from evidence.models import Study
from evidence.tools import OVERALL, Tool

REASONS = {
    "no_consensus": "No consensus extraction yet",
    "no_result": "No result for the outcome",
    "outside_window": "Results outside the follow-up window only",
    "time_not_stated": "The time of the result is not stated",
    "role_not_stated": "The reports do not say which arm is which",
    "no_experimental_arm": "No experimental arm",
    "contradiction": "Printed numbers contradict each other",
    "same_participants": "The same participants as another study",
    "filtered": "Left out by a rule of the analysis",
    "other_measure": "Reported with another effect measure",
    "one_side_only": "Result for one arm only",
    "no_sd": "No standard deviation",
    "no_mean": "No mean",
    "no_n": "No number of participants",
    "no_events": "No number of events",
    "no_estimate": "No estimate",
    "no_variance": "No measure of uncertainty",
    "no_common_scale": "No common scale",
    "scale_unknown": "The range of the instrument is not known",
    "sign_not_stated": "The direction of the difference is not stated",
    "opposite_events": "Events counted the other way round",
    "wrong_kind": "Another kind of instrument",
    "cannot_combine": "Several contrasts that cannot be combined",
    "cannot_split": "Arms that cannot be split",
    "undefined": "The effect is undefined",
    "not_tried": "Results that the rules do not try",
    "printed_twice": "Entered twice with different numbers",
    "no_information": "Nobody, or everybody, had the event",
    "no_comparator_arm": "No comparator arm",
}
NUMBERS_OF_ROW = (
    *("n", "mean", "sd", "se", "median", "q1", "q3", "minimum", "maximum", "events", "total", "percent"),
    *("estimate", "standard_error", "ci_lower", "ci_upper", "t_value", "p_value", "n_first", "n_second"),
)


def study_rows(reading: Reading) -> list[dict[str, Any]]:
    """Give one row for each effect, in the order of the dataset."""
    pooled = {row["effect"]: row for row in reading.pooling.get("studies", ())}
    keys = study_keys(reading, [effect["study"] for effect in reading.dataset["effects"]])
    instruments = _instruments(reading)
    tool = tool_of(reading)
    return [
        {
            **effect,
            "key": keys.get(effect["study"]),
            "pooled": pooled.get(effect["id"], {"estimate": effect["yi"]}),
            "instrument": instruments.get(effect["facts"].get("instrument"), effect["facts"].get("instrument")),
            "overall": _judgement(tool, OVERALL, effect["rob"].get(OVERALL)),
            "judgements": _judgements(tool, effect["rob"]),
            "rows": [_source(reading, effect["study"], ref) for ref in effect["sources"]],
        }
        for effect in reading.dataset["effects"]
    ]


def study_keys(reading: Reading, codes: list[str]) -> dict[str, int]:
    """Give the keys of the pages of studies that are still in the review."""
    rows = Study.objects.filter(review=reading.snapshot.analysis.review_id, code__in=codes)
    return dict(rows.values_list("code", "pk"))


def _instruments(reading: Reading) -> dict[str, str]:
    outcome = reading.frozen["outcomes"].get(reading.dataset["outcome"]["code"], {})
    return {code: row["name"] for code, row in outcome.get("instruments", {}).items()}


def _judgements(tool: Tool | None, levels: dict[str, str]) -> list[dict[str, str] | None]:
    """Give the judgements by domain, in the order of the tool."""
    known = list(tool.domains) if tool else []
    domains = [name for name in known if name in levels] + sorted(set(levels) - set(known) - {OVERALL})
    return [_judgement(tool, domain, levels[domain]) for domain in domains]


def _judgement(tool: Tool | None, domain: str, level: str | None) -> dict[str, str] | None:
    """Give a judgement with the words of its tool; None where there is none."""
    if level is None:
        return None
    if tool is None:
        return {"domain": domain, "level": level, "says": level.replace("_", " ")}
    return {"domain": tool.domain_name(domain), "level": level, "says": tool.level_name(level)}


def _source(reading: Reading, study: str, ref: str) -> dict[str, Any]:
    """Give a row of evidence by its name: the numbers as printed, and the place in the report."""
    row = _rows_by_ref(reading, study).get(ref, {})
    place = ", ".join(str(row[name]) for name in ("page", "table") if row.get(name))
    printed = [(name, row[name]) for name in NUMBERS_OF_ROW if row.get(name) not in (None, "")]
    return {
        "ref": ref.removeprefix(f"{study}: "),
        "printed": printed,
        "place": f"page {place}" if row.get("page") else place,
        "quote": row.get("quote", ""),
        "url": row.get("source_url", ""),
        "note": row.get("note", ""),
    }


def _rows_by_ref(reading: Reading, study: str) -> dict[str, dict[str, Any]]:
    extraction = reading.frozen["studies"].get(study, {}).get("extraction") or {"arms": [], "contrasts": []}
    found = {ref_of(study, row, arm["number"]): row for arm in extraction["arms"] for row in arm["results"]}
    return found | {ref_of(study, row, row["first_arm"], row["second_arm"]): row for row in extraction["contrasts"]}


def not_pooled_groups(reading: Reading) -> list[dict[str, Any]]:
    """Give what is not pooled by reason, the largest group last; a sentence that all share is said once."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in reading.dataset["not_pooled"]:
        groups[row["code"]].append(row)
    keys = study_keys(reading, [row["study"] for row in reading.dataset["not_pooled"]])
    found = []
    for code, rows in sorted(groups.items(), key=lambda group: (len(group[1]), group[0])):
        sentences = {row["reason"] for row in rows}
        found.append(
            {
                "title": REASONS.get(code, code.replace("_", " ").capitalize()),
                "shared": sentences.pop() if len(sentences) == 1 else "",
                "rows": [{**row, "key": keys.get(row["study"])} for row in rows],
            }
        )
    return found
