"""A study for readers: its reports, arms, results and risk of bias by the consensus, and which snapshots use it."""

from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib.admin import AdminSite
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path

from analysis import canonical
from analysis.admin.headlines import Headline, read_headlines
from analysis.models import Snapshot
from evidence.admin.standing import standing_of
from evidence.admin.symbols import tool_mark
from evidence.models import Arm, ArmResult, Assessment, ContrastResult, Extraction, Judgement, Study
from evidence.models.fields import trim
from evidence.permissions import Act
from evidence.tools import OVERALL, UnknownTool

SHOWN_OF_ARM = ("n", "mean", "sd", "se", "median", "q1", "q3", "events", "total", "percent")
SHOWN_BETWEEN = ("estimate", "standard_error", "ci_lower", "ci_upper", "t_value", "p_value", "n_first", "n_second")


@dataclass(frozen=True, slots=True)
class Use:
    """What the latest snapshot of an analysis makes of a study, and how many snapshots of it read the study at all."""

    snapshot: Snapshot
    is_ratio: bool
    effects: list[dict[str, Any]]
    reasons: list[str]
    snapshot_count: int


class Pages(Protocol):
    """What the page needs of the admin that it is part of."""

    admin_site: AdminSite
    opts: Any


def study_urls(pages: Pages) -> list[Any]:
    """Give the address of the page, for `get_urls` of an admin."""

    def view(request: HttpRequest, study_id: int) -> HttpResponse:
        return study_view(pages, request, study_id)

    return [path("study/<int:study_id>/", pages.admin_site.admin_view(view), name="analysis_study")]


def study_view(pages: Pages, request: HttpRequest, study_id: int) -> HttpResponse:
    """Show a study as everybody in its review may read it: the consensus, and what is made of it."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    reviews = standing_of(request).reviews(Act.VIEW)
    study = Study.objects.filter(pk=study_id, review__in=reviews).select_related("review", "companion_of").first()
    if study is None:
        raise Http404("There is no such study in your reviews.")
    consensus = Extraction.objects.filter(study=study, is_consensus=True).first()
    context = {
        **pages.admin_site.each_context(request),
        "opts": pages.opts,
        "title": study.label,
        "study": study,
        "consensus": consensus,
        "reports": list(study.reports.all()),
        "companions": list(study.companions.order_by("label")),
        "arms": arms_of(consensus),
        "contrasts": contrasts_of(consensus),
        "assessments": assessments_of(study),
        "uses": uses_of(study),
    }
    return TemplateResponse(request, "admin/analysis/study/page.html", context)


def arms_of(consensus: Extraction | None) -> list[dict[str, Any]]:
    """Give the arms of the consensus, each with its results as they are printed."""
    if consensus is None:
        return []
    rows = Arm.objects.filter(extraction=consensus).select_related("comparator_type").order_by("number")
    found: dict[int, list[dict[str, Any]]] = {}
    results = ArmResult.objects.filter(arm__extraction=consensus).select_related("instrument__outcome")
    for row in results.order_by("instrument__outcome__name", "week", "pk"):
        shown = {"row": row, "says": _printed(row, SHOWN_OF_ARM), "place": _place(row)}
        found.setdefault(row.arm_id, []).append(shown)
    return [{"arm": arm, "results": found.get(arm.pk, [])} for arm in rows.prefetch_related("components__type")]


def contrasts_of(consensus: Extraction | None) -> list[dict[str, Any]]:
    """Give the results between two arms of the consensus, as they are printed."""
    if consensus is None:
        return []
    rows = ContrastResult.objects.filter(extraction=consensus).order_by("instrument__outcome__name", "week", "pk")
    return [
        {"row": row, "says": _printed(row, SHOWN_BETWEEN), "place": _place(row)}
        for row in rows.select_related("instrument__outcome", "first_arm", "second_arm")
    ]


def _printed(row: Any, names: tuple[str, ...]) -> str:
    """Give the numbers of a row with their names."""
    said = []
    for name in names:
        value = getattr(row, name)
        if value is not None:
            shown = format(trim(value), "f") if hasattr(value, "normalize") else value
            said.append(f"{row._meta.get_field(name).verbose_name} {shown}")
    return ", ".join(said)


def _place(row: Any) -> str:
    """Give where in the report a row stands."""
    return ", ".join(filter(None, (f"page {row.page}" if row.page else "", row.table)))


def assessments_of(study: Study) -> list[dict[str, Any]]:
    """Give the consensus judgements of each result of the study, in the order of the tool."""
    rows = Assessment.objects.filter(study=study, is_consensus=True).exclude(
        status=Assessment.Status.DRAFT, first__isnull=False
    )
    found = []
    for row in rows.select_related("outcome", "review_tool").prefetch_related("judgements").order_by("tool", "pk"):
        try:
            tool = row.definition
        except UnknownTool:
            continue
        by_domain: dict[str, Judgement] = {judgement.domain: judgement for judgement in row.judgements.all()}
        shown = [
            {"name": tool.domain_name(name), "mark": tool_mark(tool, one.judgement), "why": one.justification}
            for name in (*tool.domains, OVERALL)
            if (one := by_domain.get(name)) is not None
        ]
        if shown:
            found.append({"tool": tool.name, "about": row.outcome, "judgements": shown})
    return found


def uses_of(study: Study) -> list[Use]:
    """Give what the latest snapshot of each analysis makes of the study.

    Only datasets that name the study are read: canonical text holds it at one place and in one form.
    """
    named = canonical.to_text({"study": study.code})[1:-1]
    rows = Snapshot.objects.filter(analysis__review=study.review_id, dataset__content__contains=named).order_by()
    counted = rows.values("analysis").annotate(newest=Max("pk"), count=Count("pk"))
    counts = {row["newest"]: row["count"] for row in counted}
    latest = Snapshot.objects.filter(pk__in=counts).select_related("analysis", "dataset", "sign_off", "publication")
    ordered = latest.defer("manifest").order_by("analysis__position", "analysis__slug")
    return [_use(study.code, headline, counts[key]) for key, headline in read_headlines(ordered).items()]


def _use(code: str, headline: Headline, count: int) -> Use:
    """Give what a snapshot makes of a study."""
    content = canonical.from_text(headline.snapshot.dataset.content)
    pooled = {row["effect"]: row for row in headline.pooling.get("studies", ())}
    effects = [
        {**row, "pooled": pooled.get(row["id"], {"estimate": row["yi"]})}
        for row in content["effects"]
        if row["study"] == code
    ]
    reasons = [row["reason"] for row in content["not_pooled"] if row["study"] == code]
    return Use(headline.snapshot, bool(headline.pooling.get("is_ratio")), effects, reasons, count)
