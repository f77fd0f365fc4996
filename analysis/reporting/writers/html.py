"""A document as HTML: one page that stands alone, or one that takes its style from the site."""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from analysis.reporting.document import (
    Checklist,
    Document,
    Figure,
    Heading,
    Listing,
    PageBreak,
    Paragraph,
    References,
    Run,
    Runs,
    Table,
)

TEMPLATE = "manuscripts/document.html"
STYLE = Path(settings.BASE_DIR) / "templates" / "static" / "quorum" / "manuscript.css"
KINDS = {
    Heading: "heading",
    Paragraph: "paragraph",
    Listing: "listing",
    Figure: "figure",
    Table: "table",
    Checklist: "checklist",
    References: "references",
    PageBreak: "page_break",
}
# Marked with a title that says why, and with a sign that is seen in print.
STALE_SIGN = "†"


def write_html(document: Document) -> bytes:
    """Give the document as one file with its style inside."""
    return page_of(document, style=_style()).encode()


def page_of(document: Document, *, style: str = "", **others: Any) -> str:
    """Give the page; without `style` the template links the site's own style sheet.

    Parameters
    ----------
    others : what else the template is told, such as the way back to the site
    """
    context = {
        "document": document,
        "sheets": [(sheet.is_wide, [_part(part) for part in sheet.parts]) for sheet in document.sheets()],
        "abstract": [_part(part) for part in document.abstract],
        "stale": document.stale(),
        "style": mark_safe(style),  # the project's own file  # noqa: S308
        **others,
    }
    return render_to_string(TEMPLATE, context)


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8")


def _part(part: Any) -> dict[str, Any]:
    """Give a part with what the template cannot work out itself."""
    found: dict[str, Any] = {"kind": KINDS[type(part)], "part": part}
    if isinstance(part, Paragraph):
        found["html"] = runs_html(part.runs)
    elif isinstance(part, Listing):
        found["items"] = [runs_html(item) for item in part.items]
    elif isinstance(part, Heading):
        found["tag"] = f"h{min(part.level + 1, 4)}"
    elif isinstance(part, Figure | Table):
        found |= {"caption": runs_html(part.caption), "notes": [runs_html(note) for note in part.notes]}
        if isinstance(part, Figure):
            found["svg"] = mark_safe(part.svg)  # the renderer escapes every text that it is given  # noqa: S308
        else:
            found["widths"] = _widths(part)
    elif isinstance(part, References):
        found["items"] = [(label, runs_html(item)) for label, item in part.items]
    return found


def _widths(table: Table) -> list[int]:
    """Give the widths of the columns as whole percents, for which the style sheet has classes; they sum to 100."""
    total = sum(table.widths) or 1.0
    exact = [100 * width / total for width in table.widths]
    whole = [max(int(share), 1) for share in exact]
    by_rest = sorted(range(len(exact)), key=lambda place: whole[place] - exact[place])
    for place in by_rest[: max(100 - sum(whole), 0)]:
        whole[place] += 1
    return whole


def runs_html(runs: Runs) -> SafeString:
    """Give runs as HTML, everything in them escaped."""
    return format_html_join("", "{}", ((_run(run),) for run in runs))


def _run(run: Run) -> SafeString:
    shown = format_html("{}", run.text)
    if run.is_bold:
        shown = format_html("<strong>{}</strong>", shown)
    if run.is_italic:
        shown = format_html("<em>{}</em>", shown)
    if run.is_raised:
        shown = format_html("<sup>{}</sup>", shown)
    if run.href.startswith(("http://", "https://")):
        shown = format_html('<a href="{}">{}</a>', run.href, shown)
    if run.is_wrong:
        return format_html('<mark class="wrong" title="{}">{}</mark>', run.stale, shown)
    if run.stale:
        return format_html('<mark class="stale" title="{}">{}<sup>{}</sup></mark>', run.stale, shown, STALE_SIGN)
    if run.bound:
        return format_html('<span class="bound" title="{}">{}</span>', run.bound, shown)
    return shown
