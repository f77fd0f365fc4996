"""`manage.py explain`: what moved between two snapshots of an analysis, and why."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.explain import QUANTITIES, Explanation
from analysis.explain.records import Author, FieldChange
from analysis.models import Analysis, Snapshot
from analysis.services.explaining import explain_snapshots, previous_of

NO_ANALYSIS = "The review “{review}” has no analysis “{analysis}”."
NO_SNAPSHOT = "The analysis “{analysis}” has no snapshot {number}."
NONE_BEFORE = "The analysis “{analysis}” has no earlier snapshot to compare with."
COLUMNS = {"estimate": "estimate", "ci_lower": "CI lower", "ci_upper": "CI upper", "tau2": "tau2"}
LABEL_WIDTH, NUMBER_WIDTH = 46, 11


class Command(BaseCommand):
    """Print the explained difference as text, or as JSON."""

    help = "Explains the difference between two snapshots of an analysis: what changed, who did it, what it moved."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the review, the analysis and the numbers of two snapshots."""
        parser.add_argument("review", help="short name (slug) of the review")
        parser.add_argument("analysis", help="short name of the analysis")
        parser.add_argument("--from", dest="first", type=int, help="number of a snapshot; default: the one before")
        parser.add_argument("--to", dest="second", type=int, help="number of a snapshot; default: the last one")
        parser.add_argument(
            "--rate-each",
            action="store_true",
            help="give each of many changes its own share in the certainty; may take minutes",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the explanation."""
        before, after = self._snapshots(options)
        try:
            found = explain_snapshots(before=before, after=after, rate_each=options["rate_each"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if options["as_json"]:
            self.stdout.write(json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=2))
            return
        for line in lines_of(found):
            self.stdout.write(line)

    def _snapshots(self, options: dict[str, Any]) -> tuple[Snapshot, Snapshot]:
        """Give the two snapshots that are asked for."""
        slug = options["analysis"]
        analysis = Analysis.objects.filter(review__slug=options["review"], slug=slug).first()
        if analysis is None:
            raise CommandError(NO_ANALYSIS.format(review=options["review"], analysis=slug))
        rows = Snapshot.objects.filter(analysis=analysis).order_by("-number")
        after = rows.first() if options["second"] is None else rows.filter(number=options["second"]).first()
        if after is None:
            raise CommandError(NO_SNAPSHOT.format(analysis=slug, number=options["second"] or 1))
        before = previous_of(after, number=options["first"])
        if before is None and options["first"] is not None:
            raise CommandError(NO_SNAPSHOT.format(analysis=slug, number=options["first"]))
        if before is None:
            raise CommandError(NONE_BEFORE.format(analysis=slug))
        return before, after


def lines_of(found: Explanation) -> Iterator[str]:
    """Give the explanation as lines of text: the paragraph, what changed, the shares, the certainty, what to know."""
    yield found.paragraph
    if found.studies or found.settings:
        yield ""
        yield "What changed"
    for study in found.studies:
        yield f"  {study.label}: {study.status}{f' ({study.reason})' if study.reason else ''}"
        yield from (f"    {_field(change)}" for change in study.fields)
    for row in found.settings:
        yield f"  {row.kind}, {row.name}: {row.before or 'nothing'} -> {row.after or 'nothing'}{_by(row.author)}"
    yield from _shares(found)
    if found.rating and found.rating.domains:
        yield ""
        yield "Proposed certainty, levels down"
        for domain in found.rating.domains:
            yield f"  {domain.name}: {domain.before} -> {domain.after}  {' '.join(domain.reasons_after)}".rstrip()
        yield from (f"  {row.label:<{LABEL_WIDTH}}{row.levels:+.2f}" for row in found.rating.shares)
        yield from filter(None, [found.rating.message])
    if found.messages:
        yield ""
        yield from found.messages


def _field(change: FieldChange) -> str:
    """Give a field that differs, or a row that is new or gone."""
    if change.action != "changed":
        return f"{change.place}: {change.action}{_by(change.author)}"
    return (
        f"{change.place}, {change.field}: {change.before or 'empty'} -> {change.after or 'empty'}{_by(change.author)}"
    )


def _by(author: Author | None) -> str:
    """Name who made a change, when and why."""
    if author is None:
        return ""
    return f"  [{author.by}, {author.at[:10]}{f': {author.reason}' if author.reason else ''}]"


def _shares(found: Explanation) -> Iterator[str]:
    """Give the table of shares with its sum."""
    if not found.contributions:
        return
    yield ""
    yield f"{'Share of the movement':<{LABEL_WIDTH}}" + "".join(
        f"{title:>{NUMBER_WIDTH}}" for title in COLUMNS.values()
    )
    for row in found.ranked():
        yield _line(row.label, [getattr(row, name) for name in QUANTITIES])
    yield _line("Whole movement", [found.movement(name).change for name in QUANTITIES])
    if not found.is_exact:
        largest = [max(getattr(row, f"{name}_se") or 0.0 for row in found.contributions) for name in QUANTITIES]
        yield _line("Largest standard error of a share", largest)
    if found.is_ratio:
        yield "Shares are differences of natural logarithms of ratios."


def _line(label: str, values: list[float | None]) -> str:
    shown = "".join(f"{'-' if value is None else f'{value:.6f}':>{NUMBER_WIDTH}}" for value in values)
    return f"{label[: LABEL_WIDTH - 2]:<{LABEL_WIDTH}}{shown}"
