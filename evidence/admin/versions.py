"""Two people at once: a page carries what it was based on, and a stale save is refused with both values shown.

One hidden box holds, for each row of the page, the digest of its values as they were shown. When the page is saved, a
row that somebody else has changed since is refused where the person changed it too, and else left as it is.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from evidence.sentences import STALE, VALUE, who_and_when

BOX = "based_on"
LONGEST = 200
GONE = "{who} deleted this {what}{when} while you had it open. Copy what you need, and take the row off the page."


def digest_of(values: dict[str, Any]) -> str:
    """Give the digest of the values of a form, by field."""
    text = json.dumps({name: plain(value) for name, value in values.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """Give a value in the one form that it has when it is stored, shown and sent back."""
    if value is None or value == "" or value is False:
        return ""
    if value is True:
        return "True"
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set):
        return sorted(str(plain(one)) for one in value)
    return _number(str(value).replace("\r\n", "\n").strip())


def _number(text: str) -> str:
    """Give a number without the zeros that say nothing; any other text as it is."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number.normalize(), "f") if number.is_finite() else text


def sent(form: forms.BaseForm, name: str) -> Any:
    """Give what was sent for a field, read as the field reads it where it can."""
    field = form.fields[name]
    raw = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    if isinstance(field, forms.ModelChoiceField):
        return raw
    try:
        return field.to_python(raw)
    except ValidationError:
        return raw


def read_box(data: Any) -> dict[str, str]:
    """Give the digests that a page was sent with, by the prefix of the form; none where they cannot be read."""
    try:
        found = json.loads(data.get(BOX, "") or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def write_box(forms_of_page: Iterable[Any], was_sent: dict[str, str]) -> str:
    """Give the text of the box: what each row is based on now, or was, where the page is shown again for correction."""
    now = {}
    for form in forms_of_page:
        stored = getattr(form, "stored_digest", "")
        if stored:
            key = form.prefix or ""
            now[key] = stored if form.is_stale else was_sent.get(key, stored)
    return json.dumps(now, sort_keys=True)


def stale_sentence(form: Any) -> str:
    """Say who changed the row meanwhile, and both values of each field that differs."""
    row = form.instance
    said = [
        VALUE.format(
            label=form.fields[name].label or name, theirs=_shown(form, name, theirs), yours=_shown(form, name, yours)
        )
        for name, theirs in form.stored_values.items()
        if plain(theirs) != plain(yours := sent(form, name))
    ]
    entry = row.history.select_related("history_user").order_by("-history_date", "-history_id").first()
    return STALE.format(what=row._meta.verbose_name, values=" ".join(said), **who_and_when(entry))


def gone_sentence(model: Any, pk: Any) -> str:
    """Say who deleted a row that the page still shows."""
    entry = (
        model.history.filter(**{model._meta.pk.name: pk}).select_related("history_user").order_by("-history_id").first()
    )
    said = who_and_when(entry)
    return GONE.format(what=model._meta.verbose_name, who=said["who"], when=f" {said['when']}" if entry else "")


def _shown(form: Any, name: str, value: Any) -> str:
    """Give a value as a person reads it: a choice by its words."""
    field = form.fields[name]
    text = plain(value)
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and text:
        row = field.queryset.filter(pk=text).first() if str(text).isdecimal() else None
        return str(row) if row is not None else str(text)
    for key, label in getattr(field, "choices", ()) or ():
        if str(key) == str(text):
            return str(label)
    return (str(text) or "empty")[:LONGEST]
