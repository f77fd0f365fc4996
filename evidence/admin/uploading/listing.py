"""The imports of a review, and where each stands."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from evidence.admin.standing import standing_of
from evidence.admin.uploading.asking import UploadPages, may_open, review_or_404, show, title_of
from evidence.importers.formats import FORMATS
from evidence.models import Upload
from evidence.permissions import Act
from evidence.uploading import stage_of

PER_PAGE = 50
Status = Upload.Status
# How each state is marked: what is good, what asks for a person, what went wrong.
MARKS = {
    Status.LOADED: "status-succeeded",
    Status.PREVIEWED: "is-caution",
    Status.REFUSED: "status-failed",
    Status.FAILED: "status-failed",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One import of the list."""

    upload: Upload
    format: str
    state: str
    mark: str
    may_open: bool


def list_view(pages: UploadPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the imports of a review, the latest first."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = review_or_404(request, slug)
    rows = Upload.objects.of_review(review).select_related("made_by", "loaded_by", "act").defer("preview")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    standing = standing_of(request)
    return show(
        pages,
        request,
        review,
        "list",
        title=f"Imports: {review.title}",
        page=page,
        lines=[line_of(request, upload) for upload in page.object_list],
        may_send=any(standing.may(one.act, review.pk) for one in FORMATS.values()),
        may_undo=standing.may(Act.ADJUDICATE, review.pk),
    )


def line_of(request: HttpRequest, upload: Upload) -> Line:
    """Give the line of an import."""
    is_lost = upload.is_at_work and stage_of(upload).is_lost
    state = "stopped answering" if is_lost else upload.get_status_display()
    if upload.act is not None and upload.act.undone_at is not None:
        return Line(upload, title_of(upload.format), "loaded, and undone since", "", may_open(request, upload))
    mark = "status-failed" if is_lost else MARKS.get(Status(upload.status), "")
    return Line(upload, title_of(upload.format), state, mark, may_open(request, upload))
