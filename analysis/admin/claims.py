"""What a manuscript prints about an analysis: rows on the page of the analysis, and a list to search."""

from typing import Any

from django.contrib import admin
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from analysis.admin.scoped import ReadOnlyAdmin
from analysis.models import Claim
from analysis.services import record_claim, remove_claim
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedInline
from evidence.permissions import Act


class ClaimFormSet(BaseInlineFormSet):
    """The printed numbers of an analysis."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Name the box that removes a row."""
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Remove this printed number"


class ClaimRows(ScopedInline, admin.TabularInline):
    """Printed numbers, to be held beside what is computed."""

    model = Claim
    change_act = Act.ANALYSE
    formset = ClaimFormSet
    fields = ("quantity", "measure", "as_printed", "place")
    verbose_name = "printed number"
    verbose_name_plural = "What the manuscript prints"

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Name each field for who hears the page: the heading of its column is no label of it."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = str(field.label)
        return field


def save_claims(formset: Any, *, by: Any) -> None:
    """Save the rows of the page through the service; a row whose keys changed replaces the old one."""
    formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
    for form in formset.forms:
        is_gone = form in formset.deleted_forms
        if not (is_gone or form.has_changed()):
            continue
        row, was_stored = form.instance, form.instance.pk is not None
        with tied_to(form.prefix):
            moved = was_stored and set(form.changed_data) & {"quantity", "measure", "place"}
            if was_stored and (is_gone or moved):
                remove_claim(by=by, claim=Claim.objects.get(pk=row.pk))
            if is_gone:
                formset.deleted_objects.extend([row] if was_stored else [])
                continue
            values = {name: getattr(row, name) for name in ("quantity", "measure", "as_printed", "place")}
            saved = record_claim(by=by, analysis=formset.instance, **values)
        if was_stored:
            formset.changed_objects.append((saved, form.changed_data))
        else:
            formset.new_objects.append(saved)


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """All printed numbers; they are edited on the page of their analysis."""

    list_display = ("analysis", "quantity", "measure", "as_printed", "place")
    list_filter = (ReviewFilter, "quantity")
    list_select_related = ("analysis",)
    search_fields = ("analysis__title", "as_printed", "place")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the analyses along."""
        return super().get_queryset(request).select_related("analysis__review")
