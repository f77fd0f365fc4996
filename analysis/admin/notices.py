"""Notices: the inbox of changed conclusions, who is told by e-mail, and the webhooks with what was sent to them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from analysis.admin.scoped import ReadOnlyAdmin
from analysis.models import Delivery, Notice, NoticeRead, NoticeSubscription, Webhook, WebhookSecret
from analysis.services.notifying import mark_read, renew_secret, save_webhook, subscribe, unread
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review
from evidence.permissions import Act

NO_SUCH = "There is no such row among those of your reviews."
SHOWN_ONCE = "The secret of the {webhook} is {secret}. It is shown this once; keep it where the receiver reads it."


class UnreadFilter(admin.SimpleListFilter):
    """Notices that the person has read, or not."""

    title = "read"
    parameter_name = "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Give both kinds."""
        return [("no", "unread"), ("yes", "read")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list."""
        return queryset.filter(is_read=self.value() == "yes") if self.value() in ("yes", "no") else queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """The inbox: what changed, unread first among the newest."""

    change_list_template = "admin/analysis/notices/change_list.html"
    change_form_template = "admin/analysis/notices/change_form.html"
    list_display = ("standing", "what", "changed", "noted_at")
    list_display_links = ("what",)
    list_filter = (UnreadFilter, ReviewFilter)
    search_fields = ("says", "snapshot__analysis__title")
    fields = ("snapshot", "previous", "changed", "noted_at", "noted_by")
    readonly_fields = ("changed",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read along whether the person has read each."""
        read = NoticeRead.objects.filter(notice=OuterRef("pk"), read_by=person_of(request))
        rows = super().get_queryset(request).select_related("snapshot__analysis__review", "previous__analysis")
        return rows.annotate(is_read=Exists(read))

    @admin.display(description="state")
    def standing(self, notice: Any) -> SafeString | str:
        """Whether the person has read it."""
        return "read" if notice.is_read else format_html('<span class="tag is-stale">{}</span>', "unread")

    @admin.display(description="snapshot", ordering="snapshot")
    def what(self, notice: Any) -> str:
        """The snapshot that it is about."""
        return str(notice.snapshot)

    @admin.display(description="what changed")
    def changed(self, notice: Any) -> SafeString:
        """The sentences, one on each line."""
        return format_html_join("", "<div>{}</div>", ((sentence,) for sentence in notice.sentences))

    def get_urls(self) -> list[Any]:
        """Add what can be done: mark as read, and turn the e-mails of a review on or off."""
        view = self.admin_site.admin_view
        return [
            path("read/", view(self.read_all_view), name="analysis_notice_read_all"),
            path("<int:pk>/read/", view(self.read_view), name="analysis_notice_read"),
            path("email/<slug:slug>/", view(self.email_view), name="analysis_notice_email"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show how many are unread, and for which reviews the person gets e-mails."""
        person = person_of(request)
        wanted = NoticeSubscription.objects.filter(person=person, by_email=True).values_list("review", flat=True)
        asked = set(wanted)
        reviews = standing_of(request).reviews(Act.VIEW).order_by("title")
        context = {
            "title": "Notices of changed conclusions",
            "unread_count": unread(person).count(),
            "subscriptions": [(review, review.pk in asked) for review in reviews],
            "has_address": bool(person.email),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def read_all_view(self, request: HttpRequest) -> HttpResponse:
        """Mark all as read."""
        return self._read(request, unread(person_of(request)), reverse("admin:analysis_notice_changelist"))

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mark one as read."""
        notices = self.get_queryset(request).filter(pk=pk)
        if not notices:
            raise Http404(NO_SUCH)
        return self._read(request, notices, reverse("admin:analysis_notice_change", args=[pk]))

    def _read(self, request: HttpRequest, notices: Any, back: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        rows = notices.select_related("snapshot__analysis__review")
        count = mark_read(by=person_of(request), notices=rows)
        messages.success(request, f"{count} notice{'' if count == 1 else 's'} marked as read.")
        return HttpResponseRedirect(back)

    def email_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Turn the e-mails of a review on or off, for the person who asks."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        review = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
        if review is None:
            raise Http404(NO_SUCH)
        by_email = request.POST.get("by_email") == "on"
        subscribe(by=person_of(request), review=review, by_email=by_email)
        said = "You get" if by_email else "You do not get"
        messages.success(request, f"{said} e-mails about “{review}”.")
        return HttpResponseRedirect(reverse("admin:analysis_notice_changelist"))


@admin.register(NoticeRead)
class NoticeReadAdmin(ReadOnlyAdmin):
    """Who has read what."""

    list_display = ("notice", "read_at", "read_by")
    list_filter = (ReviewFilter,)
    list_select_related = ("notice__snapshot__analysis", "read_by")
    search_fields = ("notice__says",)


@admin.register(NoticeSubscription)
class NoticeSubscriptionAdmin(ReadOnlyAdmin):
    """Who gets e-mails; each chooses for themselves, on the page of the notices."""

    list_display = ("person", "review", "by_email")
    list_filter = (ReviewFilter,)
    list_select_related = ("person", "review")
    search_fields = ("person__username", "review__title")


@admin.register(Webhook)
class WebhookAdmin(ScopedAdmin):
    """Addresses that are told of notices; the whole address is shown to those who manage the review."""

    change_form_template = "admin/analysis/notices/webhook.html"
    list_display = ("host_shown", "review", "is_active")
    list_filter = (ReviewFilter, "is_active")
    list_select_related = ("review",)
    search_fields = ("review__title",)
    fixed_after_creation = ("review",)

    @admin.display(description="host")
    def host_shown(self, webhook: Any) -> str:
        """The host of the address."""
        return str(webhook.host)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the host only to those who do not manage the review."""
        whole = obj is None or self.has_change_permission(request, obj)
        return ("review", "url" if whole else "host_shown", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Count the host as shown."""
        return (*super().get_readonly_fields(request, obj), "host_shown")

    def get_urls(self) -> list[Any]:
        """Add the making of a new secret."""
        view = self.admin_site.admin_view(self.secret_view)
        return [path("<int:pk>/secret/", view, name="analysis_webhook_secret"), *super().get_urls()]

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a new secret and show it once."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        webhook = self.get_queryset(request).filter(pk=pk).first()
        if webhook is None:
            raise Http404(NO_SUCH)
        secret = renew_secret(by=person_of(request), webhook=webhook)
        messages.warning(request, SHOWN_ONCE.format(webhook=webhook, secret=secret))
        return HttpResponseRedirect(reverse("admin:analysis_webhook_change", args=[pk]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person manages the review, or any."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.MANAGE) if obj is None else standing.may(Act.MANAGE, obj.review_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a webhook is turned off, so that what was sent to it stays known."""
        return False

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE) if remote is Review else remote.objects.none()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, and show the secret of a new webhook once."""
        with tied_to(None):
            secret = save_webhook(by=person_of(request), webhook=obj)
        if secret:
            messages.warning(request, SHOWN_ONCE.format(webhook=obj, secret=secret))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show earlier addresses to those who may see the whole of them."""
        self._refuse_readers(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show an earlier version to those who may see the whole of it."""
        self._refuse_readers(request, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)

    def _refuse_readers(self, request: HttpRequest, object_id: str) -> None:
        webhook = self.get_object(request, object_id)
        if webhook is None or not self.has_change_permission(request, webhook):
            raise PermissionDenied("The addresses of webhooks are for those who manage the review.")


@admin.register(WebhookSecret)
class WebhookSecretAdmin(ReadOnlyAdmin):
    """When secrets were made, and by whom; never the secrets."""

    list_display = ("webhook", "made_at", "made_by")
    list_filter = (ReviewFilter,)
    list_select_related = ("webhook", "made_by")
    search_fields = ("made_by__username",)
    fields = ("webhook", "made_at", "made_by")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What was sent, what waits, and what the other side said last."""

    list_display = ("notice", "to", "state", "attempts", "says", "tried_at", "due_next")
    list_filter = ("state", ReviewFilter)
    list_select_related = ("notice__snapshot__analysis", "webhook", "person")
    search_fields = ("says",)
    fields = ("notice", "to", "state", "attempts", "says", "tried_at", "tried_by", "due_next")
    readonly_fields = ("to",)

    @admin.display(description="to")
    def to(self, delivery: Any) -> str:
        """The webhook's host, or the person."""
        return str(delivery.webhook or delivery.person)
