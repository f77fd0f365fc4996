"""Analyses: the list with their latest numbers, and the page where they are defined and run."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis.admin.claims import ClaimRows, save_claims
from analysis.admin.definition import definition_of
from analysis.admin.form import RULE, RUN, AnalysisForm, form_for, param_prefix
from analysis.admin.freshness import what_changed
from analysis.admin.headlines import read_headlines, read_summaries
from analysis.admin.running import latest_runs, progress_of, run_and_tell
from analysis.derivation import Rules
from analysis.models import Analysis, Run, Snapshot
from analysis.registry import all_plugins
from analysis.services import current_certainty, save_analysis
from analysis.templatetags import numbers
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import standing_of
from evidence.models import Review
from evidence.permissions import Act

FIRST_RULES = ("outcome", "window", "comparators", "measure")
SHORT = 6  # a plugin with more parameters than this has them in a fieldset that opens on demand


@admin.register(Analysis)
class AnalysisAdmin(ScopedAdmin):
    """Questions to the evidence."""

    form = AnalysisForm
    change_form_template = "admin/analysis/analysis/change_form.html"
    change_list_template = "admin/analysis/analysis/change_list.html"
    list_display = ("title", "compared", "k", "estimate", "certainty", "snapshot")
    list_display_links = ("title",)
    list_filter = (ReviewFilter, "kind")
    search_fields = ("title", "slug", "question")
    fixed_after_creation = ("review",)
    actions = ("run_selected",)  # type: ignore[assignment]
    inlines = (ClaimRows,)

    class Media:
        js = ("quorum/analysis.js",)

    # Who may do what: analysing takes the place of recording.

    def has_analyse_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may analyse in the review, or in any."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.ANALYSE) if obj is None else standing.may(Act.ANALYSE, obj.review_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person analyses in any review."""
        return self.has_analyse_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may change the analysis, or any."""
        return self.has_analyse_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what an analysis gave is kept for ever."""
        return False

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the one review that the page is about."""
        return standing_of(request).reviews(Act.ANALYSE).filter(pk=review_id)

    # The list

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the reviews along."""
        return super().get_queryset(request).select_related("review")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the latest numbers of the analyses on the page, all at once."""
        changes = super().get_changelist_instance(request)
        summaries = read_summaries(changes.result_list)
        for analysis in changes.result_list:
            analysis.summary = summaries[analysis.pk]
        return changes

    @admin.display(description="what is compared")
    def compared(self, analysis: Any) -> str:
        """Names of the outcome and of the comparator types, and the kind of analysis where it is not a main one."""
        kind = "" if analysis.kind == Analysis.Kind.MAIN else f" ({analysis.get_kind_display().split()[0].lower()})"
        return f"{analysis.summary.outcome} against {analysis.summary.comparators}{kind}"

    @admin.display(description="snapshot")
    def snapshot(self, analysis: Any) -> str | SafeString:
        """Number of the latest snapshot, with a link."""
        headline = analysis.summary.headline
        if headline is None:
            return format_html('<span class="quiet">{}</span>', "not run yet")
        address = reverse("admin:analysis_snapshot_change", args=[headline.snapshot.pk])
        return format_html('<a href="{}">Snapshot {}</a>', address, headline.snapshot.number)

    @admin.display(description="k")
    def k(self, analysis: Any) -> str:
        """Number of effects."""
        pooling = analysis.summary.headline.pooling if analysis.summary.headline else {}
        return str(pooling.get("k", numbers.NONE))

    @admin.display(description="estimate [CI]")
    def estimate(self, analysis: Any) -> SafeString:
        """Measure, estimate and interval."""
        pooling = analysis.summary.headline.pooling if analysis.summary.headline else {}
        said = numbers.estimate(pooling, bool(pooling.get("is_ratio")))
        measure = pooling.get("measure", "") if said != numbers.NONE else ""
        return format_html('<span class="estimate">{} {}</span>', measure, said)

    @admin.display(description="certainty")
    def certainty(self, analysis: Any) -> SafeString | str:
        """The latest rating, marked where it looked at other results."""
        rating = analysis.summary.certainty
        if rating is None:
            return numbers.NONE
        stale = " (stale)" if analysis.summary.is_stale else ""
        return format_html(
            '<span class="certainty certainty-{}">{}</span>{}', rating.level, rating.get_level_display(), stale
        )

    @admin.action(description="Run selected analyses", permissions=["analyse"])
    def run_selected(self, request: HttpRequest, queryset: Any) -> None:
        """Run each selected analysis and tell what came of it."""
        for analysis in queryset:
            start = f"{analysis}: "
            if not self.has_analyse_permission(request, analysis):
                self.message_user(request, f"{start}your role in its review does not cover running it.", level="ERROR")
                continue
            run_and_tell(request, analysis, start=start)

    # The page

    def get_urls(self) -> list[Any]:
        """Add running and its progress."""
        view = self.admin_site.admin_view
        return [
            path("<int:analysis_id>/run/", view(self.run_view), name="analysis_analysis_run"),
            path("<int:analysis_id>/progress/", view(self.progress_view), name="analysis_analysis_progress"),
            *super().get_urls(),
        ]

    def run_view(self, request: HttpRequest, analysis_id: int) -> HttpResponse:
        """Run the analysis and go back to its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        analysis = self.get_object(request, str(analysis_id))
        if analysis is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(analysis_id))
        run_and_tell(request, analysis)
        return HttpResponseRedirect(reverse("admin:analysis_analysis_change", args=[analysis_id]))

    def progress_view(self, request: HttpRequest, analysis_id: int) -> HttpResponse:
        """Give how far the runs of the latest request have come."""
        analysis = self.get_object(request, str(analysis_id))
        if analysis is None:
            return JsonResponse({"error": "There is no such analysis in your reviews."}, status=404)
        return JsonResponse(progress_of(latest_runs(analysis)))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the review first where there are several; the choices of the page follow from it."""
        if not (request.POST.get("review") or request.GET.get("review")) and self.has_add_permission(request):
            choices = list(standing_of(request).reviews(Act.ANALYSE).order_by("title"))
            if len(choices) == 1:
                return HttpResponseRedirect(f"{request.path}?review={choices[0].pk}")
            context = {**self.admin_site.each_context(request), "opts": self.opts, "reviews": choices}
            context["title"] = "Add an analysis: of which review?"
            return TemplateResponse(request, "admin/analysis/analysis/choose_review.html", context)
        return super().add_view(request, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the form with the rules and parameters as fields, for those who may change them."""
        review = obj.review if obj is not None else review_in_hand(request)
        request.review_in_hand = review.pk  # type: ignore[attr-defined]
        if obj is None or self.has_change_permission(request, obj):
            kwargs["form"] = form_for(review)
        form = super().get_form(request, obj, change=change, **kwargs)
        if "question" in form.base_fields:
            form.base_fields["question"].widget.attrs["rows"] = 2
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in the review."""
        return {**super().get_changeform_initial_data(request), "review": request.review_in_hand}  # type: ignore[attr-defined]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Give one set of fields for what the analysis is, two for its rules, and one for each plugin."""
        first = ("review", "title", "slug", ("kind", "position"), "question")
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": (*first, "definition")})]
        others = [name for name in Rules.model_fields if name not in FIRST_RULES]
        sets: list[Any] = [
            (None, {"fields": first if obj is None else (*first, "reason")}),
            ("What is compared", {"fields": [RULE + name for name in FIRST_RULES]}),
            (
                "How printed numbers become effects",
                {"fields": [RULE + name for name in others], "classes": ["collapse"]},
            ),
            ("Forest plot", {"fields": ["forest_columns"], "classes": ["collapse"]}),
        ]
        for plugin in all_plugins().values():
            params = [param_prefix(plugin.name) + name for name in plugin.params.model_fields]
            reads = f"Reads the results of: {', '.join(plugin.after)}." if plugin.after else ""
            shown = params if len(params) <= SHORT else []
            title = f"{plugin.title} ({plugin.name} {plugin.version})"
            sets.append((title, {"fields": [RUN + plugin.name, *shown], "description": reads}))
            if not shown and params:
                sets.append((f"{plugin.title}: {len(params)} settings", {"fields": params, "classes": ["collapse"]}))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the definition in words to those who may not change it."""
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None or self.has_change_permission(request, obj) else (*fields, "definition")

    @admin.display(description="rules and steps")
    def definition(self, analysis: Any) -> SafeString:
        """The rules and the steps, to read."""
        return render_to_string("admin/analysis/analysis/definition.html", {"parts": definition_of(analysis)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the analysis with its steps through the service."""
        with tied_to(None):
            save_analysis(
                by=request.user,  # type: ignore[arg-type]
                analysis=obj,
                steps=form.steps,
                reason=form.cleaned_data.get("reason", ""),
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the printed numbers through their service."""
        save_claims(formset, by=request.user)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what the analysis has given so far."""
        obj = kwargs.get("obj")
        return super().render_change_form(request, context | self.standing(request, obj), *args, **kwargs)

    def standing(self, request: HttpRequest, analysis: Any) -> dict[str, Any]:
        """Give the snapshots, the rating, the runs under way, and whether running would change anything."""
        if analysis is None or analysis.pk is None:
            return {}
        rows = Snapshot.objects.filter(analysis=analysis).select_related(
            "made_by", "sign_off", "publication", "dataset"
        )
        snapshots = list(rows.order_by("-number"))
        headlines = read_headlines(snapshots)
        runs = latest_runs(analysis)
        progress = progress_of(runs)
        rating = current_certainty(analysis)
        current = headlines[snapshots[0].pk] if snapshots else None
        return {
            "may_run": self.has_analyse_permission(request, analysis),
            "headlines": [headlines[snapshot.pk] for snapshot in snapshots],
            "rating": rating,
            "is_stale": rating is not None and current is not None and rating.run.key != current.grade_key,
            "runs": runs,
            "progress": progress,
            "is_running": not progress["is_done"],
            "failed_runs": [run for run in runs if run.status == Run.Status.FAILED],
            "changed": what_changed(analysis, snapshots[0]) if snapshots else "",
        }


def review_in_hand(request: HttpRequest) -> Review:
    """Give the review that a new analysis is of."""
    asked = request.POST.get("review") or request.GET.get("review") or ""
    reviews = standing_of(request).reviews(Act.ANALYSE)
    review = reviews.filter(pk=asked).first() if asked.isdecimal() else None
    if review is None:
        raise PermissionDenied("Choose a review in which you run analyses.")
    return review
