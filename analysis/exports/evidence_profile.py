"""The evidence profile of a review: what each analysis found, and how certain people are of it, domain by domain."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis import canonical
from analysis.exports.effects_in_words import absolute_lines, difference_text, participants_of, ratio_text
from analysis.exports.footnotes import Footnotes
from analysis.exports.missing_evidence import why_nothing
from analysis.exports.statements import Finding, say_finding
from analysis.models import DOMAINS, Analysis, Certainty, Snapshot
from analysis.models.certainty import RATE_UPS
from analysis.services import current_certainty, is_stale
from evidence.models import Review

SYMBOLS = {"high": "⊕⊕⊕⊕", "moderate": "⊕⊕⊕◯", "low": "⊕⊕◯◯", "very_low": "⊕◯◯◯"}
SERIOUSNESS = ("not serious", "serious", "very serious")
UPWARDS = ("none", "one level up", "two levels up")
DESIGNS = {"randomised": "randomised", "non_randomised": "not randomised"}
PROPOSED = "proposed, not rated"
STALE = "rated on earlier results"
NOT_RATED = "not rated"
NOT_RUN = "This analysis has not been run."
NOT_POOLED = "This analysis does not pool."
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Cell:
    """What is said of one domain: in words, with the letter of its explanation."""

    words: str
    letters: str = ""

    def __str__(self) -> str:
        return f"{self.words} [{self.letters}]" if self.letters else self.words


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One analysis. `certainty` is "" where nobody rates and nothing is proposed; `missing` says why a row is empty.

    `is_proposal` tells that the certainty is what rules propose; `standing` says so in words, or that it is stale.
    `result_digest` is that of the pooled result.
    """

    analysis: Analysis
    title: str
    snapshot: Snapshot | None = None
    k: int = 0
    participants: str = ""
    design: str = ""
    relative: str = ""
    absolute: tuple[str, ...] = ()
    domains: Mapping[str, Cell] = field(default_factory=dict)
    certainty: str = ""
    is_proposal: bool = False
    standing: str = ""
    statement: str = ""
    missing: tuple[str, ...] = ()
    result_digest: str = ""

    @property
    def symbols(self) -> str:
        """The certainty in GRADE's symbols."""
        return SYMBOLS.get(self.certainty, "")

    @property
    def certainty_text(self) -> str:
        """The certainty in symbols and words, marked where it is a proposal or stale."""
        if not self.certainty:
            return NOT_RATED
        marked = f" ({self.standing})" if self.standing else ""
        return f"{self.symbols} {self.certainty.replace('_', ' ')}{marked}"


@dataclass(frozen=True, slots=True)
class EvidenceProfile:
    """All analyses of a review in their order, with the explanations that their letters stand for."""

    review: Review
    rows: tuple[ProfileRow, ...]
    footnotes: tuple[tuple[str, str], ...]


def take_profile(review: Review, analyses: Iterable[Analysis] | None = None) -> EvidenceProfile:
    """Give the evidence profile of the current snapshots of a review's analyses, or of those named."""
    footnotes = Footnotes()
    chosen = Analysis.objects.filter(review=review) if analyses is None else analyses
    rows = tuple(_row(analysis, footnotes) for analysis in chosen)
    return EvidenceProfile(review=review, rows=rows, footnotes=footnotes.listed)


def _row(analysis: Analysis, footnotes: Footnotes) -> ProfileRow:
    """Give the row of an analysis."""
    snapshot = Snapshot.objects.filter(analysis=analysis).select_related("dataset").order_by("-number").first()
    if snapshot is None:
        return ProfileRow(analysis=analysis, title=analysis.title, missing=(NOT_RUN,))
    runs = {run.plugin: run for run in snapshot.runs.all()}
    results = {name: canonical.from_text(run.result) for name, run in runs.items()}
    dataset = canonical.from_text(snapshot.dataset.content)
    row: dict[str, Any] = {"analysis": analysis, "title": analysis.title, "snapshot": snapshot}
    pooling = results.get("pooling")
    if not pooling:
        return ProfileRow(**row, missing=(NOT_POOLED,))
    row |= {"k": pooling["k"], "participants": participants_of(dataset)}
    if pooling.get("estimate") is None:
        return ProfileRow(**row, missing=why_nothing(dataset))
    params = canonical.from_text(runs["grade"].params) if "grade" in runs else {}
    row |= {
        "result_digest": runs["pooling"].result_digest,
        "design": DESIGNS[params.get("design", "randomised")],
        "relative": ratio_text(pooling) if pooling["is_ratio"] else "",
        "absolute": (*([] if pooling["is_ratio"] else [difference_text(pooling, dataset)]), *absolute_lines(results)),
    }
    rated = _rated(analysis, snapshot, results.get("grade", {}), footnotes)
    return ProfileRow(**row, **rated, statement=_statement(dataset, results, rated))


def _rated(analysis: Analysis, snapshot: Snapshot, proposal: Mapping[str, Any], footnotes: Footnotes) -> dict[str, Any]:
    """Give the certainty with its domains: as people rated, otherwise as proposed and marked so."""
    rating = current_certainty(analysis)
    if rating is None and not proposal.get("certainty"):
        return {}
    domains = _domains(proposal, rating, footnotes)
    if rating is None:
        return {"certainty": proposal["certainty"], "is_proposal": True, "standing": PROPOSED, "domains": domains}
    return {
        "certainty": rating.level,
        "standing": STALE if is_stale(rating, snapshot) else "",
        "domains": domains,
    }


def _domains(proposal: Mapping[str, Any], rating: Certainty | None, footnotes: Footnotes) -> dict[str, Cell]:
    """Give what is said of each domain and each reason to rate up."""
    reasons = {row["name"]: " ".join(row["reasons"]) for row in proposal.get("domains", ())}
    levels = {row["name"]: row["rate_down"] for row in proposal.get("domains", ())}
    reasons |= {row["name"]: " ".join(row["reasons"]) for row in proposal.get("rate_ups", ())}
    levels |= {row["name"]: row["rate_up"] for row in proposal.get("rate_ups", ())}
    if rating is not None:
        levels = rating.levels
        reasons |= {name: entry["justification"] for name, entry in rating.departures.items()}
    titles = DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}
    cells = {}
    for name, title in titles.items():
        level = levels.get(name, 0)
        why = reasons.get(name, "")
        letters = footnotes.letter(f"{title}: {why}") if level and why else ""
        cells[name] = Cell((SERIOUSNESS if name in DOMAINS else UPWARDS)[level], letters)
    return cells


def _statement(dataset: Mapping[str, Any], results: Mapping[str, Any], rated: Mapping[str, Any]) -> str:
    """Give the informative statement; "" where nobody has rated and nothing is proposed."""
    if not rated:
        return ""
    below, above = _important(dataset, results.get("grade", {}))
    finding = Finding(
        intervention=_one_name(dataset, "experimental", "the intervention"),
        comparator=_one_name(dataset, "comparator", "the comparators"),
        outcome=_in_a_sentence(dataset["outcome"]["name"]),
        estimate=results["pooling"]["estimate"],
        important_below=below,
        important_above=above,
    )
    return say_finding(finding, rated["certainty"])


def _important(dataset: Mapping[str, Any], proposal: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Give the effects beyond which a difference is important, below and above the null, as GRADE looked at them."""
    domains = {row["name"]: row["looked_at"] for row in proposal.get("domains", ())}
    looked_at: Mapping[str, Any] = domains.get("imprecision", {})
    below, above = looked_at.get("appreciable_below"), looked_at.get("appreciable_above")
    if below is not None and above is not None:
        return below, above
    mcid = looked_at.get("mcid") or (dataset["outcome"].get("mcid_between") if dataset["measure"] == "MD" else None)
    return (-abs(mcid), abs(mcid)) if mcid else (None, None)


def _one_name(dataset: Mapping[str, Any], side: str, otherwise: str) -> str:
    """Give the name of a side where all studies have the same."""
    names = {effect.get(side) or "" for effect in dataset["effects"]}
    return (names.pop() if len(names) == 1 else "") or otherwise


def _in_a_sentence(name: str) -> str:
    """Give a name as it stands in the middle of a sentence; abbreviations stay as they are."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def profile_csv(profile: EvidenceProfile) -> str:
    """Give the evidence profile as CSV, with the explanations below the table."""
    titles = [*DOMAINS.values(), *(title for title, _ in RATE_UPS.values())]
    head = ["Analysis", "Studies", "Design", *titles, "Participants", "Relative effect (95% CI)", "Absolute effect"]
    lines: list[list[Any]] = [[*head, "Certainty", "Statement or missing evidence"]]
    for row in profile.rows:
        cells = [row.domains.get(name, Cell("")) for name in (*DOMAINS, *RATE_UPS)]
        end = [row.participants, row.relative, "; ".join(row.absolute), row.certainty_text]
        said = row.statement or " ".join(row.missing)
        lines.append([row.title, row.k, row.design, *cells, *end, said])
    return write_csv(lines, profile.footnotes)


def write_csv(lines: Iterable[Iterable[Any]], footnotes: Iterable[tuple[str, str]]) -> str:
    """Give the lines of a table as CSV, then an empty line and the explanations; formulas become text."""
    file = io.StringIO()
    writer = csv.writer(file)
    for line in lines:
        writer.writerow([_cell(value) for value in line])
    for number, (letter, text) in enumerate(footnotes):
        if number == 0:
            writer.writerow([])
        writer.writerow([letter, _cell(text)])
    return file.getvalue()


def _cell(value: Any) -> Any:
    text = value if isinstance(value, int) else str(value)
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_STARTS) else text
