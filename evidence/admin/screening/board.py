"""The board: how far screening has come, by stage and by person, and the way to everything else."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from evidence.admin.screening.asking import ReviewPages, back_to, require_standing, review_or_404, show
from evidence.admin.standing import person_of
from evidence.models import ExclusionReason, Record, ScreeningPolicy, ScreeningRanking, SearchRound
from evidence.models.screening_policy import Order, Readers
from evidence.permissions import Act
from evidence.services import screening
from evidence.verdicts import Stage


def board_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show where the records of a review stand."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = review_or_404(request, slug)
    policy = screening.policy_of(review)
    records = Record.objects.filter(review=review)
    standing = screening.read_standing(review)
    person = person_of(request)
    left = {row.stage: [reader.left for reader in row.readers if reader.person == person] for row in standing}
    return show(
        pages,
        request,
        review,
        "board",
        title=f"Screening: {review.title}",
        standing=[(row, left[row.stage][0] if left[row.stage] else 0) for row in standing],
        policy=policy,
        rules=_rules(policy),
        records_count=records.count(),
        duplicates_count=records.filter(duplicate_of__isnull=False).count(),
        pairs_count=screening.waiting_pairs(review).count(),
        reasons_count=ExclusionReason.objects.filter(review=review, is_retired=False).count(),
        is_prioritised=policy.order == Order.PRIORITY,
        ranking=ScreeningRanking.objects.filter(review=review).select_related("ranked_by").first(),
    )


def flow_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the flow of each search round as it is settled now, beside what is recorded; record it where asked."""
    review = review_or_404(request, slug)
    rounds = list(SearchRound.objects.filter(review=review).prefetch_related("counts"))
    if request.method == "POST":
        require_standing(request, Act.RECORD, review)
        chosen = next((one for one in rounds if str(one.pk) == request.POST.get("round", "")), None)
        if chosen is not None:
            screening.fill_flow(by=person_of(request), search_round=chosen)
            messages.success(request, f"The flow of “{chosen.name}” is recorded.")
        return back_to("flow", review.slug)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    shown = [(one, _compare(one)) for one in rounds]
    return show(pages, request, review, "flow", title=f"Flow of records: {review.title}", rounds=shown)


def _compare(search_round: SearchRound) -> list[dict[str, object]]:
    """Give the lines of the flow, each as counted now and as recorded."""
    recorded = {(row.box, row.stage, row.reason): row.count for row in search_round.counts.all()}
    lines = []
    for line in screening.count_flow(search_round):
        detail = ", ".join(filter(None, (line.stage, line.reason)))
        lines.append(
            {
                "box": line.box.label,
                "detail": detail,
                "count": line.count,
                "note": line.note,
                "recorded": recorded.get((line.box, line.stage, line.reason)),
            }
        )
    return lines


def _rules(policy: ScreeningPolicy) -> list[tuple[str, str]]:
    """Give the rules of a review in words."""
    rules = []
    for stage in Stage:
        share = policy.share_at(stage)
        is_share = policy.readers_at(stage) == Readers.SAMPLE
        said = f"two readers for a random {share} %, one for the rest" if is_share else _readers(policy, stage)
        rules.append((stage.label, said))
    needs = "needed at both stages" if policy.needs_reason else "needed at full texts"
    return [*rules, ("Reasons for excluding", needs), ("Order", policy.get_order_display().lower())]


def _readers(policy: ScreeningPolicy, stage: Stage) -> str:
    return Readers(policy.readers_at(stage)).label.lower()
