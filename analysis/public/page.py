"""The addresses of the public pages, and what they answer."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.cache import get_conditional_response
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from analysis import canonical
from analysis.public.citing import Citation, linked_data
from analysis.public.finding import Published, newest_number, published_or_404
from analysis.public.reading import page_of, published_forest, words_of
from analysis.reading import Reading

TEAM = "Review team of “{title}”"
# Caches of others may keep a page so long; it is marked as overtaken after that at the latest.
KEPT_SECONDS = 300
# As django.utils.html.json_script does: what could end the element or begin another one.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}
FILES = {"bib": "application/x-bibtex; charset=utf-8", "ris": "application/x-research-info-systems; charset=utf-8"}


@require_safe
def snapshot_view(request: HttpRequest, review: str, analysis: str, number: int) -> HttpResponseBase:
    """Show a published snapshot; who has it already is told so before anything is read."""
    published = published_or_404(review, analysis, number)
    etag = f'W/"{canonical.digest_of([_layout(), *published.marks])[:32]}"'
    known = get_conditional_response(request, etag=etag)
    response: HttpResponseBase = known or TemplateResponse(
        request, "public/snapshot.html", context_of(request, published)
    )
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response


@require_safe
def latest_view(request: HttpRequest, review: str, analysis: str) -> HttpResponse:
    """Lead to the newest published snapshot of an analysis."""
    response = HttpResponseRedirect(reverse("published", args=[review, analysis, newest_number(review, analysis)]))
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response


@require_safe
def citation_view(request: HttpRequest, review: str, analysis: str, number: int, kind: str) -> HttpResponse:
    """Give the citation as a file."""
    if kind not in FILES:
        raise Http404("A citation is there as bib and as ris.")
    published = published_or_404(review, analysis, number)
    citation = citation_of(request, published, words_of(Reading(published.snapshot)))
    text = citation.bibtex if kind == "bib" else citation.ris
    name = f"{review}-{analysis}-{number}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=FILES[kind], headers=headers)


@require_safe
def forest_view(request: HttpRequest, review: str, analysis: str, number: int) -> HttpResponse:
    """Give the forest plot as a picture of its own."""
    published = published_or_404(review, analysis, number)
    forest = published_forest(published, Reading(published.snapshot))
    if forest is None:
        raise Http404("The snapshot has no forest plot.")
    return HttpResponse(forest.svg, content_type="image/svg+xml")


def context_of(request: HttpRequest, published: Published) -> dict[str, Any]:
    """Give what the page shows."""
    page = page_of(published)
    citation = citation_of(request, published, page["says"])
    certain = page["certain"]
    studies = {row["label"]: next((one["citation"] for one in row["reports"]), "") for row in page["studies"]}
    data = linked_data(
        citation,
        question=published.analysis.question,
        certainty=certain.label if certain else "",
        studies=studies,
    )
    slugs = published.slugs
    return {
        **page,
        "published": published,
        "snapshot": published.snapshot,
        "publication": published.publication,
        "review": published.review,
        "analysis": published.analysis,
        "citation": citation,
        "linked_data": as_script(data),
        "successor_url": reverse("published", args=[*slugs, published.successor]) if published.successor else "",
        "latest_url": request.build_absolute_uri(reverse("published_latest", args=slugs)),
        "files": {
            kind: reverse("published_citation", args=[*slugs, published.snapshot.number, kind]) for kind in FILES
        },
        "forest_url": reverse("published_forest", args=[*slugs, published.snapshot.number]),
    }


def citation_of(request: HttpRequest, published: Published, says: str) -> Citation:
    """Give how a published snapshot is cited."""
    address = reverse("published", args=[*published.slugs, published.snapshot.number])
    site = settings.SITE_URL.rstrip("/")
    return Citation(
        team=TEAM.format(title=published.review.title),
        title=published.analysis.title,
        version=published.snapshot.number,
        published_on=published.publication.published_at.date(),
        url=f"{site}{address}" if site else request.build_absolute_uri(address),
        digest=published.snapshot.digest,
        abstract=says,
    )


def as_script(data: dict[str, Any]) -> SafeString:
    """Give data as JSON that can stand inside a script element, where nothing of it is read as HTML."""
    return mark_safe(json.dumps(data, ensure_ascii=False, indent=1).translate(ESCAPES))  # noqa: S308


@cache
def _layout() -> str:
    """Give the digest of the templates, so that a page that looks different is another one for caches."""
    root = Path(settings.BASE_DIR) / "templates"
    files = [*sorted((root / "public").glob("*.html")), root / "admin/analysis/snapshot/headline.html"]
    return canonical.digest("".join(file.read_text(encoding="utf-8") for file in files))


ADDRESS = "published/<slug:review>/<slug:analysis>/"
urlpatterns = [
    path(f"{ADDRESS}latest/", latest_view, name="published_latest"),
    path(f"{ADDRESS}<int:number>/", snapshot_view, name="published"),
    path(f"{ADDRESS}<int:number>/citation.<str:kind>", citation_view, name="published_citation"),
    path(f"{ADDRESS}<int:number>/forest.svg", forest_view, name="published_forest"),
]
