"""Inviting people into a review, and withdrawing invitations."""

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse

from access.models import Invitation
from access.services.inviting import invite, mail, withdraw
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review
from evidence.permissions import Act

SHOWN_ONCE = "The link for {email} is shown this once: {link}"
MAILED = "It was sent to {email} as well."
NOT_MAILED = "It could not be sent by e-mail ({error}); give it to {email} yourself."
GIVE = "No e-mail is sent from this site: give the link to {email} yourself, and to nobody else."
NO_SUCH = "There is no such invitation among those of your reviews."


@admin.register(Invitation)
class InvitationAdmin(ScopedAdmin):
    """Invitations of the reviews that a person manages."""

    change_form_template = "admin/access/invitation.html"
    list_display = ("email", "role", "review", "standing", "made_at", "made_by")
    list_filter = (ReviewFilter, "role")
    list_select_related = ("review", "made_by")
    search_fields = ("email", "review__title")

    @admin.display(description="state")
    def standing(self, invitation: Any) -> str:
        """Where the invitation stands."""
        return str(invitation.state)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Show invitations to those who manage the review: they name people who are not in it yet."""
        return super().get_queryset(request).filter(review__in=standing_of(request).reviews(Act.MANAGE))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for review, address and role; of what was made, show what became of it."""
        asked = ("review", "email", "role")
        if obj is None:
            return asked
        return (*asked, "standing", "valid_until", "made_at", "made_by", "accepted_at", "accepted_by", "withdrawn_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything of what was made."""
        return () if obj is None else self.get_fields(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Choose the review that the page was opened from."""
        review = request.GET.get("review", "")
        return {"review": review} if review.isdecimal() else {}

    def get_urls(self) -> list[Any]:
        """Add the withdrawing of an invitation."""
        view = self.admin_site.admin_view(self.withdraw_view)
        return [path("<int:pk>/withdraw/", view, name="access_invitation_withdraw"), *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Withdraw an invitation."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        invitation = self.get_queryset(request).filter(pk=pk).first()
        if invitation is None:
            raise Http404(NO_SUCH)
        try:
            withdraw(by=person_of(request), invitation=invitation)
            messages.success(request, f"The invitation of {invitation.email} is withdrawn: its link works no longer.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("admin:access_invitation_change", args=[pk]))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Invite through the service, and show the link once."""
        with tied_to(None):
            made, token = invite(by=person_of(request), review=obj.review, email=obj.email, role=obj.role)
        obj.pk, obj._state.adding = made.pk, False
        link = link_of(request, token)
        messages.warning(request, SHOWN_ONCE.format(email=made.email, link=link))
        try:
            said = (MAILED if mail(invitation=made, link=link) else GIVE).format(email=made.email)
        except (OSError, SMTPException) as error:
            said = NOT_MAILED.format(error=error, email=made.email)
        messages.info(request, said)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person manages the review, or any."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.MANAGE) if obj is None else standing.may(Act.MANAGE, obj.review_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: an invitation is withdrawn, and another one made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: who was invited stays known."""
        return False

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE) if remote is Review else remote.objects.none()


def link_of(request: HttpRequest, token: str) -> str:
    """Give the address that is given to who is invited, under the name of the site where that is known."""
    where = reverse("join", args=[token])
    return f"{settings.SITE_URL.rstrip('/')}{where}" if settings.SITE_URL else request.build_absolute_uri(where)
