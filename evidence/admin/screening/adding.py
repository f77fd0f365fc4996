"""Adding records by hand: one line each, with a DOI or PMID where there is one."""

import re

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from evidence.admin.screening.asking import ReviewPages, back_to, require_standing, review_or_404, show
from evidence.admin.sentences import speak
from evidence.admin.standing import person_of
from evidence.models import Review, SearchRound, SearchSource
from evidence.permissions import Act
from evidence.services import screening

DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
PMID = re.compile(r"\bPMID:?\s*(\d{1,9})\b", re.IGNORECASE)
LAST_NUMBER = re.compile(r"[\t|;]\s*(\d{5,9})\s*$")
YEAR = re.compile(r"\((\d{4})\)")
EDGES = " \t|;,."


class PasteForm(forms.Form):
    """Records as lines of text."""

    search_round = forms.ModelChoiceField(SearchRound.objects.none(), label="Search round")
    source = forms.ModelChoiceField(
        SearchSource.objects.none(), label="Database", required=False, empty_label="not stated"
    )
    lines = forms.CharField(
        label="Records",
        widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField"}),
        help_text="One record per line: its title and, where known, the year in brackets, the DOI or the PMID, such as "
        "“Exercise for low back pain (2019) 10.1000/xyz123” or “Motor control and pain | PMID 12345678”.",
    )

    def __init__(self, review: Review, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        rounds, sources = self.fields["search_round"], self.fields["source"]
        assert isinstance(rounds, forms.ModelChoiceField)
        assert isinstance(sources, forms.ModelChoiceField)
        rounds.queryset = SearchRound.objects.filter(review=review)
        sources.queryset = SearchSource.objects.filter(search_round__review=review).select_related("search_round")
        latest = rounds.queryset.order_by("-number").first()
        self.initial["search_round"] = latest.pk if latest else None
        for name, field in self.fields.items():
            speak(field, str(field.label or name))

    def clean_lines(self) -> list[dict[str, str]]:
        """Give the lines as records; say of each that cannot be read why."""
        rows, problems = [], []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if line.strip():
                row = read_line(line)
                rows.append(row)
                if not row["title"]:
                    problems.append(f"Line {number} has no title.")
        if problems:
            raise ValidationError(problems)
        return rows


def read_line(line: str) -> dict[str, str]:
    """Give title, year, DOI and PMID of one line."""
    found: dict[str, str] = {"doi": "", "pmid": "", "year": ""}
    doi = DOI.search(line)
    if doi:
        found["doi"] = doi[1].rstrip(EDGES)
        line = line.replace(doi[0], " ")
    pmid = PMID.search(line) or LAST_NUMBER.search(line)
    if pmid:
        found["pmid"] = pmid[1]
        line = line.replace(pmid[0], " ")
    years = YEAR.findall(line)
    if years:
        found["year"] = years[-1]
        line = line.replace(f"({years[-1]})", " ")
    return {**found, "title": " ".join(line.split()).strip(EDGES)}


def add_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form, or add what was pasted."""
    review = review_or_404(request, slug)
    require_standing(request, Act.RECORD, review)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    form = PasteForm(review, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _add(request, form):
        return back_to("board", review.slug)
    has_rounds = SearchRound.objects.filter(review=review).exists()
    return show(pages, request, review, "add", title=f"Add records: {review.title}", form=form, has_rounds=has_rounds)


def _add(request: HttpRequest, form: PasteForm) -> bool:
    """Add the records; put what the service refuses beside the field."""
    given = form.cleaned_data
    try:
        added = screening.add_records(
            by=person_of(request), search_round=given["search_round"], rows=given["lines"], source=given["source"]
        )
    except ValidationError as error:
        form.add_error("source" if "source" in getattr(error, "error_dict", {}) else "lines", error.messages)
        return False
    said = f"{added.records} record(s) added."
    if added.duplicates:
        said += f" {added.duplicates} had a DOI or PMID that was there already; they are kept as duplicates."
    if added.unchanged:
        said += f" {added.unchanged} were in this search round already; they are left as they are."
    messages.success(request, said)
    return True
