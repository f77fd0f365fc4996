"""Summary of Findings: the evidence profile as readers of a review need it, one row for each analysis."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analysis.exports.evidence_profile import Cell, EvidenceProfile, ProfileRow, write_csv
from analysis.exports.footnotes import Footnotes
from analysis.models import FindingsWording
from analysis.models.certainty import Level

HEAD = (
    *("Outcome", "Participants (studies)", "Relative effect (95% CI)", "Absolute effect (95% CI)"),
    *("Certainty of the evidence", "What happens"),
)
PROPOSED_STATEMENT = "Proposed: {}"
NO_CERTAINTY = "Nobody has rated the certainty, and nothing is proposed: the analysis does not run GRADE."
STALE_STATEMENT = "Rated on earlier results: {}"
STALE_WORDING = "Worded for earlier results: {}"
OTHER_CERTAINTY = "Worded when the certainty was {}: {}"
NO_CERTAINTY_THEN = "Worded before the certainty was rated: {}"


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One analysis for readers: in a person's words where there are any, otherwise in Quorum's.

    `letters` are those of the explanations of the certainty, `own_letters` those of the person's footnotes.
    """

    row: ProfileRow
    title: str
    size: str
    says: str
    letters: tuple[str, ...] = ()
    own_letters: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The title with the letters of its footnotes."""
        return str(Cell(self.title, ", ".join(self.own_letters)))

    @property
    def certainty(self) -> str:
        """The certainty in symbols and words, with the letters of its explanations."""
        return str(Cell(self.row.certainty_text, ", ".join(self.letters)))


@dataclass(frozen=True, slots=True)
class Summary:
    """All rows of an evidence profile for readers, with its explanations and the persons' footnotes behind them."""

    rows: tuple[SummaryRow, ...]
    footnotes: tuple[tuple[str, str], ...]


def summarise(profile: EvidenceProfile) -> Summary:
    """Give the Summary of Findings of an evidence profile, as people have worded it."""
    analyses = [row.analysis for row in profile.rows]
    wordings = {wording.analysis_id: wording for wording in FindingsWording.objects.filter(analysis__in=analyses)}
    footnotes = Footnotes(text for _, text in profile.footnotes)
    rows = tuple(_row(row, wordings.get(row.analysis.pk), footnotes) for row in profile.rows)
    return Summary(rows=rows, footnotes=footnotes.listed)


def _row(row: ProfileRow, wording: FindingsWording | None, footnotes: Footnotes) -> SummaryRow:
    """Give the row of an analysis."""
    own = () if wording is None else wording.footnote_lines
    return SummaryRow(
        row=row,
        title=(wording.title if wording is not None else "") or row.title,
        size=participants_and_studies(row),
        says=statement_of(row, wording),
        letters=letters_of(row),
        own_letters=_once(footnotes.letter(text) for text in own),
    )


def letters_of(row: ProfileRow) -> tuple[str, ...]:
    """Give the letters of all explanations of a row, in order and without repeats."""
    return _once(cell.letters for cell in row.domains.values() if cell.letters)


def _once(letters: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(letters))


def statement_of(row: ProfileRow, wording: FindingsWording | None = None) -> str:
    """Give what a reader is told: the statement, marked as long as nobody stands behind it for these results."""
    own = wording.statement if wording is not None and not row.missing else ""
    if own and wording is not None:
        if wording.result_digest != row.result_digest:
            return STALE_WORDING.format(own)
        if wording.certainty != row.certainty:
            then = Level(wording.certainty).label.lower() if wording.certainty else ""
            return OTHER_CERTAINTY.format(then, own) if then else NO_CERTAINTY_THEN.format(own)
    said = own or row.statement
    if not said:
        return " ".join(row.missing) or NO_CERTAINTY
    if row.is_proposal:
        return PROPOSED_STATEMENT.format(said)
    return STALE_STATEMENT.format(said) if row.standing else said


def participants_and_studies(row: ProfileRow) -> str:
    """Give “412 (5 studies)”."""
    if not row.k:
        return "0 (0 studies)"
    return f"{row.participants} ({row.k} {'study' if row.k == 1 else 'studies'})"


def summary_csv(profile: EvidenceProfile) -> str:
    """Give the Summary of Findings as CSV, with explanations and footnotes below the table."""
    summary = summarise(profile)
    lines: list[Any] = [HEAD]
    for one in summary.rows:
        effects = [one.row.relative, "; ".join(one.row.absolute)]
        lines.append([one.name, one.size, *effects, one.certainty if one.row.k else "", one.says])
    return write_csv(lines, summary.footnotes)
