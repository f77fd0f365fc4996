"""The analyses of a review as the file that `load_analyses` reads."""

import json
from typing import Any

from analysis.importing import AnalysisFile
from analysis.models import Analysis, Claim, EligibilityRule, PlanClosure
from evidence.models import Review

FIELDS = ("slug", "title", "kind", "position", "question", "rules", "forest_columns")
PRINTED = ("quantity", "as_printed", "measure", "place")
CRITERION = ("code", "title", "element", "position", "condition")


def write_plan(review: Review) -> str:
    """Give the text of the file: analyses with every default spelled out, criteria, and where the plan is laid down."""
    closure = PlanClosure.objects.filter(review=review).first()
    content: dict[str, Any] = {
        "format": "quorum-analyses",
        "format_version": 1,
        "analyses": [_analysis(row) for row in Analysis.objects.filter(review=review).order_by("position", "slug")],
        "eligibility": [
            {name: getattr(row, name) for name in CRITERION}
            for row in EligibilityRule.objects.filter(review=review).order_by("position", "code")
        ],
        "plan_closed": closure.reason if closure is not None else "",
    }
    AnalysisFile.model_validate(content)
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _analysis(row: Analysis) -> dict[str, Any]:
    claims = Claim.objects.filter(analysis=row).order_by("place", "quantity", "measure")
    return {
        **{name: getattr(row, name) for name in FIELDS},
        "steps": {step.plugin: step.params for step in row.steps.order_by("pk")},
        "claims": [{name: getattr(claim, name) for name in PRINTED} for claim in claims],
    }
