"""What one request shows and edits on the page of a study: whose extraction, with which risk-of-bias tool."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from evidence.admin.standing import Standing, standing_of
from evidence.models import Arm, Extraction, Review, Study
from evidence.permissions import Act, is_one_of_two, readable_extractions
from evidence.services import open_extraction
from evidence.services.extracting import why_no_consensus, why_no_reading
from evidence.services.extraction import StudyState, state_of
from evidence.tools import Tool, UnknownTool, get_tool

CONSENSUS, OWN = "consensus", "own"


class Tab(NamedTuple):
    """A link to one extraction of the study."""

    key: str
    label: str
    is_current: bool


@dataclass
class StudyPage:
    """One study with the extraction that is shown; rows look up arms here by number.

    `progress` tells who reads the study and how far they are; `why_not` why the extraction cannot be entered here.
    """

    user: Any
    study: Study
    mode: str
    tool: Tool
    extraction: Extraction
    may_edit: bool
    tabs: list[Tab]
    progress: StudyState | None = None
    why_not: str = ""
    arms_formset: Any = field(default=None)

    @property
    def is_consensus(self) -> bool:
        """Whether the consensus is shown."""
        return self.mode == CONSENSUS

    def tie_to(self, study: Study) -> None:
        """Point to the study instance that the page's form fills in."""
        if study.review_id is None:
            study.review = self.study.review
        self.study = self.extraction.study = study

    def arms(self) -> dict[int, Arm]:
        """Give the arms on the page by number, also those that are not saved yet."""
        formset = self.arms_formset
        found: dict[int, Arm] = {}
        if formset is None or not formset.is_bound:
            return {arm.number: arm for arm in self.extraction.arms.all()} if self.extraction.pk else {}
        _ = formset.errors  # makes every form read its data
        for form in formset.forms:
            number = form.cleaned_data.get("number") if hasattr(form, "cleaned_data") else None
            if number is not None and form.is_kept():
                found.setdefault(number, form.instance)
        return found

    def open(self) -> Extraction:
        """Give the saved extraction that the rows belong to."""
        if self.extraction.pk is None:
            self.extraction = open_extraction(by=self.user, study=self.study, consensus=self.is_consensus)
        return self.extraction


def page_of(request: HttpRequest, study: Study | None) -> StudyPage:
    """Give the page that the request asks for; a new study is one of the review in hand."""
    found: StudyPage | None = getattr(request, "study_page", None)
    if found is None:
        found = _read_page(request, study or Study(review=review_in_hand(request)))
        request.study_page = found  # type: ignore[attr-defined]
    return found


def review_in_hand(request: HttpRequest) -> Review:
    """Give the review that a new study is entered for."""
    asked = request.POST.get("review") or request.GET.get("review") or ""
    reviews = standing_of(request).reviews(Act.RECORD)
    review = reviews.filter(pk=asked).first() if asked.isdecimal() else None
    if review is None:
        raise PermissionDenied("Choose a review in which you record evidence.")
    return review


def _read_page(request: HttpRequest, study: Study) -> StudyPage:
    standing = standing_of(request)
    modes = _modes(standing, study)
    asked = request.GET.get("extraction", "")
    mode = asked if asked in modes else next(iter(modes))
    extraction = _extraction(standing, study, mode)
    try:
        tool = get_tool(request.POST.get("rob-tool") or request.GET.get("tool") or _tool_in_use(study, extraction))
    except UnknownTool:
        tool = get_tool("rob2")
    why_not = _why_not(standing, study, extraction)
    may_change = standing.may(Act.ADJUDICATE if mode == CONSENSUS else Act.RECORD, study.review_id)
    is_open = extraction.status != Extraction.Status.COMPLETE  # a reader's own is closed once complete
    return StudyPage(
        user=request.user,
        study=study,
        mode=mode,
        tool=tool,
        extraction=extraction,
        may_edit=may_change and not why_not and (mode == CONSENSUS or (mode == OWN and is_open)),
        tabs=[Tab(key, label, key == mode) for key, label in modes.items()],
        progress=state_of(study) if study.pk else None,
        why_not=why_not,
    )


def _why_not(standing: Standing, study: Study, extraction: Extraction) -> str:
    """Say why the person cannot enter the extraction that is shown, though their role would cover it; "" else."""
    if study.pk is None:
        return ""
    if extraction.is_consensus:
        if is_one_of_two(standing.user, study):
            return "You are one of the readers; another adjudicator settles what you differ in."
        return why_no_consensus(study) if extraction.pk is None else ""
    return why_no_reading(standing.user, study) if extraction.pk is None else ""


def _modes(standing: Standing, study: Study) -> dict[str, str]:
    """Give the extractions that the person may open, the default one first."""
    consensus, own = {CONSENSUS: "Consensus"}, {OWN: "My own extraction"}
    if not standing.may(Act.RECORD, study.review_id):
        return consensus
    adjudicates = standing.may(Act.ADJUDICATE, study.review_id)
    if study.pk is None:
        return consensus | own if adjudicates else own | consensus
    readings = study.extractions.filter(readable_extractions(standing.user), is_consensus=False)
    rows = list(readings.select_related("reviewer"))
    mine = next((row for row in rows if row.reviewer_id == standing.user.pk), None)
    others = {str(row.pk): f"{row.reviewer} (to read)" for row in rows if row is not mine}
    if mine is None and why_no_reading(standing.user, study):
        return consensus | others
    is_at_it = mine is not None and mine.status == Extraction.Status.DRAFT
    return (consensus | own if adjudicates and not is_at_it else own | consensus) | others


def _extraction(standing: Standing, study: Study, mode: str) -> Extraction:
    reviewer = None if mode == CONSENSUS else standing.user
    found = None
    if study.pk:
        rows = study.extractions.select_related("reviewer", "completed_by")
        asked = {"pk": mode} if mode.isdecimal() else {"is_consensus": mode == CONSENSUS, "reviewer": reviewer}
        found = rows.filter(**asked).first()
    if found is not None:
        found.study = study
        return found
    return Extraction(study=study, is_consensus=mode == CONSENSUS, reviewer=reviewer)


def _tool_in_use(study: Study, extraction: Extraction) -> str:
    """Give the tool that the study is already assessed with, RoB 2 where there is none."""
    if study.pk is None:
        return "rob2"
    rows = study.assessments.filter(
        outcome=None, is_consensus=extraction.is_consensus, reviewer_id=extraction.reviewer_id
    )
    return rows.order_by("-tool").values_list("tool", flat=True).first() or "rob2"
