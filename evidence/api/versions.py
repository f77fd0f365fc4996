"""Versions of what is answered: an entity tag for each, conditions on it, and a refusal that shows both versions."""

import hashlib
import json
from typing import Any

from rest_framework.request import Request

from evidence.api.problems import Refusal
from evidence.sentences import who_and_when

MISSING = "Say which version you change: send its ETag as If-Match, as you read it."
STALE = "{who} changed this {what} {when}, after you read it, so that yours is not saved. {values}"
VALUE = "{name}: theirs “{theirs}”, yours “{yours}”."
UNCHANGED_VALUES = "Read it again, and send your change with the ETag that it has now."


def tag_of(data: Any) -> str:
    """Give the entity tag of an answer: the digest of its plain data."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the program says that it has this version already (If-None-Match)."""
    return tag in _tags(request.headers.get("If-None-Match", ""), weak=True)


def require_match(request: Request, current: dict[str, Any], row: Any) -> None:
    """Refuse a change that is not based on the version that is stored.

    Raises
    ------
    Refusal : 428 without If-Match; 412 where the stored version is another one, with both versions
    """
    header = request.headers.get("If-Match", "")
    if not header.strip():
        raise Refusal(428, MISSING)
    if tag_of(current) in _tags(header):
        return
    sent = request.data if isinstance(request.data, dict) else {}
    entry = row.history.select_related("history_user").order_by("-history_date", "-history_id").first()
    differing = [
        VALUE.format(name=name, theirs=_shown(current.get(name)), yours=_shown(value))
        for name, value in sent.items()
        if name in current and current[name] != value
    ]
    detail = STALE.format(
        what=row._meta.verbose_name, values=" ".join(differing) or UNCHANGED_VALUES, **who_and_when(entry)
    )
    raise Refusal(412, detail, current=current, yours=sent, etag=tag_of(current))


def _tags(header: str, *, weak: bool = False) -> set[str]:
    """Give the tags of a header; a weak one counts for reading only."""
    found = {part.strip() for part in header.split(",")}
    return {part.removeprefix("W/") for part in found} if weak else found


def _shown(value: Any) -> str:
    return "empty" if value in (None, "") else str(value)[:200]
