"""The form of a review: what it asks, the draft of its next version, and what that does to the answers."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.admin.comparing.board import review_or_404
from evidence.admin.scoped import DECIMAL, WHOLE, ReviewFilter, ScopedAdmin
from evidence.admin.screening.kept import KeptAdmin
from evidence.admin.sentences import speak
from evidence.admin.standing import person_of, standing_of
from evidence.models import CharacteristicField, ExtractionForm, FormDraft, Review
from evidence.permissions import Act
from evidence.questionnaire import Change, Question, from_text
from evidence.services import discard_draft, publish_form, save_draft
from evidence.services.forming import preview_draft, questions_of

BLANK_ROWS = 2


class QuestionForm(forms.Form):
    """One question of the draft."""

    code = forms.SlugField(label="Short name", max_length=60)
    name = forms.CharField(label="Name", max_length=120)
    kind = forms.ChoiceField(
        label="Type", choices=CharacteristicField.Kind.choices, initial=CharacteristicField.Kind.NUMBER
    )
    unit = forms.CharField(label="Unit", max_length=40, required=False)
    minimum = forms.DecimalField(label="Minimum", required=False, max_digits=15, decimal_places=6, **DECIMAL)
    maximum = forms.DecimalField(label="Maximum", required=False, max_digits=15, decimal_places=6, **DECIMAL)
    choices = forms.CharField(
        label="Choices, one per line", required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 24})
    )
    help = forms.CharField(label="Help", required=False, widget=forms.Textarea(attrs={"rows": 2, "cols": 32}))
    position = forms.IntegerField(label="Position", min_value=0, max_value=32767, required=False, **WHOLE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            speak(field, str(field.label or name))

    def question(self) -> Question:
        """Give the question as it was entered."""
        data = self.cleaned_data
        lines = [line.strip() for line in data["choices"].splitlines() if line.strip()]
        words = {name: data[name] for name in ("code", "name", "kind", "unit", "minimum", "maximum")}
        return Question(**words, help=data["help"].strip(), choices=tuple(lines), position=data["position"] or 0)


QuestionRows = forms.formset_factory(QuestionForm, extra=BLANK_ROWS, can_delete=True)


def rows_of(questions: list[Question], data: Any = None) -> Any:
    """Give the boxes of the draft, filled in with these questions."""
    initial = [
        {
            **{name: getattr(one, name) for name in ("code", "name", "kind", "unit", "minimum", "maximum", "help")},
            "choices": "\n".join(one.choices),
            "position": one.position,
        }
        for one in questions
    ]
    return QuestionRows(data, initial=initial, prefix="questions")


@admin.register(ExtractionForm)
class ExtractionFormAdmin(KeptAdmin):
    """Versions of forms, and the page of a review's form."""

    list_display = ("number", "review", "note", "published_by", "published_at")
    search_fields = ("note", "review__title")
    related = ("review", "published_by")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the questions in words."""
        return ("review", "number", "note", "published_by", "published_at", "questions")

    @admin.display(description="questions")
    def questions(self, row: Any) -> str:
        """What this version asks."""
        return "; ".join(f"{one} [{one.kind}]" for one in from_text(row.definition)) or "nothing"

    def get_urls(self) -> Any:
        """Add the page of a review's form, and what can be done on it."""
        view = self.admin_site.admin_view
        name = "evidence_extractionform_review"
        return [
            path("review/<slug:slug>/", view(self.form_view), name=name),
            path("review/<slug:slug>/publish/", view(self.publish_view), name=f"{name}_publish"),
            path("review/<slug:slug>/discard/", view(self.discard_view), name=f"{name}_discard"),
            *super().get_urls(),
        ]

    def form_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the form; save the draft."""
        review = review_or_404(request, slug)
        if request.method != "POST":
            return self._render(request, review, rows_of(_asked(review)))
        rows = rows_of(_asked(review), request.POST)
        if rows.is_valid():
            kept = [row for row in rows.forms if row.has_changed() or row.initial]
            questions = [row.question() for row in kept if not row.cleaned_data.get("DELETE")]
            try:
                save_draft(by=person_of(request), review=review, questions=questions)
            except ValidationError as error:
                for sentence in error.messages:
                    messages.error(request, sentence)
                return self._render(request, review, rows)
            messages.success(request, "The draft is saved. Look at what it does to the answers before you publish it.")
            return HttpResponseRedirect(f"{_address(review)}#preview")
        messages.error(request, "Nothing is saved yet: see the sentences beside the boxes.")
        return self._render(request, review, rows)

    def _render(self, request: HttpRequest, review: Review, rows: Any) -> HttpResponse:
        draft = FormDraft.objects.filter(review=review).first()
        changes = [one for one in preview_draft(review) if one.change != Change.SAME] if draft else []
        context = {
            **self.admin_site.each_context(request),
            "title": f"{review.title}: the form",
            "opts": self.opts,
            "review": review,
            "questions": questions_of(review),
            "rows": rows,
            "draft": draft,
            "changes": changes,
            "versions": ExtractionForm.objects.filter(review=review).select_related("published_by"),
            "may": standing_of(request).may(Act.MANAGE, review.pk),
        }
        return TemplateResponse(request, "admin/evidence/comparing/form.html", context)

    def publish_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Publish the draft."""
        return self._act(
            request, slug, lambda by, review: publish_form(by=by, review=review, note=request.POST.get("note", ""))
        )

    def discard_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Give up the draft."""
        return self._act(request, slug, lambda by, review: discard_draft(by=by, review=review))

    def _act(self, request: HttpRequest, slug: str, act: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        review = review_or_404(request, slug)
        try:
            form = act(person_of(request), review)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            said = f"Published as version {form.number}." if form else "The draft is given up; its history is kept."
            messages.success(request, said)
        return HttpResponseRedirect(_address(review))


def _asked(review: Review) -> list[Question]:
    """Give what the boxes are filled in with: the draft, or what is asked now."""
    draft = FormDraft.objects.filter(review=review).first()
    return from_text(draft.definition) if draft else questions_of(review)


def _address(review: Review) -> str:
    return reverse("admin:evidence_extractionform_review", args=[review.slug])


@admin.register(FormDraft)
class FormDraftAdmin(ScopedAdmin):
    """Drafts; each is changed on the page of its review's form."""

    list_display = ("review", "page")
    list_filter = (ReviewFilter,)
    list_select_related = ("review",)
    search_fields = ("review__title",)
    fields = ("review", "definition", "page")
    readonly_fields = fields
    is_added_elsewhere = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts are changed on the page of the form."""
        return False

    @admin.display(description="page")
    def page(self, row: Any) -> SafeString:
        """The page of the form."""
        return format_html('<a href="{}">the form</a>', _address(row.review))
