"""Manuscripts: the list of a review, the page to write one, and its files."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from analysis.admin.outline import outline_of
from analysis.admin.scoped import ReadOnlyAdmin
from analysis.admin.writing_forms import BlockForm, DetailsForm
from analysis.models import Analysis, Block, Manuscript
from analysis.reporting import FORMATS, CannotWrite, NoSuchFormat, build_document, write_file
from analysis.reporting.writers.html import page_of
from analysis.services.manuscripts import Numbers, begin_manuscript, move_block, remove_block, remove_manuscript
from evidence.admin.scoped import ReviewFilter
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review
from evidence.permissions import Act

ACTS = ("up", "down", "remove")
NOT_YOURS = "Your role in the review does not cover writing its manuscripts."
NONE_SUCH = "There is no such manuscript among yours."
WHOLE, EMPTY = "whole", "empty"


@admin.register(Manuscript)
class ManuscriptAdmin(ReadOnlyAdmin):
    """Manuscripts are written on pages of their own; the list leads to them."""

    list_display = ("title", "review", "updated_at", "updated_by", "pages")
    list_filter = (ReviewFilter,)
    search_fields = ("title", "slug")
    list_select_related = ("review", "updated_by")

    @admin.display(description="pages")
    def pages(self, row: Any) -> SafeString:
        """Links to writing and reading."""
        addresses = [reverse(f"admin:analysis_manuscript_{name}", args=[row.pk]) for name in ("write", "preview")]
        return format_html('<a href="{}">Write</a> · <a href="{}">Read</a>', *addresses)

    def get_urls(self) -> list[Any]:
        """Add the pages of writing."""
        view, name = self.admin_site.admin_view, "analysis_manuscript_{}".format
        one = "<int:manuscript_id>"
        return [
            path("of/<slug:slug>/", view(self.list_view), name="analysis_manuscripts"),
            path("of/<slug:slug>/begin/", view(self.begin_view), name=name("begin")),
            path(f"{one}/write/", view(self.write_view), name=name("write")),
            path(f"{one}/about/", view(self.about_view), name=name("about")),
            path(f"{one}/numbers/", view(self.numbers_view), name=name("numbers")),
            path(f"{one}/preview/", view(self.preview_view), name=name("preview")),
            path(f"{one}/remove/", view(self.remove_view), name=name("remove")),
            path(f"{one}/add/<slug:kind>/", view(self.add_block_view), name=name("add")),
            path(f"{one}/block/<int:block_id>/", view(self.block_view), name=name("block")),
            path(f"{one}/block/<int:block_id>/<slug:act>/", view(self.act_view), name=name("act")),
            path(f"{one}/file/<slug:form>/", view(self.file_view), name=name("file")),
            *super().get_urls(),
        ]

    # The manuscripts of a review

    def list_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the manuscripts of a review, and begin one."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        review = self.review_or_404(request, slug)
        rows = Manuscript.objects.filter(review=review).select_related("updated_by").order_by("title", "pk")
        context = {
            "title": f"Manuscripts: {review.title}",
            "review": review,
            "manuscripts": rows,
            "has_snapshots": bool(Numbers(review).newest),
            "may_write": standing_of(request).may(Act.ANALYSE, review.pk),
        }
        return self._show(request, "list", context)

    def begin_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Begin a manuscript, whole or empty, and go on to writing it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        review = self.review_or_404(request, slug)
        title = request.POST.get("title", "").strip() or review.title
        short = slugify(request.POST.get("slug", "")) or slugify(title)[:60]
        is_whole = request.POST.get("how") == WHOLE
        try:
            row = begin_manuscript(by=person_of(request), review=review, title=title, slug=short, is_whole=is_whole)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(reverse("admin:analysis_manuscripts", args=[slug]))
        messages.success(request, "The manuscript is begun.")
        return self._to(row, "write")

    # One manuscript

    def write_view(self, request: HttpRequest, manuscript_id: int) -> HttpResponse:
        """Show the blocks of a manuscript in their order, with what can be done."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.manuscript_or_404(request, manuscript_id)
        outline = outline_of(row)
        context = {
            "title": row.title,
            "manuscript": row,
            "outline": outline,
            "kinds": Block.Kind.choices,
            "formats": FORMATS.items(),
            "may_write": standing_of(request).may(Act.ANALYSE, row.review_id),
        }
        return self._show(request, "write", context)

    def about_view(self, request: HttpRequest, manuscript_id: int) -> HttpResponse:
        """Change title, authors, abstract and the style of references."""
        row = self.writable_or_refuse(request, manuscript_id)
        form = DetailsForm(request.POST if request.method == "POST" else None, instance=row)
        if request.method == "POST" and form.is_valid() and form.store(by=person_of(request)):
            messages.success(request, "Saved.")
            return self._to(row, "write")
        return self._form(request, row, form, "Title, authors and abstract")

    def add_block_view(self, request: HttpRequest, manuscript_id: int, kind: str) -> HttpResponse:
        """Add a block of a kind to the end."""
        row = self.writable_or_refuse(request, manuscript_id)
        if kind not in Block.Kind.values:
            raise Http404("There is no such kind of block.")
        return self._edit(request, row, Block(manuscript=row, kind=kind), f"Add: {Block.Kind(kind).label}")

    def block_view(self, request: HttpRequest, manuscript_id: int, block_id: int) -> HttpResponse:
        """Change a block."""
        row = self.writable_or_refuse(request, manuscript_id)
        block = get_object_or_404(Block, manuscript=row, pk=block_id)
        return self._edit(request, row, block, block.get_kind_display())

    def _edit(self, request: HttpRequest, row: Manuscript, block: Block, title: str) -> HttpResponse:
        """Show the form of a block, or save what it says."""
        numbers = Numbers(row.review)
        form = BlockForm(request.POST if request.method == "POST" else None, instance=block, numbers=numbers)
        if request.method == "POST" and form.is_valid() and form.store(by=person_of(request)):
            messages.success(request, "Saved.")
            return self._to(row, "write", mark=f"block-{block.pk}")
        main = [one for one in numbers.analyses.values() if one.kind == Analysis.Kind.MAIN and one.pk in numbers.newest]
        listed = [(one, numbers.listed(one)) for one in main] if block.kind == Block.Kind.TEXT else []
        return self._form(request, row, form, title, listed=listed)

    def act_view(self, request: HttpRequest, manuscript_id: int, block_id: int, act: str) -> HttpResponse:
        """Move a block up or down, or remove it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.writable_or_refuse(request, manuscript_id)
        block = get_object_or_404(Block, manuscript=row, pk=block_id)
        if act not in ACTS:
            raise Http404("There is no such act.")
        if act == "remove":
            remove_block(by=person_of(request), block=block)
            messages.success(request, "The block is removed.")
            return self._to(row, "write")
        move_block(by=person_of(request), block=block, up=act == "up")
        return self._to(row, "write", mark=f"block-{block.pk}")

    def remove_view(self, request: HttpRequest, manuscript_id: int) -> HttpResponse:
        """Remove a manuscript with its blocks."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.writable_or_refuse(request, manuscript_id)
        review = row.review
        remove_manuscript(by=person_of(request), manuscript=row)
        messages.success(request, "The manuscript is removed; its history is kept.")
        return HttpResponseRedirect(reverse("admin:analysis_manuscripts", args=[review.slug]))

    def numbers_view(self, request: HttpRequest, manuscript_id: int) -> HttpResponse:
        """Show every number that can be bound, with how it reads now."""
        row = self.manuscript_or_404(request, manuscript_id)
        numbers = Numbers(row.review)
        chosen = [one for one in numbers.analyses.values() if one.slug == request.GET.get("analysis", "")]
        context = {
            "title": "Numbers to bind",
            "manuscript": row,
            "analyses": [one for one in numbers.analyses.values() if one.pk in numbers.newest],
            "listed": [(one, numbers.listed(one)) for one in chosen],
        }
        return self._show(request, "numbers", context)

    def preview_view(self, request: HttpRequest, manuscript_id: int) -> HttpResponse:
        """Show the manuscript as readers will see it."""
        row = self.manuscript_or_404(request, manuscript_id)
        back = reverse("admin:analysis_manuscript_write", args=[row.pk])
        return HttpResponse(page_of(build_document(row), back=back))

    def file_view(self, request: HttpRequest, manuscript_id: int, form: str) -> HttpResponse:
        """Give the manuscript as a file."""
        row = self.manuscript_or_404(request, manuscript_id)
        try:
            written = write_file(row, form)
        except NoSuchFormat as error:
            raise Http404(str(error)) from error
        except CannotWrite as error:
            messages.error(request, str(error))
            return self._to(row, "write")
        headers = {"Content-Disposition": f'attachment; filename="{written.name}"'}
        return HttpResponse(written.content, content_type=written.media_type, headers=headers)

    def review_or_404(self, request: HttpRequest, slug: str) -> Review:
        """Give a review of the person."""
        review: Review | None = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
        if review is None:
            raise Http404("There is no such review among yours.")
        return review

    def manuscript_or_404(self, request: HttpRequest, manuscript_id: int) -> Manuscript:
        """Give a manuscript of the person's reviews."""
        reviews = standing_of(request).reviews(Act.VIEW)
        rows = Manuscript.objects.filter(review__in=reviews).select_related("review", "updated_by")
        found: Manuscript | None = rows.filter(pk=manuscript_id).first()
        if found is None:
            raise Http404(NONE_SUCH)
        return found

    def writable_or_refuse(self, request: HttpRequest, manuscript_id: int) -> Manuscript:
        """Give a manuscript that the person may write."""
        row = self.manuscript_or_404(request, manuscript_id)
        if not standing_of(request).may(Act.ANALYSE, row.review_id):
            raise PermissionDenied(NOT_YOURS)
        return row

    def _form(self, request: HttpRequest, row: Manuscript, form: Any, title: str, **others: Any) -> HttpResponse:
        context = {"title": title, "manuscript": row, "form": form, **others}
        return self._show(request, "form", context, status=422 if form.is_bound and form.errors else 200)

    def _show(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/analysis/manuscripts/{name}.html", shared | context, status=status)

    def _to(self, row: Manuscript, name: str, mark: str = "") -> HttpResponse:
        address = reverse(f"admin:analysis_manuscript_{name}", args=[row.pk])
        return HttpResponseRedirect(f"{address}#{mark}" if mark else address)


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    """The blocks of all manuscripts, to read; they are written on the page of their manuscript."""

    list_display = ("__str__", "kind", "manuscript", "position")
    list_filter = (ReviewFilter, "kind")
    list_select_related = ("manuscript",)
    search_fields = ("title", "text")
