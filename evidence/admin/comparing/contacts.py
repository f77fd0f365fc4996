"""Questions to authors: the list of what is open, and what a study's extraction does not have."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from evidence.admin.extractions import study_link
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.sentences import SpeakingForm
from evidence.admin.standing import person_of, standing_of
from evidence.comparing import missing_items
from evidence.models import AuthorContact, Extraction, Study
from evidence.permissions import Act
from evidence.services import record
from evidence.services.extraction import read_extraction, vocabulary_of


class ContactForm(SpeakingForm):
    """A question to authors, and later their answer."""

    def clean(self) -> dict[str, Any]:
        """Take an answer as one that came today where no day is given."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("answer") and cleaned.get("status") == AuthorContact.Status.OPEN:
            cleaned["status"] = self.instance.status = AuthorContact.Status.ANSWERED
        is_answered = cleaned.get("status") == AuthorContact.Status.ANSWERED
        if is_answered and not cleaned.get("answered_at") and "answered_at" in self.fields:
            cleaned["answered_at"] = timezone.localdate()
        if "answered_at" in self.fields and cleaned.get("answered_at") and self.instance.answered_by is None:
            self.instance.answered_by = self.person  # type: ignore[attr-defined]
        return cleaned


@admin.register(AuthorContact)
class AuthorContactAdmin(ScopedAdmin):
    """What authors were asked for, and what they answered."""

    form = ContactForm
    list_display = ("item", "study_page", "status", "asked_at", "asked_by", "answered_at")
    list_filter = (ReviewFilter, "status")
    list_select_related = ("study", "asked_by")
    search_fields = ("item", "answer", "study__label")
    autocomplete_fields = ("study",)
    fixed_after_creation = ("study", "asked_by")
    fieldsets = [
        (None, {"fields": ("study", "item", "asked_at")}),
        ("Answer", {"fields": (("status", "answered_at"), "answer")}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for the answer once the question is there."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is not None else fieldsets[:1]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the form, which knows who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.person = person_of(request)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ask today, unless said otherwise."""
        return {"asked_at": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service; a new question is asked by the person."""
        if not change:
            obj.asked_by = person_of(request)
        with tied_to(None):
            record(by=person_of(request), row=obj)

    @admin.display(description="study")
    def study_page(self, row: Any) -> Any:
        """The study."""
        return study_link(row.study)

    def get_urls(self) -> Any:
        """Add the page of a study's questions."""
        view = self.admin_site.admin_view(self.missing_view)
        return [path("study/<int:study_id>/", view, name="evidence_authorcontact_study"), *super().get_urls()]

    def missing_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Show what the authors of a study were asked for, and what else its extraction does not have."""
        standing = standing_of(request)
        reviews = standing.reviews(Act.VIEW)
        study = get_object_or_404(Study.objects.select_related("review"), pk=study_id, review__in=reviews)
        extraction = _to_look_at(study, standing.user)
        asked = list(AuthorContact.objects.filter(study=study).select_related("asked_by", "answered_by"))
        missing: list[str] = []
        if extraction is not None:
            vocabulary = vocabulary_of(study.review)
            reading = read_extraction(extraction, vocabulary)
            known = {contact.item for contact in asked}
            found = missing_items(reading, vocabulary.words, vocabulary.questions)
            missing = [one.item for one in found if one.item not in known]
        context = {
            **self.admin_site.each_context(request),
            "title": f"{study}: questions to the authors",
            "opts": self.opts,
            "study": study,
            "asked": asked,
            "missing": missing,
            "extraction": extraction,
            "may": standing.may(Act.RECORD, study.review_id),
        }
        return TemplateResponse(request, "admin/evidence/comparing/contacts.html", context)


def _to_look_at(study: Study, person: Any) -> Extraction | None:
    """Give the person's own extraction, else the consensus: nothing that they may not read."""
    rows = Extraction.objects.filter(study=study).select_related("reviewer")
    own: Extraction | None = rows.filter(reviewer=person).first()
    return own or rows.filter(is_consensus=True).first()
