"""Doubtful pairs of records, side by side: a person says whether they are one document."""

from difflib import SequenceMatcher
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evidence.admin.screening.asking import ReviewPages, back_to, refuse, require_standing, review_or_404, show
from evidence.admin.standing import person_of
from evidence.models import DoubtfulPair, Record, Review
from evidence.permissions import Act
from evidence.services import screening

# More records than these are looked through by the command: a page should not take so long.
MOST_ON_A_PAGE = 20_000
MOST_ANSWERS = 50
SAID = {
    DoubtfulPair.Answer.DUPLICATE: "Marked as duplicates",
    DoubtfulPair.Answer.DISTINCT: "Kept as two documents",
}
SOURCE = ("source", "search_round")
LINES = ("title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "accession", "abstract")


def duplicates_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the likeliest pair that waits, or take what the person says."""
    review = review_or_404(request, slug)
    require_standing(request, Act.RECORD, review)
    if request.method == "POST":
        try:
            _take(request, review)
        except ValidationError as error:
            refuse(request, error)
        return back_to("duplicates", review.slug)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    waiting = screening.waiting_pairs(review)
    pair = waiting.select_related(*(f"{side}__{on}" for side in ("first", "second") for on in SOURCE)).first()
    count = waiting.count()
    said = screening.answered_pairs(review)
    answered = said.count()
    return show(
        pages,
        request,
        review,
        "duplicates",
        title=f"Possible duplicates: {review.title}",
        pair=pair,
        lines=lines_of(pair.first, pair.second) if pair else [],
        waiting=count,
        answered=answered,
        said=said[:MOST_ANSWERS],
        most_answers=MOST_ANSWERS,
        total=count + answered,
        records_count=Record.objects.filter(review=review).count(),
        last=screening.last_answer(by=person_of(request), review=review),
    )


def _take(request: HttpRequest, review: Review) -> None:
    """Do what a button says, and say that it is done."""
    person, asked = person_of(request), request.POST.get("answer", "")
    if asked == "undo":
        pair = screening.take_back(by=person, review=review)
        messages.success(request, f"Your answer about {pair} is taken back; the pair waits again.")
    elif asked == "take back":
        pair = screening.take_back(by=person, review=review, pair=_pair(request, review))
        messages.success(request, f"The answer about {pair} is taken back; the pair waits again.")
    elif asked == "look":
        _look(request, review)
    else:
        pair = screening.answer_pair(by=person, pair=_pair(request, review), answer=asked)
        messages.success(request, f"{SAID[DoubtfulPair.Answer(pair.answer)]}: {pair}.")


def _pair(request: HttpRequest, review: Review) -> DoubtfulPair:
    """Give the pair that a form names."""
    sent = request.POST.get("pair", "")
    found = DoubtfulPair.objects.filter(review=review, pk=sent).first() if sent.isdecimal() else None
    if found is None:
        raise Http404("There is no such pair in this review.")
    return found


def _look(request: HttpRequest, review: Review) -> None:
    if Record.objects.filter(review=review).count() > MOST_ON_A_PAGE:
        said = f"More than {MOST_ON_A_PAGE} records take a while: run manage.py deduplicate --review {review.slug}."
        raise ValidationError(said)
    done = screening.deduplicate(by=person_of(request), review=review)
    said = f"Clear duplicates marked: {done.marked}; pairs that wait for an answer: {done.doubtful}"
    messages.success(request, f"{done.records} records looked through. {said}.")


def lines_of(first: Record, second: Record) -> list[dict[str, Any]]:
    """Give the lines of two records side by side, the letters in which they differ marked."""
    lines: list[dict[str, Any]] = [
        {"name": "database", "is_same": _source(first) == _source(second), "sides": [_source(first), _source(second)]}
    ]
    labels = {field.name: str(field.verbose_name) for field in Record._meta.fields}
    for name in LINES:
        one, other = (str(getattr(record, name) or "") for record in (first, second))
        if not one and not other:
            continue
        sides = [one, other] if one == other or not (one and other) else marked(one, other)
        lines.append({"name": labels[name], "is_same": one == other, "is_long": name == "abstract", "sides": sides})
    return lines


def _source(record: Record) -> str:
    return record.source.database if record.source else str(record.search_round)


def marked(one: str, other: str) -> list[SafeString]:
    """Give two texts with the words that the other lacks marked."""
    first, second = one.split(), other.split()
    found: list[list[tuple[str, bool]]] = [[], []]
    for kind, start, end, from_, to in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        found[0] += [(" ".join(first[start:end]), kind != "equal")] if end > start else []
        found[1] += [(" ".join(second[from_:to]), kind != "equal")] if to > from_ else []
    return [
        format_html_join(
            " ",
            "{}",
            ((format_html('<mark class="differs">{}</mark>', text) if differs else text,) for text, differs in side),
        )
        for side in found
    ]
