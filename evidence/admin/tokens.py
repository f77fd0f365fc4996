"""Personal tokens: a list of one's own, making one, whose key is shown once, and revoking it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evidence.admin.standing import person_of
from evidence.models import AccessToken, KeptAnswer
from evidence.permissions import SCOPE_SENTENCES, Scope
from evidence.sentences import speak
from evidence.services.tokens import LONGEST_DAYS, issue_token, revoke_token

USUAL_DAYS = 90


class TokenForm(forms.Form):
    """What a new token is for, what it may do, and for how long."""

    name = forms.CharField(max_length=80, help_text="What the token is for, such as R on my laptop.")
    scopes = forms.MultipleChoiceField(
        label="A program may",
        choices=[(scope, sentence) for scope, sentence in SCOPE_SENTENCES.items()],
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label="Days until it ends", initial=USUAL_DAYS, min_value=1, max_value=LONGEST_DAYS, help_text="Up to a year."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field, label in (("name", "name"), ("scopes", "what a program may do"), ("days", "number of days")):
            speak(self.fields[field], label)


@admin.register(AccessToken)
class AccessTokenAdmin(admin.ModelAdmin):
    """The tokens of the person; of an administrator, those of everybody, to be revoked."""

    actions = None
    show_full_result_count = False
    list_display = ("name", "hint", "scopes", "issued_by", "issued_at", "valid_until", "last_use", "revoked_at")
    search_fields = ("name", "hint")
    change_form_template = "admin/evidence/token.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the person's own."""
        rows = super().get_queryset(request).select_related("issued_by", "revoked_by")
        return rows if person_of(request).is_superuser else rows.filter(issued_by=person_of(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything but the digest."""
        return [field.name for field in self.opts.fields if field.name not in ("id", "digest")]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show all that is stored, but the digest."""
        return self.get_readonly_fields(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everybody who is let in."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may see the list, or this token."""
        user = request.user
        is_in = bool(user.is_active and user.is_staff)
        return is_in if obj is None else is_in and (user.is_superuser or obj.issued_by_id == user.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Everybody who is let in makes tokens of their own."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a token is revoked, and another one made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: that there was a token is kept."""
        return False

    def get_urls(self) -> list[Any]:
        """Add revoking."""
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<int:token_id>/revoke/", view, name="evidence_accesstoken_revoke"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask what the token is for, and show its key once."""
        if not self.has_add_permission(request):
            raise PermissionDenied("This account makes no tokens.")
        form, key = TokenForm(request.POST or None), ""
        if request.method == "POST" and form.is_valid():
            try:
                _, key = issue_token(by=person_of(request), **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
        context = {
            **self.admin_site.each_context(request),
            "title": "A new token for a program",
            "opts": self.opts,
            "form": form,
            "key": key,
        }
        response = TemplateResponse(request, "admin/evidence/new_token.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a token, with the button to revoke it."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied("A token is revoked, not changed.")
        token = self.get_object(request, object_id)
        may_revoke = token is not None and token.revoked_at is None
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_revoke": may_revoke})

    def revoke_view(self, request: HttpRequest, token_id: int) -> HttpResponse:
        """Make a token worthless."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        token = self.get_object(request, str(token_id))
        if token is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(token_id))  # type: ignore[attr-defined]
        try:
            revoke_token(by=person_of(request), token=token)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"The token “{token.name}” is revoked.")
        return HttpResponseRedirect(reverse("admin:evidence_accesstoken_changelist"))


@admin.register(KeptAnswer)
class KeptAnswerAdmin(admin.ModelAdmin):
    """Answers to programs that are kept for some days: one's own, to read."""

    actions = None
    list_display = ("key", "review", "status", "asked_at", "asked_by")
    search_fields = ("key",)
    list_select_related = ("review", "asked_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the person's own, of reviews that they may still read."""
        rows: Any = super().get_queryset(request)
        return rows.visible_to(request.user).filter(asked_by=person_of(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything."""
        return [field.name for field in self.opts.fields if field.name != "id"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everybody who is let in."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may see the list, or this answer."""
        user = request.user
        return bool(user.is_active and user.is_staff) and (obj is None or obj.asked_by_id == user.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
