"""What a form says when it refuses an entry: sentences that name the field and the rule."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.text import capfirst


class RowRefused(ValidationError):
    """A service refused a row while a page was being saved.

    `prefix` is the form that the row was entered in, None for the page's own form.
    """

    def __init__(self, error: ValidationError | str, prefix: str | None = None) -> None:
        super().__init__(error)
        self.prefix = prefix


class SpeakingForm(forms.ModelForm):
    """A form that shows every sentence beside a field that it has, also those that a service raised on saving.

    `error_places` maps a field of the model to the field of the form that stands for it.
    """

    refusal: ValidationError | None = None
    error_places: dict[str, str] = {}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
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


def speak(field: Any, label: str) -> None:
    """Give a form field the sentences that it refuses entries with."""
    name = capfirst(label)
    said = field.error_messages
    said["required"] = f"{name} is missing."
    if isinstance(field, forms.IntegerField):
        said["min_value"] = f"{name} cannot be below %(limit_value)s."
        said["max_value"] = f"{name} cannot be above %(limit_value)s."
        if not isinstance(field, forms.DecimalField):
            said["invalid"] = f"{name} must be a whole number, such as 30."
    if isinstance(field, forms.DecimalField):
        said["max_digits"] = f"{name} has too many digits; up to %(max)s fit."
        said["max_decimal_places"] = f"{name} has too many digits after the point; up to %(max)s fit."
        said["max_whole_digits"] = f"{name} has too many digits before the point; up to %(max)s fit."
    if isinstance(field, forms.ModelChoiceField):
        thing = "an" if label[:1].lower() in "aeiou" else "a"
        whose = "" if label == "review" else " of this review"
        said["invalid_choice"] = (
            f"“%(value)s” is not {thing} {label.lower()}{whose} that you can choose; take one from the list."
        )
    elif isinstance(field, forms.ChoiceField):
        said["invalid_choice"] = f"“%(value)s” is not one of the choices for {label.lower()}; choose one from the list."
