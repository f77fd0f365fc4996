"""What the checks say of a paper: its claims, held against each other, the review's evidence and its snapshots."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp
from typing import Any

from django.db.models import Max

from analysis import canonical
from analysis.claims import Claim, Document, Finding, Place, Quantity, Severity, check_document
from analysis.claims.finding import figure
from analysis.claims.interval import exactly
from analysis.freezing import take_content
from analysis.models import FindingAnswer, Paper, PrintedClaim, Snapshot, SnapshotRun
from analysis.services.paper_tables import assessed_of, rules_of, sums_of, tables_of

RATIOS = frozenset({"RR", "OR", "HR", "IRR", "ROM"})
SHARES = frozenset({Quantity.I2})
EFFECTS = frozenset(
    {Quantity.ESTIMATE, Quantity.CI_LOWER, Quantity.CI_UPPER, Quantity.PI_LOWER, Quantity.PI_UPPER},
)
FIELDS = {
    **{one: one.value for one in (*EFFECTS, Quantity.K, Quantity.SE, Quantity.P_VALUE, Quantity.TAU2, Quantity.TAU)},
    **{one: one.value for one in (Quantity.I2, Quantity.Q, Quantity.Q_DF, Quantity.Q_P_VALUE)},
    Quantity.Z: "statistic",
}
AGAINST = ("against_snapshot", "Against its snapshot")
STALE = ("stale_snapshot", "Against the newest snapshot")


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding with what people answered: open where nobody did, or where it says something else now."""

    finding: Finding
    answer: FindingAnswer | None
    claims: tuple[PrintedClaim, ...]

    @property
    def is_open(self) -> bool:
        """Whether somebody should look at it."""
        return not self.finding.holds and (self.answer is None or self.is_new or self.answer.status == "open")

    @property
    def is_new(self) -> bool:
        """Whether it says something else than when it was answered."""
        return self.answer is not None and self.answer.says != self.finding.says

    @property
    def state(self) -> str:
        """One word for its state."""
        if self.finding.holds:
            return "holds"
        return "open" if self.is_open or self.answer is None else self.answer.status


def claim_of(row: PrintedClaim) -> Claim:
    """Give a stored claim as a plain value."""
    place = Place(row.section, row.page, row.line, row.table, row.figure, row.quote)
    return Claim(
        *(row.code, Quantity(row.quantity), row.as_printed, place, row.statement, row.subject, row.outcome),
        *(row.measure, row.unit, row.main, row.part_of, row.relation, row.rows, row.column, row.note),
    )


def document_of(paper: Paper, rows: list[PrintedClaim]) -> Document:
    """Give a paper's claims with the tables and rules of its review, of what is agreed."""
    content = take_content(paper.review)
    return Document(
        claims=[claim_of(row) for row in rows],
        tables=tables_of(content),
        rules=rules_of(paper.review),
        assessed=assessed_of(content),
        labels=[(code, "studies", study["label"]) for code, study in content["studies"].items()],
        sums=sums_of(content),
    )


def claims_of(paper: Paper) -> list[PrintedClaim]:
    """Give the claims of a paper, in its order."""
    return list(paper.claims.select_related("snapshot__analysis").order_by("position", "id"))


def findings_of(paper: Paper, rows: list[PrintedClaim] | None = None) -> list[Finding]:
    """Give everything that the checks say of a paper: what is asked about first, then what holds."""
    rows = claims_of(paper) if rows is None else rows
    found = [*check_document(document_of(paper, rows)), *against_evidence(rows)]
    return sorted(found, key=lambda one: one.holds)


def standings_of(paper: Paper) -> list[Standing]:
    """Give the findings of a paper with what people answered."""
    rows = claims_of(paper)
    by_code = {row.code: row for row in rows}
    answers = {row.key: row for row in paper.answers.select_related("assignee", "answered_by")}
    return [
        Standing(one, answers.get(one.key), tuple(by_code[code] for code in one.claims if code in by_code))
        for one in findings_of(paper, rows)
    ]


def staleness_of(rows: list[PrintedClaim]) -> dict[int, bool]:
    """Say of claims, by their keys, whether they are stale; those that no snapshot can be held against are left out."""
    found = list(_against_evidence(rows))
    return {row.pk: False for row, _ in found} | {row.pk: not one.holds for row, one in found if one.check == STALE[0]}


def against_evidence(rows: list[PrintedClaim]) -> Iterator[Finding]:
    """Hold claims that are bound to a snapshot against it, and against the newest one of its analysis.

    A claim is stale where the newest snapshot gives a number that is not rounded to the printed one any more.
    """
    return (finding for _, finding in _against_evidence(rows))


def _against_evidence(rows: list[PrintedClaim]) -> Iterator[tuple[PrintedClaim, Finding]]:
    bound = [row for row in rows if row.snapshot is not None and Quantity(row.quantity) in FIELDS]
    newest = _newest(bound)
    results = _results({row.snapshot_id for row in bound} | {one.pk for one in newest.values()})
    for row in bound:
        assert row.snapshot is not None
        yield from ((row, one) for one in _held(row, row.snapshot, AGAINST, results))
        last = newest[row.snapshot.analysis_id]
        if last.pk != row.snapshot_id:
            yield from ((row, one) for one in _held(row, last, STALE, results))


def _newest(rows: list[PrintedClaim]) -> dict[int, Snapshot]:
    analyses = {row.snapshot.analysis_id for row in rows if row.snapshot is not None}
    latest = Snapshot.objects.filter(analysis__in=analyses).order_by().values("analysis").annotate(last=Max("number"))
    last = {row["analysis"]: row["last"] for row in latest}
    found = Snapshot.objects.filter(analysis__in=analyses, number__in=set(last.values())).select_related("analysis")
    return {one.analysis_id: one for one in found if one.number == last[one.analysis_id]}


def _results(snapshots: set[int | None]) -> dict[int, dict[str, Any]]:
    rows = SnapshotRun.objects.filter(snapshot__in=snapshots, run__plugin="pooling")
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for pk, result in rows.values_list("snapshot_id", "run__result"):
        found[pk] = canonical.from_text(result)
    return found


def _held(
    row: PrintedClaim, snapshot: Snapshot, check: tuple[str, str], results: Mapping[int, Mapping[str, Any]]
) -> Iterator[Finding]:
    """Hold one claim against one snapshot."""
    claim, computed = claim_of(row), computed_value(row, results.get(snapshot.pk, {}))
    if computed is None or claim.interval is None:
        return
    readings = claim.shares() if claim.quantity in SHARES else (claim.interval,)
    holds = any(one.meets(exactly(computed)) for one in readings)
    shown = f"{figure(100 * computed)} %" if claim.quantity in SHARES else figure(computed)
    says = f"{snapshot} has {shown}; printed is {claim.shown}."
    if check == STALE and not holds:
        says += " The number is stale."
    yield Finding(*(check[0], check[1], Severity.CONTRADICTION, holds, (claim.code,), (str(claim.place),), "", says))


def computed_value(row: PrintedClaim, result: Mapping[str, Any]) -> float | None:
    """Give the number of a pooled result that a claim states, on the printed scale; None where there is none."""
    quantity = Quantity(row.quantity)
    value = result.get(FIELDS.get(quantity, ""))
    if not isinstance(value, int | float):
        return None
    is_ratio = str(result.get("measure", "")).upper() in RATIOS
    return exp(value) if quantity in EFFECTS and is_ratio else float(value)
