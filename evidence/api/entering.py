"""What a program sends, read field by field as the forms of the pages read it, and refused in their sentences."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils.text import capfirst, get_text_list

from evidence.models import EvidenceRow, Review
from evidence.permissions import Act
from evidence.sentences import speak
from evidence.standing import Standing

NO_OBJECT = "Send one JSON object with the fields of the row."
UNKNOWN = "“{name}” is not something that can be sent for this {what}; it has {known}."
FIXED = "{label} is chosen when the row is made, and stays."
NO_TRUTH = "{label} must be true or false."
NO_TEXT = "{label} must be text."
NO_SINGLE = "{label} must be one value, not a list or an object."


class Entry:
    """One row as it was sent: reads the fields that may be sent and collects a sentence for each that cannot be read.

    Parameters
    ----------
    model : the kind of row
    names : the fields that may be sent
    fixed : those of them that are chosen when the row is made
    standing : whose rows the references may point to
    act : what the person must be allowed to do in the review of a row that is referred to
    """

    def __init__(
        self, *, model: type[EvidenceRow], names: tuple[str, ...], fixed: tuple[str, ...], standing: Standing, act: Act
    ) -> None:
        self.model, self.names, self.fixed, self.standing, self.act = model, names, fixed, standing, act

    def read(self, data: Any, row: Any = None) -> dict[str, Any]:
        """Give the values by field; of a new row, those that are missing are asked for.

        Raises
        ------
        ValidationError : one sentence or more for each field that cannot be read
        """
        if not isinstance(data, Mapping):
            raise ValidationError(NO_OBJECT)
        what, known = self.model._meta.verbose_name, get_text_list(sorted(self.names), "and")
        found: dict[str, Any] = {}
        wrong: dict[str, Any] = {
            name: [UNKNOWN.format(name=name[:80], what=what, known=known)] for name in data if name not in self.names
        }
        for name in self.names:
            if name not in data and (row is not None or not self._is_needed(name)):
                continue
            try:
                value = self._value(name, data.get(name))
                if row is not None and name in self.fixed and value != getattr(row, name):
                    raise ValidationError(FIXED.format(label=self._label(name)))
                found[name] = value
            except ValidationError as error:
                wrong[name] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return found

    def _label(self, name: str) -> str:
        return str(capfirst(str(self._field(name).verbose_name)))

    def _field(self, name: str) -> Any:
        field = self.model._meta.get_field(name)
        if not isinstance(field, models.Field):
            raise FieldDoesNotExist(name)
        return field

    def _is_needed(self, name: str) -> bool:
        field = self._field(name)
        return not (field.has_default() or field.blank or field.null)

    def _value(self, name: str, raw: Any) -> Any:
        """Give one value; the form field of the pages reads it, after JSON's own kinds are told apart."""
        field, label = self._field(name), self._label(name)
        if isinstance(raw, list | dict):
            raise ValidationError(NO_SINGLE.format(label=label))
        if isinstance(field, models.BooleanField):
            if not isinstance(raw, bool):
                raise ValidationError(NO_TRUTH.format(label=label))
            return raw
        box = self._box(field)
        is_text = isinstance(field, models.CharField | models.TextField) or field.related_model is Review
        if isinstance(raw, bool) or (is_text and raw is not None and not isinstance(raw, str)):
            raise ValidationError(NO_TEXT.format(label=label) if is_text else box.error_messages["invalid"])
        if raw is None and (not field.null or is_text) and not box.required:
            raise ValidationError(NO_TEXT.format(label=label))
        if is_text and raw and len(raw) > (getattr(box, "max_length", None) or len(raw)):
            box.run_validators(raw)  # also where it would be short enough without the spaces around it
        return box.clean("" if raw is None else raw)

    def _box(self, field: Any) -> Any:
        """Give the form field of the pages, with its sentences; a reference reaches the person's own reviews only."""
        if isinstance(field, models.ForeignKey):
            box: Any = forms.ModelChoiceField(self._choices(field), required=not (field.blank or field.null))
            if field.related_model is Review:
                box.to_field_name = "slug"
            box.error_messages.setdefault("invalid", box.error_messages["invalid_choice"])
        else:
            options = {"assume_scheme": "https"} if isinstance(field, models.URLField) else {}
            box = field.formfield(**options)
        speak(box, str(field.verbose_name))
        box.error_messages["invalid"] = (
            box.error_messages.get("invalid") or f"{capfirst(field.verbose_name)} cannot be read."
        )
        return box

    def _choices(self, field: models.ForeignKey[Any, Any]) -> Any:
        remote = field.related_model
        assert isinstance(remote, type)
        assert issubclass(remote, EvidenceRow)
        reviews = self.standing.reviews(self.act)
        if remote is Review:
            return reviews
        rows = self.standing.readable(remote.objects.all())
        return rows.filter(**{f"{remote.review_path}__in": reviews})
