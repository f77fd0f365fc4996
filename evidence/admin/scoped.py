"""The base of all pages: choices from the person's own reviews, writes through services, refusals as sentences."""

from copy import copy
from itertools import chain
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from simple_history.admin import SimpleHistoryAdmin

from evidence.admin import versions
from evidence.admin.hiding import hidden_rows
from evidence.admin.plainly import fieldsets_shown_plainly, plain_columns, shown_plainly
from evidence.admin.presence import editing_urls, hint_for, page_name
from evidence.admin.rows import put_rows, remove_rows, tied_to
from evidence.admin.sentences import RowRefused, SpeakingForm, speak
from evidence.admin.standing import person_of, standing_of
from evidence.models import EvidenceRow, Review
from evidence.permissions import Act
from evidence.services import record, remove
from evidence.services.holding import hold


def number_box(inputmode: str) -> dict[str, Any]:
    """Give a text box for a number: a number box of the browser would silently drop what it cannot read."""
    return {"widget": forms.TextInput(attrs={"inputmode": inputmode, "class": "number", "autocomplete": "off"})}


WHOLE = number_box("numeric")
DECIMAL = number_box("decimal")
NO_HISTORY = "There is no such row among those of your reviews."
NUMBERS_AND_ADDRESSES: dict[Any, Any] = {
    models.IntegerField: WHOLE,
    models.DecimalField: DECIMAL,
    models.URLField: {"assume_scheme": "https"},
}


class ReviewAutocomplete(AutocompleteSelect):
    """Select2 over rows of one review. The chosen row is shown from `choices`, which are read once per page."""

    review_id: int | None = None

    def get_url(self) -> str:
        """Give the address that search terms are sent to."""
        url = super().get_url()
        return f"{url}?review={self.review_id}" if self.review_id else url

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """Give the chosen option only; the others come by search."""
        chosen = {str(item) for item in value}
        options = [("", "")] if not self.is_required and not self.allow_multiple_selected else []
        options += [(pk, label) for pk, label in self.choices if str(pk) in chosen and str(pk)]
        subgroup = [
            self.create_option(name, pk, label, bool(str(pk)) and str(pk) in chosen, index)
            for index, (pk, label) in enumerate(options)
        ]
        return [(None, subgroup, 0)]


class ScopedFields:
    """Form fields whose choices are limited to the person's reviews and whose sentences name the field."""

    model: Any
    admin_site: Any
    formfield_overrides: ClassVar[Any] = NUMBERS_AND_ADDRESSES
    small_vocabularies: tuple[str, ...] = ()

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Give the form field with its sentences; links beside a choice are for adding only."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is None:
            return None
        speak(field, str(db_field.verbose_name))
        if isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_add_related &= db_field.remote_field.model is not Review
            field.widget.can_change_related = False
            field.widget.can_delete_related = False
            field.widget.can_view_related = False
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Limit the choices to the reviews the person records in, and to the page's review where that is known."""
        remote = db_field.remote_field.model
        if not issubclass(remote, EvidenceRow):
            return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        review_id = getattr(request, "review_in_hand", None)
        if "queryset" not in kwargs:
            kwargs["queryset"] = self.choices_of(remote, request, review_id)
        if db_field.name in self.small_vocabularies and "widget" not in kwargs:
            kwargs["widget"] = ReviewAutocomplete(db_field, self.admin_site)
            kwargs["widget"].review_id = review_id
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if db_field.name in self.small_vocabularies:
            field.choices = list(field.choices)
        return field

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Give the rows that a field of the page may point to."""
        related_admin = self.admin_site.get_model_admin(remote)
        rows = related_admin.get_queryset(request)
        if remote is not Review:
            path = remote.review_path
            rows = rows.filter(**{f"{path}__in": standing_of(request).reviews(Act.RECORD)})
            return rows.filter(**{path: review_id}) if review_id else rows
        return standing_of(request).reviews(Act.RECORD)


class ScopedInline(ScopedFields):
    """Rows on the page of their parent; who may change the parent may change them."""

    form: Any = SpeakingForm
    extra = 0
    change_act = Act.RECORD

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show numbers as they were entered where the rows are for reading."""
        fieldsets = super().get_fieldsets(request, obj)  # type: ignore[misc]
        return fieldsets if self._may(request, obj) else fieldsets_shown_plainly(self.model, fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Count the plain columns as shown where the rows are for reading."""
        readonly = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        if self._may(request, obj):
            return readonly
        return (*readonly, *plain_columns(self.model))

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        standing = standing_of(request)
        return (
            standing.may_somewhere(self.change_act)
            if obj is None
            else standing.may(self.change_act, obj.owning_review.pk)
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees the parent sees its rows."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be added."""
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be changed."""
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be deleted."""
        return self._may(request, obj)


class ScopedAdmin(ScopedFields, SimpleHistoryAdmin):
    """The page and the list of one model."""

    form = SpeakingForm
    actions = None
    show_full_result_count = False
    list_per_page = 50
    fixed_after_creation: tuple[str, ...] = ()
    """Fields that say where a row belongs: choosable when it is made, shown afterwards."""
    is_added_elsewhere = False
    """Whether rows are added on the page of their study only."""
    object_history_list_template = "admin/evidence/history_list.html"

    class Media:
        js = ("quorum/admin.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the rows that the person may read."""
        return standing_of(request).readable(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Narrow an autocomplete to the review of the page that asks."""
        review = request.GET.get("review", "")
        if request.path.endswith("/autocomplete/") and review.isdecimal():
            queryset = queryset.filter(**{self.model.review_path or "pk": int(review)})
        return super().get_search_results(request, queryset, search_term)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show numbers as they were entered."""
        return shown_plainly(self.model, super().get_list_display(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show numbers as they were entered where the page is for reading."""
        fieldsets = super().get_fieldsets(request, obj)
        is_to_read = obj is not None and not self.has_change_permission(request, obj)
        return fieldsets_shown_plainly(self.model, fieldsets) if is_to_read else fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what cannot be changed once the row exists; of an earlier version everything, to who may only read."""
        fixed = self.fixed_after_creation if obj is not None else ()
        shown = (*super().get_readonly_fields(request, obj), *fixed)
        if not getattr(request, "shows_earlier_version", False) or self.has_change_permission(request, obj):
            return shown
        request.shows_earlier_version = False  # type: ignore[attr-defined]
        shown = (*shown, *flatten_fieldsets(self.get_fieldsets(request, obj)))
        request.shows_earlier_version = True  # type: ignore[attr-defined]
        return shown

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the model to members of any review."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may read the row, or any row."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.VIEW) if obj is None else standing.may_read(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person records in any review."""
        return not self.is_added_elsewhere and standing_of(request).may_somewhere(Act.RECORD)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may change the row, or any row."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.RECORD) if obj is None else standing.may_write(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change a row may delete it."""
        return self.has_change_permission(request, obj)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show or save the page; what a service refuses comes back as a sentence at its row, and nothing is saved."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RowRefused as refusal:
            self.forget(request)
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def forget(self, request: HttpRequest) -> None:
        """Drop what was kept on the request while a page was saved that is now shown again."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the form, with what a service refused the last time it was saved."""
        if obj is not None:
            request.review_in_hand = obj.owning_review.pk  # type: ignore[attr-defined]
        change = change or ("fields" not in kwargs and getattr(request, "shows_earlier_version", False))
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal: RowRefused | None = getattr(request, "refusal", None)
        if refusal is not None and refusal.prefix is None:
            form.refusal = refusal
        return form

    def get_urls(self) -> list[Any]:
        """Add what an open page calls."""
        return [*editing_urls(self), *super().get_urls()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Give the row; one that is being saved is held until it is, so that of two people one is told of the other."""
        if request.method == "POST" and connection.in_atomic_block and object_id.isdecimal():
            hold(self.model, int(object_id))
        return super().get_object(request, object_id, from_field)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what the page is based on."""
        sets = (inline.formset for inline in context["inline_admin_formsets"])
        shown = [context["adminform"].form, *chain.from_iterable(one.forms for one in sets)]
        context["based_on"] = versions.write_box(shown, versions.read_box(request.POST))
        obj = kwargs.get("obj")
        if obj is not None and self.has_change_permission(request, obj):
            context |= {"editing_says": hint_for(request, obj), "is_shared_page": bool(page_name(request, obj))}
        return super().render_change_form(request, context, *args, **kwargs)

    def _create_formsets(self, request: Any, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)
        for formset in formsets if request.method == "POST" else ():
            tell_of_gone(formset)
        refusal: RowRefused | None = getattr(request, "refusal", None)
        if refusal is not None and refusal.prefix is not None:
            for form in (form for formset in formsets for form in formset.forms if form.prefix == refusal.prefix):
                form.refusal = refusal
        return formsets, inlines

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, which checks the role and writes who did it."""
        with tied_to(None):
            record(by=person_of(request), row=obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows of an inline through the service."""
        remove_rows(formset, by=request.user)
        put_rows(formset, by=request.user, attach=lambda row: setattr(row, formset.fk.name, formset.instance))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Give what would be deleted, and what is in the way; of extractions that are not to be read, only how many."""
        hidden = hidden_rows(objs, standing_of(request))
        if not hidden:
            return super().get_deleted_objects(objs, request)
        return [], {}, set(), [f"{hidden} rows in extractions or assessments of single readers, which are not open yet"]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete through the service."""
        remove(by=person_of(request), row=obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Delete after asking; a row that others depend on is kept, and the page says why."""
        try:
            with tied_to(None):
                return super().delete_view(request, object_id, extra_context)
        except RowRefused as refusal:
            self.message_user(request, " ".join(refusal.messages), level="ERROR")
            return HttpResponseRedirect(request.path)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """History is for reading; a correction is a new entry."""
        return True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show what a row was; one that the person may not read is answered as one that there is not."""
        try:
            return super().history_view(request, object_id, extra_context)
        except PermissionDenied as error:
            raise Http404(NO_HISTORY) from error

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show an earlier version."""
        if request.method == "POST":
            raise PermissionDenied("An earlier version is for reading; enter the correction on the row's page.")
        request.shows_earlier_version = True  # type: ignore[attr-defined]
        page = copy(self)
        page.prepopulated_fields = {}  # there is nothing to fill in
        try:
            return super(ScopedAdmin, page).history_form_view(request, object_id, version_id, extra_context)
        except PermissionDenied as error:
            raise Http404(NO_HISTORY) from error


def tell_of_gone(formset: Any) -> None:
    """Say of rows that the page still shows and somebody else has deleted that they are gone."""
    key = formset.model._meta.pk.name
    for form in formset.initial_forms:
        if form.instance.pk is None and key in form.fields:
            pk = formset.data.get(form.add_prefix(key), "")
            said = versions.gone_sentence(formset.model, pk) if pk.isdecimal() else ""
            form.fields[key].error_messages["invalid_choice"] = said
            form.refusal = ValidationError(said)


class ReviewFilter(admin.SimpleListFilter):
    """Rows of one of the person's reviews."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Give the person's reviews."""
        return list(standing_of(request).reviews(Act.VIEW).order_by("title").values_list("pk", "title"))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list."""
        value = self.value()
        return queryset.filter(**{queryset.model.review_path: value}) if value and str(value).isdecimal() else queryset
