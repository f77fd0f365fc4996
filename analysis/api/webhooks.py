"""The addresses that are told of changed conclusions, for those who manage the review; others see that there is one."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis.models import Webhook
from analysis.services.notifying import renew_secret, save_webhook
from evidence.api.filtering import filters_for
from evidence.api.rows import ReviewSlug, RowSerializer
from evidence.api.versions import tag_of
from evidence.api.writing import WrittenRows
from evidence.permissions import Act, require

HIDDEN = "The addresses of webhooks are for those who manage the review."


class WebhookRow(RowSerializer):
    """An address that is told of the notices of a review."""

    review = ReviewSlug()
    host = serializers.CharField(read_only=True)
    url = serializers.SerializerMethodField(help_text="The whole address; null to those who do not manage the review.")

    class Meta:
        model = Webhook
        fields = ("id", "review", "host", "url", "is_active")

    @extend_schema_field({"type": ["string", "null"]})
    def get_url(self, webhook: Any) -> str | None:
        """Give the address to those who may see the whole of it, as on the pages."""
        may_see = self.context["view"].standing.may(Act.MANAGE, webhook.review_id)
        return str(webhook.url) if may_see else None


class WebhookMade(WebhookRow):
    """A new webhook with the secret that its messages are signed with."""

    secret = serializers.CharField(help_text="It is told this once.")

    class Meta(WebhookRow.Meta):
        fields = (*WebhookRow.Meta.fields, "secret")  # type: ignore[assignment]


class Secret(serializers.Serializer):
    """A new secret of a webhook."""

    secret = serializers.CharField(help_text="It is told this once, and is in force from now on.")


class Webhooks(WrittenRows):
    """Where notices of changed conclusions are sent. One is turned off, never removed: what it was sent stays known."""

    model = Webhook
    serializer_class = WebhookRow
    related = ("review",)
    filterset_class = filters_for(Webhook, ["is_active"])
    search_fields = ("review__title",)
    written = ("review", "url", "is_active")
    fixed = ("review",)
    act = Act.MANAGE
    takes_keys = False  # the answer holds a secret, which is not kept with it; a second address of the same is refused
    http_method_names = ["get", "post", "patch", "head", "options"]

    def require_write(self, row: Any) -> None:
        """Refuse who does not manage the review."""
        require(self.person, Act.MANAGE, row.owning_review)

    def change(self, row: Any) -> Any:
        """Save a changed webhook through its service."""
        save_webhook(by=self.person, webhook=row)
        return row

    @extend_schema(responses={201: WebhookMade})
    def create(self, request: Request) -> Response:
        """Make a webhook; the answer tells its secret, once."""
        self.understand()
        self.require_role()
        with transaction.atomic():
            row = Webhook(**self.entry().read(request.data))
            self.require_write(row)
            secret = save_webhook(by=self.person, webhook=row)
            shown = self.data_of(row)
        headers = {"Location": self.reverse_action("detail", args=[row.pk]), "ETag": tag_of(shown)}
        return Response({**shown, "secret": secret}, status=201, headers=headers)

    def partial_update(self, request: Request, id: str) -> Response:
        """Change the address, or turn it on or off; If-Match says which version the change is based on."""
        self.require_write(self.get_object())
        return super().partial_update(request, id)

    @extend_schema(request=None, responses=Secret)
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    def secret(self, request: Request, id: str) -> Response:
        """Make a new secret, which is in force from now on; the answer tells it, once."""
        self.understand()
        return Response({"secret": renew_secret(by=self.person, webhook=self.get_object())})

    def require_past(self, row: Any) -> None:
        """Refuse who does not manage the review: earlier addresses are as secret as the one of now."""
        if not self.standing.may(Act.MANAGE, row.review_id):
            raise exceptions.NotFound(HIDDEN)
