"""Who is to do what: assignments, and the page of progress per person and per study."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Assignment, Review, Study
from evidence.permissions import ACTS_BY_ROLE, Act
from evidence.services.assigning import Duty, assign, duties_of, unassign


@dataclass(slots=True)
class Share:
    """The duties of one person or on one study."""

    label: str
    key: int
    duties: list[Duty] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many are in which state, and how many are late."""
        states = Counter(str(duty.state) for duty in self.duties)
        return states + Counter(late=sum(duty.is_late for duty in self.duties))


class AssigningForm(forms.Form):
    """Several studies to one person."""

    assignee = forms.ModelChoiceField(User.objects.none(), label="Who")
    task = forms.ChoiceField(choices=Assignment.Task.choices, label="What")
    studies = forms.ModelMultipleChoiceField(Study.objects.none(), label="Studies")
    due_on = forms.DateField(required=False, label="Due on", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, review: Review, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        roles = [role for role, acts in ACTS_BY_ROLE.items() if Act.RECORD in acts]
        people = User.objects.filter(memberships__review=review, memberships__role__in=roles)
        self.fields["assignee"].queryset = people.distinct().order_by("username")  # type: ignore[attr-defined]
        self.fields["studies"].queryset = Study.objects.filter(review=review).order_by("label")  # type: ignore[attr-defined]
        self.fields["assignee"].error_messages["required"] = "Choose who is asked."
        self.fields["studies"].error_messages["required"] = "Choose at least one study."
        self.fields["due_on"].error_messages["invalid"] = "Due on must be a day, such as 2026-11-30."


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    """Assignments, and the page of progress."""

    list_display = ("study", "task", "assignee", "due_on", "assigned_by")
    list_filter = (ReviewFilter, "task", "due_on")
    list_select_related = ("study", "assignee", "assigned_by")
    search_fields = ("study__label", "assignee__username")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Assignments are made on the page of progress."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Assignments are made on the page of progress."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Assignments are taken back on the page of progress."""
        return False

    def get_urls(self) -> list[Any]:
        """Add the page and its two acts."""
        view = self.admin_site.admin_view
        return [
            path("progress/<slug:slug>/", view(self.progress_view), name="evidence_progress"),
            path("<int:pk>/take-back/", view(self.take_back_view), name="evidence_assignment_take_back"),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show who is how far; assign where the person may."""
        standing = standing_of(request)
        review = standing.reviews(Act.VIEW).filter(slug=slug).first()
        if review is None:
            raise Http404("There is no such review among yours.")
        may_assign = standing.may(Act.ADJUDICATE, review.pk)
        form = AssigningForm(review, request.POST or None) if may_assign else None
        if request.method == "POST":
            if form is None:
                raise PermissionDenied("Your role in the review does not cover assigning work.")
            if form.is_valid() and self._assign(request, form):
                return HttpResponseRedirect(request.path)
        return TemplateResponse(request, "admin/evidence/progress/page.html", self.context(request, review, form))

    def context(self, request: HttpRequest, review: Review, form: AssigningForm | None) -> dict[str, Any]:
        """Give what the page shows."""
        duties = duties_of(reviews=[review])
        people: dict[int, Share] = {}
        studies: dict[int, Share] = {}
        for duty in duties:
            row = duty.assignment
            who = row.assignee.get_full_name() or row.assignee.get_username()
            people.setdefault(row.assignee_id, Share(who, row.assignee_id)).duties.append(duty)
            studies.setdefault(row.study_id, Share(str(row.study), row.study_id)).duties.append(duty)
        return {
            **self.admin_site.each_context(request),
            "title": f"Progress: {review.title}",
            "opts": self.opts,
            "review": review,
            "form": form,
            "mine": [duty for duty in duties if duty.assignment.assignee_id == request.user.pk],
            "people": sorted(people.values(), key=lambda share: share.label.lower()),
            "studies": sorted(studies.values(), key=lambda share: share.label.lower()),
            "unassigned": Study.objects.filter(review=review, assignments__isnull=True).count(),
        }

    def _assign(self, request: HttpRequest, form: AssigningForm) -> bool:
        values = form.cleaned_data
        studies = values.pop("studies")
        try:
            for study in studies:
                assign(by=person_of(request), study=study, **values)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return False
        messages.success(request, f"{len(studies)} assigned to {values['assignee']}.")
        return True

    def take_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take an assignment back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404("There is no such assignment in your reviews.")
        slug = row.study.review.slug
        if not standing_of(request).may(Act.ADJUDICATE, row.study.review_id):
            raise PermissionDenied("Your role in the review does not cover assigning work.")
        try:
            unassign(by=person_of(request), assignment=row)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, "The assignment is taken back.")
        return HttpResponseRedirect(reverse("admin:evidence_progress", args=[slug]))
