"""The page that an invitation leads to: for who has an account, and for who makes one."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from access.models import Invitation
from access.pages.forms import JoinForm
from access.services.inviting import USED, accept, invitation_of, join
from evidence.services.noting import Kind, note

# In the session of somebody who comes in through another house to accept.
INVITED = "invitation"
BACKEND = "access.backend.AccountBackend"


@sensitive_post_parameters()
@never_cache
def join_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the invitation is to, or accept it. Looking at it does not use it up."""
    invitation = invitation_of(token)
    if invitation is None:
        return show(request, None, status=404, refused=USED)
    if request.method == "POST" and request.POST.get("deed") == "other_house" and settings.OIDC_ISSUER:
        request.session[INVITED] = invitation.pk
        return show(request, invitation, form=JoinForm(), goes_on=True)
    if isinstance(request.user, User):
        return accept_as(request, invitation, request.user)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = make_account(form, invitation)
        if user is not None:
            login(request, user, backend=BACKEND)
            note(Kind.SIGNED_IN, by=user)
            return welcome(request, invitation)
    return show(request, invitation, form=form)


def accept_as(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    """Ask the signed-in person, or take them in."""
    refused = ""
    if request.method == "POST":
        try:
            accept(by=user, invitation=invitation)
        except ValidationError as error:
            refused = " ".join(error.messages)
        else:
            return welcome(request, invitation)
    return show(request, invitation, refused=refused)


def make_account(form: JoinForm, invitation: Invitation) -> User | None:
    """Make the account; what the service refuses stands beside the fields."""
    given: dict[str, Any] = form.cleaned_data
    try:
        return join(invitation=invitation, username=given["username"], name=given["name"], password=given["password"])
    except ValidationError as error:
        told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, sentences in told.items():
            form.add_error(name if name in form.fields else None, sentences)
        return None


def welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Lead to the review."""
    said = f"Welcome to “{invitation.review}”: you are its {invitation.get_role_display().lower()}."
    messages.success(request, said)
    return HttpResponseRedirect(reverse("admin:analysis_home", args=[invitation.review.slug]))


def show(request: HttpRequest, invitation: Invitation | None, status: int = 200, **known: Any) -> HttpResponse:
    """Show the page, without the menus of the site."""
    context = {**site.each_context(request), "title": "Invitation", "invitation": invitation, **known}
    context |= {"provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "", "here": request.path}
    return render(request, "admin/access/join.html", context, status=status)
