"""The sentences that an entry is refused with, the same on the pages and for programs."""

from typing import Any

from django import forms
from django.utils.text import capfirst

STALE = (
    "{who} changed this {what} {when}, while you had it open, so yours is not saved yet. {values} Save again to keep "
    "yours, or reload the page to take theirs."
)
VALUE = "{label}: theirs “{theirs}”, yours “{yours}”."
NOBODY = "Somebody"


def who_and_when(entry: Any) -> dict[str, str]:
    """Give who made an entry of a history, and when, in words; a made-up somebody where there is no entry."""
    if entry is None:
        return {"who": NOBODY, "when": "meanwhile"}
    return {
        "who": str(entry.history_user or NOBODY),
        "when": f"at {entry.history_date:%H:%M} on {entry.history_date:%d %B}",
    }


def speak(field: Any, label: str) -> None:
    """Give a form field the sentences that it refuses entries with."""
    name = capfirst(label)
    said = field.error_messages
    said["required"] = f"{name} is missing."
    said["max_length"] = f"{name} has at most %(limit_value)d characters; these are %(show_value)d."
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
