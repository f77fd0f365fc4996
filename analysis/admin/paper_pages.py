"""What the pages of papers are made of: forms, filters, and claims with their findings."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest

from analysis.claims import Claim
from analysis.claims.grammar import read_claims
from analysis.models import Paper, PrintedClaim
from analysis.papers.claim_files import claims_of_text
from analysis.papers.numbering import renamed
from analysis.papers.texts import text_in
from analysis.papers.written import finding_values
from analysis.services.paper_findings import Standing, claim_of
from evidence.importers.opening import Unreadable, refuse_size

STATES = ("open", "resolved", "holds", "all")
NOTHING = "Choose a file, or paste a text."
NONE_READ = "No result was read in it. Claims that the grammar does not know can be entered one by one, or as a table."
IS_TABLE = ("code,", "code;", "code\t")


class PaperForm(forms.Form):
    """A new paper."""

    title = forms.CharField(max_length=300)
    version = forms.CharField(max_length=80, help_text="Which state of the text, such as a date or “proof 2”.")
    source = forms.CharField(max_length=300, required=False, help_text="Where it can be read.")


class BringForm(forms.Form):
    """Where claims come from: a table of claims, or a manuscript that is read."""

    file = forms.FileField(required=False, help_text="A manuscript (text, HTML, DOCX), or a table of claims (CSV).")
    text = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 10}), label="or text", help_text="Pasted from the paper."
    )

    def __init__(self, paper: Paper, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.paper = paper
        self.claims: list[Claim] = []

    def clean(self) -> dict[str, Any]:
        """Read the claims; refuse with a sentence what cannot be read."""
        values = super().clean() or {}
        try:
            text = self._text(values)
            if not text.strip():
                raise forms.ValidationError(NOTHING)
            is_table = text.lstrip("\ufeff").lower().startswith(IS_TABLE)
            self.claims = claims_of_text(text) if is_table else self._read(text)
        except Unreadable as error:
            where = f"Line {error.line}: " if error.line else ""
            raise forms.ValidationError(f"{where}{error.sentence}") from error
        if not self.claims:
            raise forms.ValidationError(NONE_READ)
        return values

    def _read(self, text: str) -> list[Claim]:
        return renamed(read_claims(text), map(claim_of, self.paper.claims.all()))

    def _text(self, values: dict[str, Any]) -> str:
        if values.get("file"):
            refuse_size(values["file"].size)
            return text_in(values["file"].read())
        pasted = str(values.get("text") or "")
        refuse_size(len(pasted))
        return pasted


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of the findings a person wants to see."""

    state: str = "open"
    severity: str = ""
    check: str = ""
    mine: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether claims without a finding that is shown are left out."""
        return self.state != "all" or bool(self.severity or self.check or self.mine)

    def takes(self, one: Standing) -> bool:
        """Whether a finding is shown."""
        is_state = {
            "open": one.is_open,
            "resolved": not one.finding.holds and not one.is_open,
            "holds": one.finding.holds,
            "all": True,
        }[self.state]
        is_mine = self.mine is None or (one.answer is not None and one.answer.assignee_id == self.mine)
        is_kind = self.severity in ("", one.finding.severity.value) and self.check in ("", one.finding.check)
        return is_state and is_mine and is_kind


def chosen_of(request: HttpRequest) -> Chosen:
    """Read the filter of an address."""
    state = request.GET.get("state", "open")
    return Chosen(
        state if state in STATES else "open",
        request.GET.get("severity", ""),
        request.GET.get("check", ""),
        request.user.pk if request.GET.get("mine") else None,
    )


@dataclass(slots=True)
class Entry:
    """A claim with the findings that stand beside it."""

    claim: PrintedClaim
    findings: list[Standing] = field(default_factory=list)


def entries_of(paper: Paper, shown: list[Standing], *, is_whole: bool) -> list[Entry]:
    """Give the claims in the order of the paper, each with the findings whose first claim it is.

    Parameters
    ----------
    is_whole : whether claims without a finding are shown, too
    """
    entries = {row.pk: Entry(row) for row in paper.claims.select_related("snapshot").order_by("position", "id")}
    for one in shown:
        if one.claims:
            entries[one.claims[0].pk].findings.append(one)
    return [entry for entry in entries.values() if is_whole or entry.findings]


def json_rows(standings: list[Standing]) -> list[dict[str, Any]]:
    """Give findings with their answers as plain data."""
    rows = []
    for one in standings:
        answer = one.answer
        more = {"state": one.state, "note": answer.note if answer else ""}
        more["assignee"] = str(answer.assignee) if answer and answer.assignee else ""
        rows.append({**finding_values(one.finding), **more})
    return rows
