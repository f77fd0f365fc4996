"""Writing through the services: rows made one by one or many at once, changed from a known version, and removed."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from evidence.api.entering import Entry
from evidence.api.once import once
from evidence.api.problems import JUST_SAVED, Refusal, errors_of
from evidence.api.versions import require_match, tag_of
from evidence.api.views import KeptRows
from evidence.models import EvidenceRow, Review
from evidence.models.doors import Door
from evidence.permissions import Act, require_change
from evidence.services import one_act, record, remove
from evidence.services.holding import hold

MOST_ROWS = 500
NO_ROWS = f"Send “review”, and the rows as a list named “rows”, of 1 to {MOST_ROWS}."
NO_SUCH_REVIEW = "“{slug}” is not a review in which you may do this; send its short name as “review”."
NO_ROLE = "There is no review in which you may {act}."
NOT_THEIRS = "You may not change this: it is another's, it is closed, or it stands on your own reading."
OTHER_REVIEW = "The row belongs to another review than the one that is named."


class RowRefusal(serializers.Serializer):
    """A sentence about a row that is not made."""

    field = serializers.CharField(allow_blank=True)
    says = serializers.CharField()


class RowDone(serializers.Serializer):
    """What came of one row."""

    index = serializers.IntegerField(help_text="Its place in the list that was sent, from 0.")
    status = serializers.IntegerField(help_text="201 where it is made; else what it would be refused with alone.")
    id = serializers.IntegerField(allow_null=True)
    errors = RowRefusal(many=True)  # type: ignore[assignment]


class BulkDone(serializers.Serializer):
    """What came of rows that were sent together."""

    created = serializers.IntegerField()
    refused = serializers.IntegerField()
    act = serializers.IntegerField(
        allow_null=True, help_text="The act that can be undone as one; null: nothing is made."
    )
    results = RowDone(many=True)


class BulkSent(serializers.Serializer):
    """Rows that are sent together."""

    review = serializers.CharField(help_text="Short name of the review that all rows belong to.")
    rows = serializers.ListField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=MOST_ROWS,
        help_text="Rows as each would be sent alone. What is none is named in the answer, and the others are made.",
    )


class WrittenRows(KeptRows):
    """Rows that programs make, change and remove.

    `written` names the fields that may be sent, `fixed` those of them that are chosen when the row is made, and `act`
    what the person must be allowed to do where the row belongs.
    """

    model: ClassVar[type[EvidenceRow]]
    written: ClassVar[tuple[str, ...]] = ()
    fixed: ClassVar[tuple[str, ...]] = ()
    act: ClassVar[Act] = Act.RECORD

    def entry(self) -> Entry:
        """Give what reads the rows that are sent."""
        return Entry(model=self.model, names=self.written, fixed=self.fixed, standing=self.standing, act=self.act)

    def make(self, values: dict[str, Any]) -> Any:
        """Make a row through its service."""
        row = self.model(**values)
        self.require_write(row)
        return record(by=self.person, row=row)

    def require_role(self) -> None:
        """Refuse who may do this in no review at all."""
        if not self.standing.may_somewhere(self.act):
            raise PermissionDenied(NO_ROLE.format(act=self.act))

    def require_write(self, row: Any) -> None:
        """Refuse a change that the pages would not offer."""
        require_change(self.request.user, row)
        if not self.standing.may_write(row):
            raise PermissionDenied(NOT_THEIRS)

    def change(self, row: Any) -> Any:
        """Save a changed row through its service."""
        return record(by=self.person, row=row)

    def create(self, request: Request) -> Response:
        """Make a row."""
        self.understand()
        self.require_role()
        return once(request, lambda: self._created(request.data))

    def _created(self, data: Any) -> tuple[Response, Review]:
        made = self.make(self.entry().read(data))
        row = self.get_queryset().filter(pk=made.pk).first() or made
        shown = self.data_of(row)
        headers = {"Location": self.reverse_action("detail", args=[row.pk]), "ETag": tag_of(shown)}
        return Response(shown, status=201, headers=headers), row.owning_review

    def partial_update(self, request: Request, id: str) -> Response:
        """Change some fields of a row; If-Match says which version the change is based on."""
        self.understand()
        with transaction.atomic():
            hold(self.model, int(id))
            row = self.get_object()
            require_match(request, self.data_of(row), row)
            self.require_write(row)
            values = self.entry().read(request.data, row)
            if any(getattr(row, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(row, name, value)
                self.change(row)
            shown = self.data_of(self.get_object())
        return Response(shown, headers={"ETag": tag_of(shown)})

    def destroy(self, request: Request, id: str) -> Response:
        """Remove a row; its history stays. If-Match says which version is removed."""
        self.understand()
        with transaction.atomic():
            hold(self.model, int(id))
            row = self.get_object()
            require_match(request, self.data_of(row), row)
            self.require_write(row)
            remove(by=self.person, row=row)
        return Response(status=204)


class BulkRows(WrittenRows):
    """Rows that can also be sent many at a time: each stands by itself, and together they are one act."""

    @extend_schema(request=BulkSent, responses=BulkDone)
    @action(detail=False, methods=["post"], filter_backends=[], pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Make up to 500 rows of one review; those that break a rule are left out, with the sentences why."""
        self.understand()
        self.require_role()
        review, rows = self._sent(request.data)
        return once(request, lambda: (Response(self._make_all(review, rows)), review))

    def _sent(self, data: Any) -> tuple[Review, list[Any]]:
        sent: dict[str, Any] = data if isinstance(data, dict) else {}
        slug, rows = sent.get("review", ""), sent.get("rows", [])
        is_listed = isinstance(slug, str) and isinstance(rows, list) and set(sent) == {"review", "rows"}
        if not is_listed or not 1 <= len(rows) <= MOST_ROWS:
            raise ValidationError(NO_ROWS)
        review = self.standing.reviews(self.act).filter(slug=slug.replace("\x00", "")).first()
        if review is None:
            raise Refusal(403, NO_SUCH_REVIEW.format(slug=slug[:80]))
        return review, rows

    def _make_all(self, review: Review, rows: list[Any]) -> dict[str, Any]:
        """Make what can be made, as one act; no act where nothing can."""
        what = f"{len(rows)} {self.model._meta.verbose_name_plural} through the API"
        entry = self.entry()
        with transaction.atomic():
            point = transaction.savepoint()
            with one_act(by=self.person, review=review, what=what, door=Door.API) as batch:
                done = [self._make_one(entry, review, index, row) for index, row in enumerate(rows)]
            if all(one["status"] == 403 for one in done):
                raise PermissionDenied(done[0]["errors"][0]["says"])
            created = sum(one["status"] == 201 for one in done)
            if not created:
                transaction.savepoint_rollback(point)
        act = batch.pk if created else None
        return {"created": created, "refused": len(rows) - created, "act": act, "results": done}

    def _make_one(self, entry: Entry, review: Review, index: int, data: Any) -> dict[str, Any]:
        try:
            with transaction.atomic():
                if isinstance(data, dict) and "review" in self.written:
                    data = {"review": review.slug, **data}
                row = self.make(entry.read(data))
                if row.owning_review.pk != review.pk:
                    raise ValidationError(OTHER_REVIEW)
        except ValidationError as error:
            return {"index": index, "status": 422, "id": None, "errors": errors_of(error)}
        except PermissionDenied as error:
            return {"index": index, "status": 403, "id": None, "errors": [{"field": "", "says": str(error)}]}
        except IntegrityError:
            return {"index": index, "status": 409, "id": None, "errors": [{"field": "", "says": JUST_SAVED}]}
        return {"index": index, "status": 201, "id": row.pk, "errors": []}
