"""Summary of Findings: the evidence profile as readers of a review need it, one row for each analysis."""

from typing import Any

from analysis.exports.evidence_profile import Cell, EvidenceProfile, ProfileRow, write_csv

HEAD = (
    *("Outcome", "Participants (studies)", "Relative effect (95% CI)", "Absolute effect (95% CI)"),
    *("Certainty of the evidence", "What happens"),
)
PROPOSED_STATEMENT = "Proposed: {}"
NO_CERTAINTY = "Nobody has rated the certainty, and nothing is proposed: the analysis does not run GRADE."
STALE_STATEMENT = "Rated on earlier results: {}"


def letters_of(row: ProfileRow) -> str:
    """Give the letters of all explanations of a row, in order and without repeats."""
    found = [cell.letters for cell in row.domains.values() if cell.letters]
    return ", ".join(dict.fromkeys(found))


def statement_of(row: ProfileRow) -> str:
    """Give what a reader is told: the statement, marked as long as no rating of these results stands behind it."""
    if not row.statement:
        return " ".join(row.missing) or NO_CERTAINTY
    if row.is_proposal:
        return PROPOSED_STATEMENT.format(row.statement)
    return STALE_STATEMENT.format(row.statement) if row.standing else row.statement


def participants_and_studies(row: ProfileRow) -> str:
    """Give “412 (5 studies)”."""
    if not row.k:
        return "0 (0 studies)"
    return f"{row.participants} ({row.k} {'study' if row.k == 1 else 'studies'})"


def summary_csv(profile: EvidenceProfile) -> str:
    """Give the Summary of Findings as CSV, with the explanations below the table."""
    lines: list[Any] = [HEAD]
    for row in profile.rows:
        certainty = Cell(row.certainty_text, letters_of(row)) if row.k else ""
        effects = [row.relative, "; ".join(row.absolute)]
        lines.append([row.title, participants_and_studies(row), *effects, certainty, statement_of(row)])
    return write_csv(lines, profile.footnotes)
