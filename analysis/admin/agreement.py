"""The page that says how far the readers of a review agree, and the same as a file."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path

from analysis.admin.downloads import FORMULA_STARTS
from analysis.engine.agreement import Agreement, Alpha, Coefficients, GroupAgreement, Imbalance, Undefined
from analysis.figures.text import number
from analysis.services.agreement import Asked, Line, Work, WorkAgreement, default_work, read_agreement
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review
from evidence.permissions import Act

ALL = "all readers"
# Where AC1 is so far above kappa, one answer is so frequent that kappa says little (Feinstein and Cicchetti 1990).
PARADOX = 0.2
COEFFICIENTS = ("percent", "kappa", "weighted_kappa", "ac", "pabak", "alpha")
COLUMNS = (
    *("part", "question", "first_reader", "second_reader", "items", "entered_by_one_only", "coefficient", "estimate"),
    *("se", "ci_lower", "ci_upper", "level", "ci_method", "weights_or_metric", "note"),
)
Found = Agreement | Alpha | Undefined | None


@dataclass(slots=True)
class Row:
    """One line of a table: a question, answered by two readers or by all.

    Attributes
    ----------
    cells : by coefficient, its text; a dash where it has no value
    notes : why coefficients have none
    table : how often each answer of the first met each of the second; by the answer of the first
    """

    readers: str
    items: int
    cells: dict[str, str]
    notes: list[str]
    is_paradox: bool
    headings: list[str] = field(default_factory=list)
    table: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    names: tuple[str, str] = ("", "")
    imbalance: Imbalance | None = None


@dataclass(slots=True)
class Question:
    """A question with its rows."""

    asked: Asked
    alone: int
    rows: list[Row]


@dataclass(slots=True)
class Part:
    """Questions under one heading, with the coefficients that any of them has."""

    title: str
    questions: list[Question] = field(default_factory=list)

    @property
    def is_ordinal(self) -> bool:
        """Whether any question has ordered answers."""
        return any(question.asked.scale.kind == "ordinal" for question in self.questions)

    @property
    def has_chance(self) -> bool:
        """Whether any question has answers that chance could agree on."""
        return any(question.asked.scale.kind != "number" for question in self.questions)


class ReviewPages(Protocol):
    """What the page needs of the admin that it is part of."""

    admin_site: AdminSite
    opts: Any


def agreement_urls(pages: ReviewPages) -> list[Any]:
    """Give the addresses of the page and its files, for `get_urls` of an admin."""
    view = pages.admin_site.admin_view

    def page(request: HttpRequest, slug: str, work: str = "") -> HttpResponse:
        return agreement_view(pages, request, slug, work)

    return [
        path("agreement/<slug:slug>/", view(page), name="analysis_agreement"),
        path("agreement/<slug:slug>/<slug:work>/", view(page), name="analysis_agreement_work"),
        path("agreement/<slug:slug>/<slug:work>.csv", view(file_view), name="analysis_agreement_file"),
    ]


def agreement_view(pages: ReviewPages, request: HttpRequest, slug: str, work: str = "") -> HttpResponse:
    """Show how far the readers of a review agree in one kind of work."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = _review_or_404(request, slug)
    chosen = _work_or_404(work) if work else default_work(review)
    found = read_agreement(by=person_of(request), review=review, work=chosen)
    context = {
        **pages.admin_site.each_context(request),
        "title": f"Agreement: {review.title}",
        "opts": pages.opts,
        "review": review,
        "work": chosen,
        "works": list(Work),
        "found": found,
        "parts": parts_of(found),
    }
    return TemplateResponse(request, "admin/analysis/agreement/page.html", context)


def file_view(request: HttpRequest, slug: str, work: str) -> HttpResponse:
    """Give the agreement in one kind of work as CSV, unrounded."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = _review_or_404(request, slug)
    found = read_agreement(by=person_of(request), review=review, work=_work_or_404(work))
    response = HttpResponse(csv_of(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{review.slug}-agreement-{work}.csv"'
    return response


def _review_or_404(request: HttpRequest, slug: str) -> Review:
    review = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    return review


def _work_or_404(work: str) -> Work:
    if work not in list(Work):
        raise Http404("There is no such kind of work.")
    return Work(work)


def parts_of(found: WorkAgreement) -> list[Part]:
    """Give the lines under their headings, ready for a page."""
    parts: dict[str, Part] = {}
    for line in found.lines:
        part = parts.setdefault(line.asked.part, Part(line.asked.part))
        part.questions.append(Question(line.asked, line.alone, list(_rows(line, found))))
    return list(parts.values())


def _rows(line: Line, found: WorkAgreement) -> Iterator[Row]:
    """Give the row of all readers, where there are more than two, and one of each pair."""
    agreement = line.agreement
    if agreement.overall is not None:
        yield _row(f"All {len(agreement.readers)} readers", agreement.n_items, agreement.overall)
    for pair in agreement.pairs:
        first, second = found.readers[pair.first], found.readers[pair.second]
        row = _row(f"{first} and {second}", pair.n_items, pair.coefficients)
        row.names = (first, second)
        row.headings = [line.asked.label_of(answer) for answer in pair.categories]
        row.table = list(zip(row.headings, pair.table, strict=True))
        row.imbalance = pair.imbalance
        yield row


def _row(readers: str, items: int, coefficients: Coefficients) -> Row:
    """Give the texts of one row."""
    found: dict[str, Found] = {name: getattr(coefficients, name) for name in COEFFICIENTS}
    notes = [one.sentence for one in found.values() if isinstance(one, Undefined)]
    cells = {name: _cell(one, is_share=name == "percent") for name, one in found.items()}
    return Row(readers, items, cells, _sentences(notes), _is_paradox(coefficients))


def _sentences(notes: list[str]) -> list[str]:
    """Give the notes as sentences, each once."""
    return [f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(notes)]


def _cell(found: Found, *, is_share: bool) -> str:
    """Give a coefficient with its interval: “0.68 [0.50, 0.85]”, of a share “89% [81, 94]”."""
    if not isinstance(found, Agreement | Alpha):
        return "–"

    def say(value: float) -> str:
        return number(100.0 * value, decimals=0) if is_share else number(value, decimals=2)

    said = say(found.estimate) + ("%" if is_share else "")
    has_interval = found.ci_lower is not None and found.ci_upper is not None
    return f"{said} [{say(found.ci_lower or 0.0)}, {say(found.ci_upper or 0.0)}]" if has_interval else said


def _is_paradox(coefficients: Coefficients) -> bool:
    """Whether kappa is low or undefined only because nearly all answers are the same."""
    ac, kappa, share = coefficients.ac, coefficients.kappa, coefficients.percent
    if not isinstance(ac, Agreement) or not isinstance(share, Agreement) or share.estimate < 1.0 - PARADOX:
        return False
    return not isinstance(kappa, Agreement) or ac.estimate - kappa.estimate > PARADOX


def csv_of(found: WorkAgreement) -> str:
    """Give one row for each question, readers and coefficient; numbers unrounded, shares as fractions."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for line in found.lines:
        for readers, items, coefficients in _sides(line.agreement, found):
            about = {
                "part": _safe(line.asked.part),
                "question": _safe(line.asked.title),
                "first_reader": _safe(readers[0]),
                "second_reader": _safe(readers[1]),
                "items": items,
                "entered_by_one_only": line.alone,
            }
            for name in COEFFICIENTS:
                one: Found = getattr(coefficients, name)
                if one is not None:
                    writer.writerow(about | {"coefficient": name} | _values(one))
    return file.getvalue()


def _sides(agreement: GroupAgreement, found: WorkAgreement) -> Iterator[tuple[tuple[str, str], int, Coefficients]]:
    """Give who is compared, over how many items, with what result."""
    if agreement.overall is not None:
        yield (ALL, ALL), agreement.n_items, agreement.overall
    for pair in agreement.pairs:
        yield (found.readers[pair.first], found.readers[pair.second]), pair.n_items, pair.coefficients


def _values(found: Agreement | Alpha | Undefined) -> dict[str, Any]:
    """Give the numbers of a coefficient by column, or why there are none."""
    if isinstance(found, Undefined):
        return {"note": found.sentence}
    how = found.metric if isinstance(found, Alpha) else found.weights
    numbers = {name: getattr(found, name) for name in ("estimate", "se", "ci_lower", "ci_upper", "level", "ci_method")}
    return numbers | {"weights_or_metric": how}


def _safe(text: str) -> str:
    """Give a text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
