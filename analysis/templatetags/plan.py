"""The way from the page of a review to its plan."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis.services import check_eligibility, read_ledger
from evidence.models import Review

register = template.Library()


@register.simple_tag
def plan_link(review: Review) -> SafeString:
    """Give links to the plan, the living page and the agreement of a review, with what ran and what is open."""
    entries = read_ledger(review)
    done = sum(entry.state in ("run", "reported") for entry in entries)
    broken = sum(finding.is_open for finding in check_eligibility(review))
    said = f"Plan and ledger: {done} of {len(entries)} run"
    said += f", {broken} unsigned violation{'' if broken == 1 else 's'} of eligibility" if broken else ""
    return format_html(
        '<a href="{}">{}</a><a href="{}">Living</a><a href="{}">Agreement</a><a href="{}">Manuscripts</a>',
        reverse("admin:analysis_ledger", args=[review.slug]),
        said,
        reverse("admin:analysis_living", args=[review.slug]),
        reverse("admin:analysis_agreement", args=[review.slug]),
        reverse("admin:analysis_manuscripts", args=[review.slug]),
    )
