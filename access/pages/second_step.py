"""The pages of the second step: entering a code, setting it up, recovery codes, removing it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from access.models import SecondStep
from access.pages.forms import CodeForm
from access.picture import picture_of
from access.sealing import CannotOpen, seal, unseal
from access.services.stepping import codes_left, pass_step, remove, renew_codes, set_up, step_of
from access.standing import PROVED, Need, mark_of, must_have_step, need_of
from access.totp import address_for_telephone, new_secret

WAITING = "second_step_secret"


def code_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Ask for the code, or take it."""
    user = signed_in(request)
    if need_of(user, request.session) is not Need.CODE:
        return HttpResponseRedirect(next_of(request))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            step = pass_step(by=user, code=form.cleaned_data["code"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            let_in(request, step)
            return HttpResponseRedirect(next_of(request))
    return show(site, request, "code", title="Second step", form=form, next=request.GET.get("next", ""))


def set_up_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Show the secret as a picture and as text, and take the first code of the telephone."""
    user = signed_in(request)
    if step_of(user) is not None:
        return HttpResponseRedirect(reverse("admin:account"))
    secret = waiting_secret(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            step, codes = set_up(by=user, secret=secret, code=form.cleaned_data["code"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            del request.session[WAITING]
            let_in(request, step)
            return show_codes(site, request, codes)
    account, issuer = user.get_username(), settings.SITE_NAME
    picture = picture_of(
        address_for_telephone(secret, account=account, issuer=issuer), title="Picture for the telephone to read"
    )
    spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    known = {"picture": picture, "secret": spaced, "form": form, "must": must_have_step(user)}
    return show(site, request, "second_step", title="Set up the second step", **known)


def codes_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them once."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        codes = renew_codes(by=signed_in(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("admin:account"))
    return show_codes(site, request, codes)


def remove_page(site: Any, request: HttpRequest) -> HttpResponse:
    """Remove one's own second step, which a code proves."""
    user = signed_in(request)
    if step_of(user) is None:
        return HttpResponseRedirect(reverse("admin:account"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            remove(by=user, user=user, code=form.cleaned_data["code"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            request.session.pop(PROVED, None)
            messages.success(request, "The second step is removed: you sign in with the password alone.")
            return HttpResponseRedirect(reverse("admin:account"))
    return show(site, request, "remove", title="Remove the second step", form=form, must=must_have_step(user))


def show_codes(site: Any, request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Show recovery codes, this once."""
    return show(site, request, "codes", title="Recovery codes", codes=codes)


def show(site: Any, request: HttpRequest, page: str, **known: Any) -> HttpResponse:
    """Show a page of the doors."""
    return render(request, f"admin/access/{page}.html", {**site.each_context(request), **known})


def let_in(request: HttpRequest, step: SecondStep) -> None:
    """Mark the session as one that has passed the step, under a new key."""
    request.session[PROVED] = mark_of(step)
    request.session.cycle_key()


def waiting_secret(request: HttpRequest) -> str:
    """Give the secret that the page shows, the same until a code proves that the telephone has it."""
    try:
        return unseal(request.session.get(WAITING, ""))
    except CannotOpen:
        secret = new_secret()
        request.session[WAITING] = seal(secret)
        return secret


def signed_in(request: HttpRequest) -> User:
    """Give the person; the site lets nobody else onto these pages."""
    if not isinstance(request.user, User):
        raise TypeError("a page of one's own account was shown to nobody")
    return request.user


def next_of(request: HttpRequest) -> str:
    """Give the page that somebody was on the way to, where it is one of this site."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_own = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if is_own else reverse("admin:index")


def account_state(user: User) -> dict[str, Any]:
    """Give what the page of an account says of its second step."""
    step = step_of(user)
    return {"step": step, "codes_left": codes_left(step) if step else 0, "must": must_have_step(user)}
