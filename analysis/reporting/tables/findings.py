"""Summary of Findings and evidence profile as tables of a manuscript."""

from collections.abc import Sequence

from analysis.exports.evidence_profile import EvidenceProfile, ProfileRow, take_profile
from analysis.exports.summary_of_findings import HEAD, SummaryRow, summarise
from analysis.models import DOMAINS, Analysis
from analysis.models.certainty import RATE_UPS
from analysis.reporting.document import Align, Cell, Cells
from analysis.reporting.tables.body import NOTHING, Body, head_of, row_of
from evidence.models import Review

NO_ANALYSES = "The review has no analysis to show."
GRADE = "Certainty by the GRADE approach: high ⊕⊕⊕⊕, moderate ⊕⊕⊕◯, low ⊕⊕◯◯, very low ⊕◯◯◯."
PROPOSED = "What nobody has rated is proposed by rules, and says so."


def summary_of_findings(review: Review, analyses: Sequence[Analysis]) -> Body:
    """Give the Summary of Findings of analyses, as people have worded it."""
    profile = take_profile(review, analyses)
    if not profile.rows:
        return Body(missing=(NO_ANALYSES,))
    aligns: tuple[Align, ...] = ("left", "left", "left", "left", "left", "left")
    summary = summarise(profile)
    rows = tuple(_summary_row(one, aligns) for one in summary.rows)
    return Body(head_of(HEAD, aligns), rows, _notes(profile), summary.footnotes, is_wide=True)


def _summary_row(one: SummaryRow, aligns: Sequence[Align]) -> Cells:
    """Give the row of an analysis; why it has no result takes the place of the effects."""
    if one.row.missing:
        return (Cell(one.name, is_header=True), Cell(one.size), Cell(one.says, span=4))
    absolute = "; ".join(one.row.absolute)
    return row_of([one.name, one.size, one.row.relative, absolute, one.certainty, one.says], aligns)


def evidence_profile(review: Review, analyses: Sequence[Analysis]) -> Body:
    """Give the evidence profile of analyses, domain by domain; reasons to rate up where any was one."""
    profile = take_profile(review, analyses)
    if not profile.rows:
        return Body(missing=(NO_ANALYSES,))
    ups = [name for name in RATE_UPS if any(row.domains[name].letters for row in profile.rows if name in row.domains)]
    names = [*DOMAINS, *ups]
    titles = DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}
    heads = ["Analysis", "Studies", *(titles[name] for name in names), "Participants", "Effect (95% CI)", "Certainty"]
    aligns: list[Align] = ["left"] * len(heads)
    rows = tuple(_profile_row(row, names, aligns) for row in profile.rows)
    return Body(head_of(heads, aligns), rows, _notes(profile), profile.footnotes, is_wide=True)


def _profile_row(row: ProfileRow, names: Sequence[str], aligns: Sequence[Align]) -> Cells:
    studies = f"{row.k} {row.design}".strip()
    if row.missing:
        return (
            Cell(row.title, is_header=True),
            Cell(studies),
            Cell(" ".join(row.missing), span=len(aligns) - 2),
        )
    domains = [str(row.domains[name]) if name in row.domains else NOTHING for name in names]
    effect = "; ".join(filter(None, (row.relative, *row.absolute)))
    return row_of([row.title, studies, *domains, row.participants, effect, row.certainty_text], aligns)


def _notes(profile: EvidenceProfile) -> tuple[str, ...]:
    is_proposal = any(row.is_proposal for row in profile.rows)
    return (GRADE, PROPOSED) if is_proposal else (GRADE,)
