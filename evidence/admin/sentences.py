"""What a form says when it refuses an entry: sentences that name the field and the rule."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.functional import cached_property

from evidence.admin import versions
from evidence.sentences import speak

__all__ = ["RowRefused", "SpeakingForm", "speak"]


class RowRefused(ValidationError):
    """A service refused a row while a page was being saved.

    `prefix` is the form that the row was entered in, None for the page's own form.
    """

    def __init__(self, error: ValidationError | str, prefix: str | None = None) -> None:
        super().__init__(error)
        self.prefix = prefix


class SpeakingForm(forms.ModelForm):
    """A form that shows every sentence beside a field that it has, also those that a service raised on saving.

    `error_places` maps a field of the model to the field of the form that stands for it. A row that somebody else has
    changed since the page was shown is refused, or left as it is where it was not touched here (see `versions`).
    """

    refusal: ValidationError | None = None
    error_places: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None

    @cached_property
    def stored_values(self) -> dict[str, Any]:
        """What is stored of the row, by the field that shows it; nothing of a new row."""
        return {} if self.is_new else {name: self.initial.get(name) for name in type(self).base_fields}

    @property
    def stored_digest(self) -> str:
        """The version of the row, "" of a new one."""
        return versions.digest_of(self.stored_values) if self.stored_values else ""

    @cached_property
    def is_outdated(self) -> bool:
        """Whether somebody else has changed the row since the page was shown."""
        based_on = versions.read_box(self.data).get(self.prefix or "", "") if self.is_bound else ""
        return bool(based_on) and not self.is_new and based_on != self.stored_digest

    @cached_property
    def is_untouched(self) -> bool:
        """Whether an outdated row was sent as it was shown: then it stays as it is stored."""
        if not self.is_outdated:
            return False
        was_sent = versions.digest_of({name: versions.sent(self, name) for name in self.stored_values})
        return was_sent == versions.read_box(self.data)[self.prefix or ""]

    @property
    def is_stale(self) -> bool:
        """Whether the row was changed here and by somebody else, or is to be deleted as it no longer is."""
        return self.is_outdated and (not self.is_untouched or self._is_ticked)

    @property
    def _is_ticked(self) -> bool:
        return "DELETE" in self.fields and bool(versions.sent(self, "DELETE"))

    @property
    def changed_data(self) -> list[str]:
        """Names of the fields that were changed here."""
        return [] if self.is_untouched else super().changed_data

    def _post_clean(self) -> None:
        if self.is_untouched and not self._is_ticked:
            return
        super()._post_clean()  # type: ignore[misc]
        if self.is_stale:
            self.cleaned_data["DELETE"] = False
            self.add_error(None, versions.stale_sentence(self))
        if self.refusal is not None:
            self._update_errors(self.refusal)

    def _update_errors(self, errors: ValidationError) -> None:
        """Put each sentence at the field that stands for it, and at the row where there is none."""
        placed: dict[str, list[ValidationError]] = {}
        by_field = errors.error_dict if hasattr(errors, "error_dict") else {NON_FIELD_ERRORS: errors.error_list}
        for name, found in by_field.items():
            place = self.error_places.get(name, name)
            shown = place in self.fields and not self.fields[place].widget.is_hidden
            placed.setdefault(place if shown else NON_FIELD_ERRORS, []).extend(found)
        super()._update_errors(ValidationError(placed))  # type: ignore[misc]
