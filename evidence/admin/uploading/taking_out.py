"""What is agreed in a review, as files for other programs."""

from collections.abc import Iterator
from itertools import chain

from django.core.exceptions import ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse

from evidence.admin.standing import person_of
from evidence.admin.uploading.asking import UploadPages, refuse, review_or_404, show
from evidence.admin.uploading.naming import attachment
from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS


def out_view(pages: UploadPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the files that the review can be taken out as."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = review_or_404(request, slug)
    return show(pages, request, review, "out", title=f"Take out: {review.title}", exports=list(EXPORTS.values()))


def file_view(pages: UploadPages, request: HttpRequest, slug: str, export: str) -> HttpResponse | StreamingHttpResponse:
    """Give one of these files, part by part."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = review_or_404(request, slug)
    chosen = EXPORTS.get(export)
    if chosen is None:
        raise Http404("There is no such export.")
    parts: Iterator[bytes] = iter(chosen.write(Order(by=person_of(request), review=review)))
    try:
        first = next(parts, b"")
    except ValidationError as error:
        refuse(request, error)
        return HttpResponseRedirect(reverse("admin:evidence_upload_out", args=[review.slug]))
    return StreamingHttpResponse(
        chain([first], parts), content_type=chosen.content_type, headers=attachment(review, chosen.code, chosen.ending)
    )
