"""The buttons of an extraction on the page of its study: begin, submit, reopen, give up."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse

from evidence.admin.standing import Standing, person_of
from evidence.admin.study.page import OWN, StudyPage, page_of
from evidence.models import AuthorContact, Extraction
from evidence.permissions import Act, is_one_of_two, readers_needed, require
from evidence.services import complete_extraction, give_up_reading, open_extraction, reopen_extraction
from evidence.services.recording import was_completed

DRAFT, COMPLETE = Extraction.Status.DRAFT, Extraction.Status.COMPLETE


def buttons_of(standing: Standing, page: StudyPage) -> dict[str, Any]:
    """Give what the page offers to do with the extraction that it shows."""
    holder, study = page.extraction, page.study
    is_saved = holder.pk is not None
    may_turn = is_saved and standing.may_write(holder)
    is_own = is_saved and not holder.is_consensus and holder.reviewer_id == standing.user.pk
    is_begun = is_own and holder.status == DRAFT
    adjudicates = standing.may(Act.ADJUDICATE, study.review_id)
    return {
        "may_settle": may_turn and (holder.is_consensus or holder.status == DRAFT),
        "may_complete": may_turn and holder.status == DRAFT,
        "may_reopen": is_saved and holder.status == COMPLETE and _may_reopen(standing, page, may_turn),
        "may_begin": not is_saved and page.mode == OWN and page.may_edit and study.pk is not None,
        "may_give_up": is_begun and standing.may(Act.RECORD, study.review_id) and not was_completed(holder),
        "compare_url": _compare_url(page),
        "may_adopt": adjudicates and _waits_to_be_adopted(page),
        "contacts": list(AuthorContact.objects.filter(study=study).select_related("asked_by")) if study.pk else [],
    }


def _may_reopen(standing: Standing, page: StudyPage, may_turn: bool) -> bool:
    holder, progress = page.extraction, page.progress
    if holder.is_consensus:
        return may_turn
    if holder.reviewer_id == standing.user.pk:
        return may_turn and (progress is None or progress.consensus is None)
    return standing.may(Act.ADJUDICATE, page.study.review_id) and not is_one_of_two(standing.user, page.study)


def _compare_url(page: StudyPage) -> str:
    """Give the address of the comparison where there are two submitted extractions that the person may read."""
    if page.progress is None:
        return ""
    submitted = [one.extraction for one in page.progress.readers if one.is_submitted]
    open_to = {tab.key for tab in page.tabs}
    readable = [one for one in submitted if one.reviewer_id == page.user.pk or str(one.pk) in open_to]
    if len(submitted) < 2 or len(readable) < len(submitted):
        return ""
    return reverse("admin:evidence_compare", args=[page.study.pk])


def _waits_to_be_adopted(page: StudyPage) -> bool:
    progress = page.progress
    if progress is None or progress.consensus is not None or len(progress.readers) != 1:
        return False
    return progress.readers[0].is_submitted and readers_needed(page.study.review) == 1


class ExtractionButtons:
    """The views behind the buttons."""

    opts: Any
    admin_site: Any

    def get_urls(self) -> Any:
        """Add the buttons of an extraction."""
        views = {
            "begin": self.begin_view,
            "complete": self.complete_view,
            "reopen": self.reopen_view,
            "giveup": self.give_up_view,
        }
        info = (self.opts.app_label, self.opts.model_name)
        return [
            path(f"<int:study_id>/{action}/", self.admin_site.admin_view(view), name="{}_{}_{}".format(*info, action))
            for action, view in views.items()
        ] + super().get_urls()  # type: ignore[misc]

    def begin_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Begin the person's own extraction."""
        by = person_of(request)
        return self._turn(
            request, study_id, lambda page: open_extraction(by=by, study=page.study), "Your extraction is begun."
        )

    def complete_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Mark the extraction that the page shows as complete."""
        by = person_of(request)
        return self._turn(
            request,
            study_id,
            lambda page: complete_extraction(by=by, extraction=page.extraction),
            "The extraction is now complete.",
        )

    def reopen_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Take the extraction that the page shows back into work."""
        by, reason = person_of(request), request.POST.get("reason", "").strip()
        if request.method == "POST" and not reason:
            messages.error(request, "Say why the extraction is reopened.")
            return HttpResponseRedirect(self._address(request, study_id))
        return self._turn(
            request,
            study_id,
            lambda page: reopen_extraction(by=by, extraction=page.extraction, reason=reason),
            "The extraction is now in progress.",
        )

    def give_up_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Give up the extraction that the page shows."""
        by, reason = person_of(request), request.POST.get("reason", "").strip()
        return self._turn(
            request,
            study_id,
            lambda page: give_up_reading(by=by, extraction=page.extraction, reason=reason),
            "The extraction is given up; its history is kept.",
        )

    def _turn(self, request: HttpRequest, study_id: int, turn: Callable[[StudyPage], Any], said: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        study = self.get_object(request, str(study_id))  # type: ignore[attr-defined]
        if study is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(study_id))  # type: ignore[attr-defined]
        require(person_of(request), Act.RECORD, study.review)
        page = page_of(request, study)
        if page.extraction.pk is None and not request.path.endswith("/begin/"):
            raise PermissionDenied("There is no extraction here that you could change.")
        try:
            turn(page)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, said)
        return HttpResponseRedirect(self._address(request, study_id))

    def _address(self, request: HttpRequest, study_id: int) -> str:
        query = request.GET.urlencode()
        address = reverse("admin:evidence_study_change", args=[study_id])
        return f"{address}?{query}" if query else address
