"""Claims and findings written out: a text for a terminal, JSON, and CSV."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from analysis.claims import Claim, Finding
from analysis.papers.claim_files import ABOUT, COLUMNS, PLACES
from evidence.exporters.neutral import neutral
from evidence.importers.harmless import harmless

FINDING_COLUMNS = ("check", "severity", "holds", "state", "claims", "places", "about", "says", "note", "assignee")


def claim_values(claim: Claim) -> dict[str, str]:
    """Give the columns of a claim."""
    values = {"code": claim.code, "quantity": claim.quantity.value, "as_printed": claim.text}
    values |= {name: getattr(claim.place, name) for name in PLACES}
    return values | {name: getattr(claim, name) for name in ABOUT}


def claims_csv(claims: Iterable[Claim]) -> str:
    """Give claims as a table that `read_claim_file` reads back."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for claim in claims:
        writer.writerow({name: harmless(text) for name, text in claim_values(claim).items()})
    return out.getvalue()


def finding_values(finding: Finding) -> dict[str, Any]:
    """Give a finding as plain data."""
    return {
        "check": finding.check,
        "name": finding.name,
        "severity": finding.severity.value,
        "holds": finding.holds,
        "claims": list(finding.claims),
        "places": list(finding.places),
        "about": finding.about,
        "says": finding.says,
    }


def findings_json(claims: Iterable[Claim], findings: Iterable[Finding | dict[str, Any]]) -> str:
    """Give claims and findings as JSON; findings with more to them come as plain data already."""
    rows = [one if isinstance(one, dict) else finding_values(one) for one in findings]
    content = {"format": "quorum-claims", "format_version": 1, "claims": [claim_values(one) for one in claims]}
    return json.dumps({**content, "findings": rows}, ensure_ascii=False, indent=2) + "\n"


def findings_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Give findings as a table, from plain data."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FINDING_COLUMNS, lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    for row in rows:
        plain = {name: "; ".join(value) if isinstance(value, list) else str(value) for name, value in row.items()}
        writer.writerow({name: neutral(text) for name, text in plain.items()})
    return out.getvalue()


def findings_text(claims: Sequence[Claim], findings: Sequence[Finding], *, with_held: bool = False) -> str:
    """Give findings as lines for a terminal: what is asked about by weight, then how much holds."""
    asked = [one for one in findings if not one.holds]
    held = [one for one in findings if one.holds]
    lines = [f"{len(claims)} claims; {len(asked)} findings; {len(held)} times what is printed agrees.", ""]
    for one in asked:
        where = "; ".join(one.places) or one.about
        lines += [f"[{one.severity.value}] {one.name}", f"    {where}", f"    {one.says}", ""]
    if with_held:
        lines += [f"[holds] {one.name}: {one.says}" for one in held]
    return "\n".join(lines).rstrip() + "\n"
