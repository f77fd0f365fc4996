"""The hint on a page that somebody else has it open too."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.utils.text import get_text_list

from evidence.admin.restricted import RestrictedAdmin
from evidence.admin.standing import person_of
from evidence.models import EditingMark
from evidence.services.presence import mark_editing, others_editing

SAYS = "{who} {has} this page open too. What you both change, the second to save is asked about."
# The part of a page that people share; an own extraction is nobody else's.
SHARED = ("", "consensus")


def editing_urls(pages: Any) -> list[Any]:
    """Give the address that an open page calls, for `get_urls` of an admin."""

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return editing_view(pages, request, pk)

    name = f"{pages.opts.app_label}_{pages.opts.model_name}_editing"
    return [path("<int:pk>/editing/", pages.admin_site.admin_view(view), name=name)]


def editing_view(pages: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the person has the page open, and say who else has."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = pages.get_object(request, str(pk))
    if row is None or not pages.has_change_permission(request, row):
        return JsonResponse({"says": ""}, status=404)
    page = page_name(request, row)
    others = mark_editing(by=person_of(request), review=row.owning_review, page=page) if page else []
    return JsonResponse({"says": sentence(others)})


def page_name(request: HttpRequest, row: Any) -> str:
    """Give the name of the page that people share, "" for one that only one person edits."""
    part = request.GET.get("extraction", "")
    return f"{row._meta.label_lower}:{row.pk}:{part or 'consensus'}" if part in SHARED else ""


def hint_for(request: HttpRequest, row: Any) -> str:
    """Say who else has the page open, "" where nobody has."""
    page = page_name(request, row)
    return sentence(others_editing(by=person_of(request), page=page)) if page else ""


def sentence(others: list[str]) -> str:
    """Give the hint in words."""
    return SAYS.format(who=get_text_list(others, "and"), has="has" if len(others) == 1 else "have") if others else ""


@admin.register(EditingMark)
class EditingMarkAdmin(RestrictedAdmin):
    """Who has which page open, to read; pages mark themselves, and marks go by themselves."""

    fields = list_display = ("page", "seen_by", "seen_at", "review")
    list_select_related = ("review", "seen_by")
    actions = None
