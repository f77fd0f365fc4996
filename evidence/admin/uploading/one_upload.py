"""One import: how far it is, what it would do, and what came of it; confirming it, discarding it, beginning again."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
    StreamingHttpResponse,
)

from evidence.admin.standing import person_of, standing_of
from evidence.admin.uploading.asking import UploadPages, back_to, refuse, show, title_of, upload_or_404
from evidence.admin.uploading.naming import attachment
from evidence.admin.uploading.previewing import FATES, Wanted, choices_of, sections_of
from evidence.exporters.neutral import neutral
from evidence.importers.changes import Fate
from evidence.importers.formats import FORMATS
from evidence.models import Upload
from evidence.permissions import Act
from evidence.uploading import Told, confirm, discard, stage_of, start_again, told_of, words_for

HEADS = ("fate", "kind of row", "file", "line", "row", "column", "before", "after", "reason")
ACTS = {"confirm": confirm, "again": start_again, "discard": discard}


def page_view(pages: UploadPages, request: HttpRequest, upload_id: int) -> HttpResponse:
    """Show an import as it stands."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    upload = upload_or_404(request, upload_id)
    stage = stage_of(upload)
    is_lost = upload.is_at_work and stage.is_lost
    told, wanted = told_of(upload), Wanted.of(request.GET)
    sections = sections_of(told, wanted)
    earlier = Upload.objects.of_review(upload.review).filter(digest=upload.digest, status=Upload.Status.LOADED)
    return show(
        pages,
        request,
        upload.review,
        "page",
        title=f"Import of {upload.name}",
        upload=upload,
        format=title_of(upload.format),
        answers=answers_in_words(upload),
        stage=stage,
        at=words_for(stage.what),
        is_lost=is_lost,
        is_working=upload.is_at_work and not is_lost,
        told=told,
        has_records="records" in told.rows,
        counts=counts_of(told),
        sections=sections,
        fits=any(one.fitting for one in sections if one.is_shown),
        wanted=wanted,
        all_link=wanted.link(""),
        narrowing=choices_of(told),
        several_files=len({one.file for one in told.problems} | {upload.name}) > 1,
        is_whole=upload.status in (Upload.Status.PREVIEWED, Upload.Status.REFUSED, Upload.Status.LOADED),
        earlier=earlier.exclude(pk=upload.pk).select_related("loaded_by").first(),
        may_undo=standing_of(request).may(Act.ADJUDICATE, upload.review_id),
    )


def answers_in_words(upload: Upload) -> list[tuple[str, str]]:
    """Give what was answered to the format's questions."""
    given: dict[str, str] = json.loads(upload.answers)
    known = FORMATS.get(upload.format)
    labels = {one.name: one for one in known.questions} if known else {}
    found = []
    for name, answer in given.items():
        question = labels.get(name)
        words = dict(question.choices).get(answer, answer) if question else answer
        found.append((question.label if question else name, "yes" if words == "true" else words))
    return found


def counts_of(told: Told) -> list[tuple[str, Any]]:
    """Give the counts by kind of row, of kinds that the file has."""
    shown = [
        (name, one) for name, one in told.rows.items() if any(one.as_tuple()[:3]) or one.left_out or one.duplicates
    ]
    return [(words_for(name).capitalize(), one) for name, one in shown]


def state_view(pages: UploadPages, request: HttpRequest, upload_id: int) -> HttpResponse:
    """Tell a page how far the work is."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    upload = upload_or_404(request, upload_id)
    stage = stage_of(upload)
    is_working = upload.is_at_work and not stage.is_lost
    told = {"is_working": is_working, "status": upload.status, "done": stage.done, "of": stage.of}
    told["what"] = words_for(stage.what)
    return JsonResponse(told, headers={"Cache-Control": "no-store"})


def act_view(pages: UploadPages, request: HttpRequest, upload_id: int, deed: str) -> HttpResponse:
    """Confirm an import, discard it, or begin it again."""
    if deed not in ACTS:
        raise Http404("There is nothing like that to do.")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    upload = upload_or_404(request, upload_id)
    try:
        ACTS[deed](by=person_of(request), upload=upload)
    except ValidationError as error:
        refuse(request, error)
    return back_to("page", upload.pk)


def rows_view(pages: UploadPages, request: HttpRequest, upload_id: int) -> HttpResponse | StreamingHttpResponse:
    """Give all that the preview tells, or what of it is asked for, as a CSV file."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    upload = upload_or_404(request, upload_id)
    wanted = Wanted.of(request.GET)
    lines = lines_of(told_of(upload), wanted)
    name = f"import-{upload.pk}{f'-{wanted.show}' if wanted.show else ''}"
    return StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8", headers=attachment(upload.review, name, ".csv")
    )


def lines_of(told: Told, wanted: Wanted) -> Iterator[bytes]:
    """Give the lines of that file; a row that changes has one for each column that does."""
    yield _line(("\ufeff" + HEADS[0], *HEADS[1:]))
    for fate, code, _ in FATES:
        if wanted.show not in ("", code):
            continue
        if fate is Fate.REFUSED:
            for problem in filter(wanted.has_problem, told.problems):
                yield _line((fate, "", problem.file, problem.line, "", problem.column, "", "", problem.rule))
            continue
        for one in filter(wanted.has_change, told.of_fate(fate)):
            start = (fate, words_for(one.table, 1), one.file, one.line, one.what)
            for two in one.differences:
                yield _line((*start, two.column, two.before, two.after, one.reason))
            if not one.differences:
                yield _line((*start, "", "", "", one.reason))


def _line(cells: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(["" if one is None else neutral(str(one)) for one in cells])
    return text.getvalue().encode()
