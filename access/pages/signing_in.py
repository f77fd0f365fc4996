"""Signing in with name and password, signing out, and changing the password."""

from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from access.models import Attempt
from access.services.locking import begin_attempt, fail, succeed
from access.services.stepping import step_of
from access.sessions import begin_anew
from access.standing import PROVED
from evidence.services.noting import Kind, note

TO_COME = "the second step is to come"
ENDED = "Your session has ended. Sign in again to go on."


class SignInForm(AdminAuthenticationForm):
    """Name and password; who tries too often has to wait."""

    def clean(self) -> dict[str, Any]:
        """Count the attempt, then look at the password."""
        name = self.cleaned_data.get("username") or ""
        if not name or not self.cleaned_data.get("password"):
            return super().clean()
        attempt = begin_attempt(Attempt.Door.PASSWORD, name)
        try:
            cleaned = super().clean()
        except ValidationError:
            fail(attempt)
            raise
        succeed(attempt)
        return cleaned


class SignInView(LoginView):
    """The page, and what follows when the password is right."""

    authentication_form = SignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Begin a session whose hours count from now."""
        begin_anew(self.request.session)
        self.request.session.pop(PROVED, None)
        response = super().form_valid(form)
        user = form.get_user()
        note(Kind.SIGNED_IN, by=user, says=TO_COME if step_of(user) else "")
        return response


class ChangePasswordView(PasswordChangeView):
    """The page for one's own password; every other session of the account ends with the old one."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save it, and keep that it was changed."""
        response = super().form_valid(form)
        note(Kind.PASSWORD_CHANGED, by=form.user)
        return response


def sign_in(site: Any, request: HttpRequest, extra: dict[str, Any] | None) -> HttpResponseBase:
    """Show the page for signing in, or take name and password."""
    context = {
        **site.each_context(request),
        "title": "Sign in",
        "subtitle": None,
        "app_path": request.get_full_path(),
        "username": request.user.get_username(),
        "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "ended": ENDED if has_ended(request) else "",
        **(extra or {}),
    }
    if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
        context[REDIRECT_FIELD_NAME] = reverse("admin:index")
    return SignInView.as_view(extra_context=context)(request)


def has_ended(request: HttpRequest) -> bool:
    """Whether the browser brings a session that is over."""
    brings = settings.SESSION_COOKIE_NAME in request.COOKIES
    return request.method == "GET" and brings and request.session.is_empty()
