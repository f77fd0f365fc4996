"""The page of one's own account: its second step, its reviews, and what happened to it lately."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from access.pages.second_step import account_state, show, signed_in
from evidence.models import Membership, SecurityEvent

LATELY = 15


def account_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Show the account of who asks."""
    user = signed_in(request)
    own = SecurityEvent.objects.filter(Q(account=user.get_username()) | Q(made_by=user))
    known = {
        "events": own.select_related("made_by")[:LATELY],
        "memberships": Membership.objects.filter(user=user).select_related("review").order_by("review__title"),
        **account_state(user),
    }
    return show(site, request, "account", title="Your account", person=user, **known)
