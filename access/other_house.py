"""Signing in through another house (OpenID Connect): for people who have an account or an invitation, nobody else."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import path, reverse
from django.views.generic import RedirectView

from access.models import Invitation
from access.pages.joining import INVITED
from access.services.inviting import join
from evidence.services.noting import Kind, note

UNKNOWN = (
    "{house} says that you are {email}, and no account here has this address. Ask the owner of a review to invite you."
)
NO_ADDRESS = "{house} does not vouch for an e-mail address of yours, by which you would be known here."
BROKEN = "Signing in through {house} did not work. Try again, or sign in with name and password."
MOST_TRIES = 50


class AccountAdapter(DefaultAccountAdapter):
    """Lets nobody make an account by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: who comes in was invited."""
        return False

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> Any:
        """Keep that somebody came in."""
        note(Kind.SIGNED_IN, by=user)
        return super().post_login(request, user, **options)

    def add_message(self, *args: Any, **options: Any) -> None:
        """Say nothing of its own: the pages of this site speak."""


class HouseAdapter(DefaultSocialAccountAdapter):
    """Knows people by the address that the other house vouches for, once; afterwards by its own name for them."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the account of who comes; make one where they were invited; else lead back with a sentence."""
        if sociallogin.is_existing:
            return
        email = vouched_address(sociallogin)
        if not email:
            turn_away(request, NO_ADDRESS.format(house=settings.OIDC_NAME))
        found = list(User.objects.filter(email__iexact=email, is_active=True)[:2])
        user = found[0] if len(found) == 1 else invited(request, sociallogin, email)
        if user is None:
            note(Kind.SIGN_IN_FAILED, says=f"{settings.OIDC_NAME}: {email} has no account")
            turn_away(request, UNKNOWN.format(house=settings.OIDC_NAME, email=email))
        sociallogin.connect(request, user)
        note(Kind.ACCOUNT_CHANGED, by=user, says=f"tied to {settings.OIDC_NAME}")

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Lead back with a sentence, whatever went wrong."""
        note(Kind.SIGN_IN_FAILED, says=f"{settings.OIDC_NAME}: {type(exception).__name__ if exception else error}")
        turn_away(request, BROKEN.format(house=settings.OIDC_NAME))


def vouched_address(sociallogin: Any) -> str:
    """Give the e-mail address that the other house has verified, "" where it has none."""
    return next((one.email.strip().lower() for one in sociallogin.email_addresses if one.verified), "")


def invited(request: HttpRequest, sociallogin: Any, email: str) -> User | None:
    """Give a new account for who follows an invitation to this address, None where there is none."""
    row = Invitation.objects.filter(pk=request.session.get(INVITED) or 0, email=email).first()
    if row is None or not row.is_open or User.objects.filter(email__iexact=email).exists():
        return None
    told = sociallogin.user
    stem = email.partition("@")[0]
    name = "".join(one for one in f"{told.first_name} {told.last_name}" if one.isprintable()).strip() or stem
    for number in range(1, MOST_TRIES):
        try:
            user = join(invitation=row, username=stem if number == 1 else f"{stem}{number}", name=name, password=None)
        except ValidationError:
            continue
        del request.session[INVITED]
        return user
    return None


def turn_away(request: HttpRequest, sentence: str) -> None:
    """Lead back to the page for signing in.

    Raises
    ------
    ImmediateHttpResponse : always
    """
    messages.error(request, sentence)
    raise ImmediateHttpResponse(HttpResponseRedirect(reverse("admin:login")))


# Names that the library leads to: all of its own pages are this site's page for signing in.
_NAMES = (
    *("account_login", "account_logout", "account_signup", "account_inactive", "account_reauthenticate"),
    *("account_email", "account_change_password", "account_reset_password"),
    *("socialaccount_signup", "socialaccount_connections"),
    *("socialaccount_login_error", "socialaccount_login_cancelled"),
)
urlpatterns = [path(f"house/{name}/", RedirectView.as_view(pattern_name="admin:login"), name=name) for name in _NAMES]
