"""What the pages of imports have in common: the review, the format and the upload of an address."""

from typing import Any, Protocol

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from evidence.admin.standing import standing_of
from evidence.importers.asking import Format
from evidence.importers.formats import FORMATS
from evidence.models import Review, Upload
from evidence.permissions import Act
from evidence.uploading import act_of


class UploadPages(Protocol):
    """What the pages need of the admin that they are part of."""

    admin_site: AdminSite
    opts: Any


def review_or_404(request: HttpRequest, slug: str) -> Review:
    """Give a review of the person."""
    review = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    return review


def format_or_404(request: HttpRequest, review: Review, code: str) -> Format:
    """Give the format that an address names; refuse who may not bring it in."""
    found = FORMATS.get(code)
    if found is None:
        raise Http404("There is no such format.")
    if not standing_of(request).may(found.act, review.pk):
        raise PermissionDenied
    return found


def upload_or_404(request: HttpRequest, pk: int) -> Upload:
    """Give an upload to a review of the person; refuse who may not bring such a file in, as it shows what is in it."""
    rows = Upload.objects.visible_to(request.user).select_related("review", "made_by", "loaded_by", "act")
    upload: Upload | None = rows.filter(pk=pk).first()
    if upload is None:
        raise Http404("There is no such import in your reviews.")
    if not may_open(request, upload):
        raise PermissionDenied
    return upload


def may_open(request: HttpRequest, upload: Upload) -> bool:
    """Whether the person may see what an upload holds."""
    return standing_of(request).may(act_of(upload), upload.review_id)


def title_of(code: str) -> str:
    """Give what a format is called."""
    return FORMATS[code].title if code in FORMATS else code


def show(pages: UploadPages, request: HttpRequest, review: Review, name: str, /, **context: Any) -> HttpResponse:
    """Show a page of imports or exports."""
    shared = {**pages.admin_site.each_context(request), "opts": pages.opts, "review": review}
    return TemplateResponse(request, f"admin/evidence/uploading/{name}.html", {**shared, **context})


def back_to(name: str, *arguments: Any) -> HttpResponseRedirect:
    """Go to a page of imports."""
    return HttpResponseRedirect(reverse(f"admin:evidence_upload_{name}", args=arguments))


def refuse(request: HttpRequest, error: ValidationError) -> None:
    """Say why something was not done."""
    for sentence in error.messages:
        messages.error(request, sentence)
