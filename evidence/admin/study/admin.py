"""A study with everything that was extracted from it, on one page."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.admin.rows import put_rows, remove_rows, tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import standing_of
from evidence.admin.study.errors import listed_errors
from evidence.admin.study.formsets import RowFormSet
from evidence.admin.study.inlines import EXTRACTION_ROWS, ArmRows, ExtractionRows, ReportRows
from evidence.admin.study.page import page_of
from evidence.admin.study.risk_of_bias import PREFIX, RiskOfBiasRows, place_refusal
from evidence.admin.study.turning import ExtractionButtons, buttons_of
from evidence.admin.symbols import level_mark
from evidence.models import ArmResult, ContrastResult, Extraction, Judgement, Report, Study
from evidence.permissions import Act
from evidence.tools import OVERALL, all_tools


def unsettled(rows: Any, study_path: str) -> Exists:
    """Give the condition that a study has a printed contradiction that nobody settled, among these rows."""
    return Exists(rows.filter(**{study_path: OuterRef("pk"), "is_printed_so": True, "settlement": None}))


def has_contradiction(request: HttpRequest) -> Any:
    """Give the condition that a study has an unsettled contradiction which the person may read."""
    standing = standing_of(request)
    of_arms = unsettled(standing.readable(ArmResult.objects.order_by()), "arm__extraction__study")
    between = unsettled(standing.readable(ContrastResult.objects.order_by()), "extraction__study")
    return Q(of_arms) | Q(between)


class ContradictionFilter(admin.SimpleListFilter):
    """Studies with numbers that contradict each other as printed, and that nobody has settled."""

    title = "unsettled contradiction"
    parameter_name = "contradiction"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Give the two answers."""
        return [("yes", "Has an unsettled contradiction"), ("no", "Has none")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list."""
        if self.value() not in ("yes", "no"):
            return queryset
        condition = has_contradiction(request)
        return queryset.filter(condition if self.value() == "yes" else ~condition)


class ConsensusFilter(admin.SimpleListFilter):
    """Studies by how far their consensus extraction is."""

    title = "consensus extraction"
    parameter_name = "consensus"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Give the states."""
        return [*Extraction.Status.choices, ("none", "Not started")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list."""
        consensus = Extraction.objects.filter(study=OuterRef("pk"), is_consensus=True)
        if self.value() == "none":
            return queryset.filter(~Exists(consensus))
        return queryset.filter(Exists(consensus.filter(status=self.value()))) if self.value() else queryset


@admin.register(Study)
class StudyAdmin(ExtractionButtons, ScopedAdmin):
    """The study's page; all other parts of the admin lead to it."""

    change_form_template = "admin/evidence/study/change_form.html"
    change_list_template = "admin/evidence/study/change_list.html"
    list_display = ("label", "year", "consensus", "risk_of_bias", "contradiction", "code", "in_review")
    list_filter = (ReviewFilter, ConsensusFilter, ContradictionFilter, "design")
    list_select_related = ("review",)
    search_fields = ("label", "code", "registration", "reports__doi", "reports__pmid", "reports__citation")
    search_help_text = "Label, short name, registration, DOI, PMID or words of a citation"
    ordering = ("label",)
    autocomplete_fields = ("companion_of",)
    fixed_after_creation = ("review",)
    fieldsets = [
        (
            None,
            {
                "fields": (
                    "review",
                    ("label", "code", "year"),
                    ("design", "registration", "companion_of"),
                    "note",
                )
            },
        )
    ]
    inlines = [ReportRows, *EXTRACTION_ROWS]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read along what the list shows of each study."""
        consensus = Extraction.objects.filter(study=OuterRef("pk"), is_consensus=True).order_by()
        overall = Judgement.objects.filter(
            assessment__study=OuterRef("pk"), assessment__is_consensus=True, domain=OVERALL
        ).order_by("assessment__outcome_id", "-assessment__tool")
        return (
            super()
            .get_queryset(request)
            .annotate(
                consensus_status=Subquery(consensus.values("status")[:1]),
                overall_level=Subquery(overall.values("judgement")[:1]),
                overall_tool=Subquery(overall.values("assessment__tool")[:1]),
                has_contradiction=has_contradiction(request),
            )
        )

    @admin.display(description="consensus", ordering="consensus_status")
    def consensus(self, study: Any) -> str:
        """How far the consensus extraction is."""
        return dict(Extraction.Status.choices).get(study.consensus_status, "Not started")

    @admin.display(description="risk of bias")
    def risk_of_bias(self, study: Any) -> SafeString | str:
        """The overall judgement of the consensus."""
        return level_mark(study.overall_tool, study.overall_level) if study.overall_level else "–"

    @admin.display(description="contradictions", ordering="has_contradiction")
    def contradiction(self, study: Any) -> SafeString | str:
        """A mark where printed numbers contradict each other and nobody has settled it."""
        return format_html('<span class="mark unsettled">⚠ {}</span>', "not settled") if study.has_contradiction else ""

    @admin.display(description="review", ordering="review__title")
    def in_review(self, study: Any) -> str:
        """Short name of the review."""
        return study.review.slug

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Give the note the height of two lines."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "note":
            field.widget.attrs["rows"] = 2
        return field

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead from the list to the pages about all studies of a review, where it shows those of one."""
        reviews = standing_of(request).reviews(Act.VIEW)
        asked = request.GET.get(ReviewFilter.parameter_name, "")
        shown = list(reviews.filter(pk=asked) if asked.isdecimal() else reviews[:2])
        one_review = shown if len(shown) == 1 else []
        return super().changelist_view(request, {**(extra_context or {}), "one_review": one_review})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the review first where there are several; the choices of the page follow from it."""
        reviews = standing_of(request).reviews(Act.RECORD)
        if not (request.POST.get("review") or request.GET.get("review")):
            choices = list(reviews.order_by("title"))
            if len(choices) == 1:
                return HttpResponseRedirect(f"{request.path}?review={choices[0].pk}")
            if choices:
                context = {**self.admin_site.each_context(request), "opts": self.opts, "reviews": choices}
                return TemplateResponse(
                    request,
                    "admin/evidence/study/choose_review.html",
                    {**context, "title": "Add a study: which review?"},
                )
        return super().add_view(request, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the study's own form."""
        request.review_in_hand = page_of(request, obj).study.review_id  # type: ignore[attr-defined]
        return super().get_form(request, obj, change=change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in the review."""
        return {**super().get_changeform_initial_data(request), "review": request.review_in_hand}  # type: ignore[attr-defined]

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the one review that the page is about."""
        rows = super().choices_of(remote, request, review_id)
        return rows.filter(pk=review_id) if remote._meta.model_name == "review" else rows

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> Any:
        """Tie the rows of an extraction to the extraction that the page shows."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, ExtractionRows):
            page = page_of(request, obj)
            page.tie_to(obj)
            kwargs |= {"instance": page.extraction, "page": page, "save_as_new": False}
            if request.method != "POST":
                kwargs["initial"] = inline.initial_rows(request, obj)
        return kwargs

    def _create_formsets(self, request: Any, obj: Any, change: bool) -> Any:
        page = page_of(request, obj)
        page.tie_to(obj)
        formsets, inlines = super()._create_formsets(request, obj, change)
        for formset, inline in zip(formsets, inlines, strict=True):
            formset.title = inline.verbose_name_plural
            if isinstance(inline, ArmRows):
                page.arms_formset = formset
        risk_of_bias = RiskOfBiasRows(page, request.POST if request.method == "POST" and page.may_edit else None)
        if (refusal := getattr(request, "refusal", None)) is not None:
            place_refusal(risk_of_bias, refusal)
        return [*formsets, risk_of_bias], inlines

    def get_inline_formsets(self, request: Any, formsets: Any, inline_instances: Any, obj: Any = None) -> Any:
        """Give the sets of rows that Django shows; risk of bias has a place of its own."""
        request.study_formsets = formsets
        return super().get_inline_formsets(request, formsets[:-1], inline_instances, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save reports, then the extraction with its arms, then what refers to the arms, then risk of bias."""
        *others, risk_of_bias = formsets
        page = page_of(request, form.instance)
        rows = [formset for formset in others if isinstance(formset, RowFormSet)]
        for formset in others:
            if formset.model is Report:
                self.save_formset(request, form, formset, change)
        if page.may_edit and any(formset.has_changed() for formset in rows):
            with tied_to(None):
                extraction = page.open()
            for formset in reversed(rows):
                remove_rows(formset, by=request.user)
            for formset in rows:
                put_rows(formset, by=request.user, attach=lambda row: tie(row, extraction))
        for formset in rows:
            for name in ("new_objects", "changed_objects", "deleted_objects"):
                setattr(formset, name, getattr(formset, name, []))
        risk_of_bias.save(by=request.user)

    def forget(self, request: HttpRequest) -> None:
        """Read the page anew after a refused save."""
        request.study_page = None  # type: ignore[attr-defined]

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the tabs, the errors by row, and risk of bias."""
        obj = kwargs.get("obj")
        page = page_of(request, obj)
        formsets = request.study_formsets
        context |= {
            "page": page,
            "rob": formsets[-1],
            "rob_prefix": PREFIX,
            "tools": all_tools(),
            **buttons_of(standing_of(request), page),
            "query": request.GET.urlencode(),
            "listed_errors": listed_errors(context["adminform"].form, formsets) if context["errors"] else [],
        }
        return super().render_change_form(request, context, *args, **kwargs)


def tie(row: Any, extraction: Extraction) -> None:
    """Point a row to its parents, which are saved by now."""
    for field in row._meta.fields:
        if field.name == "extraction":
            row.extraction = extraction
        elif field.name in ("arm", "first_arm", "second_arm"):
            setattr(row, field.name, getattr(row, field.name))
