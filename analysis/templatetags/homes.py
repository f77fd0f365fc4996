"""The ways to the homes of reviews."""

from typing import Any

from django import template
from django.http import HttpRequest

from evidence.admin.standing import standing_of
from evidence.models import Membership
from evidence.permissions import Act

register = template.Library()

# So many have a card; who is in more finds the others in the list of reviews.
MOST = 8


@register.inclusion_tag("admin/analysis/home/mine.html", takes_context=True)
def my_reviews(context: dict[str, Any], *, is_list: bool = False) -> dict[str, Any]:
    """Show the reviews of the person as cards that lead to their homes; say how to begin where there is none."""
    request: HttpRequest = context["request"]
    reviews = list(standing_of(request).reviews(Act.VIEW).order_by("title")[: MOST + 1])
    roles = dict(Membership.objects.filter(user=request.user.pk, review__in=reviews).values_list("review_id", "role"))
    labels = dict(Membership.Role.choices)
    cards = [{"review": review, "role": labels.get(roles.get(review.pk, ""), "")} for review in reviews[:MOST]]
    return {"cards": cards, "has_more": len(reviews) > MOST, "is_list": is_list}
