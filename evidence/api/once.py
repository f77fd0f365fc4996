"""Creating once: a request with a key that was answered before gets that answer again and does nothing."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.response import Response

from evidence.api.problems import Refusal
from evidence.models import KeptAnswer, Review

HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEPT_HEADERS = ("Location", "ETag")
WRONG_KEY = f"An Idempotency-Key has 1 to {LONGEST_KEY} letters that can be printed, such as a UUID."
OTHER_REQUEST = "This Idempotency-Key was sent with another request; take a new one for a new request."


def once(request: Any, make: Callable[[], tuple[Response, Review]]) -> Response:
    """Give the answer that `make` gives, or the one that the same request with the same key was given before.

    `make` writes and answers in one transaction with the note of the answer; what it refuses leaves no note, so that
    the key can be used again. It gives the review that it wrote in: who has left it is not told the answer again.

    Raises
    ------
    Refusal : 400 for a key that cannot be one, 422 for another request
    """
    key = request.headers.get(HEADER)
    if key is None:
        with transaction.atomic():
            return make()[0]
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Refusal(400, WRONG_KEY)
    digest = _digest(request)
    kept = _find(request, key)
    if kept is not None:
        return _again(kept, digest, request)
    try:
        with transaction.atomic():
            response, review = make()
            headers = {name: response[name] for name in KEPT_HEADERS if name in response}
            KeptAnswer.objects.create(
                key=key,
                request_digest=digest,
                review=review,
                status=response.status_code,
                headers=headers,
                body=json.dumps(response.data, default=str),
                asked_by=request.user,
            )
            return response
    except IntegrityError:
        kept = _find(request, key)
        if kept is None:
            raise
        return _again(kept, digest, request)


def _digest(request: Any) -> str:
    text = json.dumps([request.method, request.get_full_path(), request.data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _find(request: Any, key: str) -> KeptAnswer | None:
    """Give the answer that was kept; those that are too old are let go first."""
    own = KeptAnswer.objects.filter(asked_by=request.user)
    own.filter(asked_at__lt=timezone.now() - timedelta(days=settings.API_ANSWERS_KEPT_DAYS)).delete()
    return own.filter(key=key).first()


def _again(kept: KeptAnswer, digest: str, request: Any) -> Response:
    if kept.request_digest != digest:
        raise Refusal(422, OTHER_REQUEST)
    if not KeptAnswer.objects.filter(pk=kept.pk).visible_to(request.user).exists():
        raise Refusal(403, "You are no longer a member of the review that this request wrote in.")
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    return Response(json.loads(kept.body), status=kept.status, headers=headers)
