"""Settling contradictions that a report prints."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from evidence.admin.extractions import PartOfStudy, WhoseFilter
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter
from evidence.admin.sentences import SpeakingForm
from evidence.admin.standing import holder_path, person_of, standing_of
from evidence.models import ArmResult, ContrastResult, Settlement
from evidence.permissions import Act
from evidence.plausibility import plain
from evidence.services import settle


class SettlementForm(SpeakingForm):
    """The decision about one contradictory result."""

    def clean(self) -> dict[str, Any]:
        """Ask for the one result that the decision is about, and take over its extraction."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is not None:
            return cleaned
        named = [cleaned[name] for name in ("arm_result", "contrast_result") if cleaned.get(name)]
        if len(named) != 1:
            raise forms.ValidationError("A settlement is about one result: of an arm, or of a contrast.")
        result = named[0]
        self.instance.extraction = result.arm.extraction if cleaned.get("arm_result") else result.extraction
        return cleaned


@admin.register(Settlement)
class SettlementAdmin(PartOfStudy):
    """Decisions about contradictions."""

    form = SettlementForm
    is_added_elsewhere = False
    list_display = ("__str__", "value", "ci_lower", "ci_upper", "settled_by", "settled_at", "study_page")
    list_filter = (ReviewFilter, WhoseFilter)
    list_select_related = (
        *("arm_result__arm", "arm_result__instrument", "contrast_result__first_arm", "contrast_result__second_arm"),
        *("contrast_result__instrument", "extraction__study", "settled_by"),
    )
    search_fields = ("reason", "extraction__study__label")
    autocomplete_fields = ("arm_result", "contrast_result")
    fixed_after_creation = ("arm_result", "contrast_result", "settled_at", "settled_by")
    fieldsets = [
        (
            None,
            {
                "description": "The printed numbers stay as they are; analyses use the settled ones.",
                "fields": ("arm_result", "contrast_result", "value", ("ci_lower", "ci_upper"), "reason"),
            },
        )
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show who settled it and when, once it is."""
        asked = [name for name in ("arm_result", "contrast_result") if request.GET.get(name, "").isdecimal()]
        if obj is None and len(asked) == 1:
            return self._about(request, asked[0])
        shown = [(None, {"fields": (("settled_by", "settled_at"),)})] if obj is not None else []
        return [*super().get_fieldsets(request, obj), *shown]

    def _about(self, request: HttpRequest, name: str) -> Any:
        """Give the page for one result, with the numbers that are to be settled."""
        model = ArmResult if name == "arm_result" else ContrastResult
        row = self.choices_of(model, request, None).filter(pk=request.GET[name]).first()
        printed = {
            "mean": getattr(row, "mean", None),
            "estimate": getattr(row, "estimate", None),
            "CI lower limit": getattr(row, "ci_lower", None),
            "CI upper limit": getattr(row, "ci_upper", None),
        }
        numbers = ", ".join(f"{label} {plain(value)}" for label, value in printed.items() if value is not None)
        said = f"The report prints: {numbers}. " if numbers else ""
        fields = (name, "value", ("ci_lower", "ci_upper"), "reason")
        return [
            (None, {"description": f"{said}The printed numbers stay; analyses use the settled ones.", "fields": fields})
        ]

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the results that are marked as printed so, in extractions that the person may change."""
        standing, path = standing_of(request), holder_path(remote)
        agreed = Q(**{f"{path}__is_consensus": True, f"{remote.review_path}__in": standing.reviews(Act.ADJUDICATE)})
        own = Q(**{f"{path}__reviewer": standing.user})
        return super().choices_of(remote, request, review_id).filter(agreed | own, is_printed_so=True)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Settle through the service."""
        if change:
            super().save_model(request, obj, form, change)
            return
        decided = {name: form.cleaned_data[name] for name in ("value", "ci_lower", "ci_upper", "reason")}
        with tied_to(None):
            made = settle(by=person_of(request), result=obj.arm_result or obj.contrast_result, **decided)
        obj.pk, obj._state.adding = made.pk, False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A decision may be changed also where the extraction is complete, by those who may change its numbers."""
        standing = standing_of(request)
        if obj is None:
            return standing.may_somewhere(Act.RECORD)
        return standing.may_write(obj.extraction)
