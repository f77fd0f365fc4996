"""The certainty of a snapshot: what GRADE proposes, what a person rated, and the forms to rate and to sign off."""

from typing import Any

from django import forms
from django.http import HttpRequest

from analysis.admin.reading import Reading
from analysis.models import DOMAINS, Certainty
from analysis.services import current_certainty, is_stale, rate_certainty, sign_off
from evidence.admin.sentences import speak

LEVELS = [("", "choose …"), ("0", "0: not serious"), ("1", "1: serious"), ("2", "2: very serious")]


class RatingForm(forms.Form):
    """A person's own rating: nothing is filled in."""

    prefix = "rating"

    justification = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text="Why; above all where you depart from the proposal."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, title in DOMAINS.items():
            self.fields[name] = forms.TypedChoiceField(choices=LEVELS, coerce=int, label=title)
        for name, field in self.fields.items():
            speak(field, str(field.label or name))
        for name, title in DOMAINS.items():
            self.fields[name].error_messages["required"] = f"Choose how far {title.lower()} rates down."
        self.fields["justification"].error_messages["required"] = "Say why the evidence is rated this way."
        self.order_fields([*DOMAINS, "justification"])

    def rate(self, *, by: Any, reading: Reading) -> Certainty:
        """Rate through the service."""
        levels = {name: self.cleaned_data[name] for name in DOMAINS}
        return rate_certainty(
            by=by,
            analysis=reading.snapshot.analysis,
            run=reading.runs["grade"],
            levels_down=levels,
            justification=self.cleaned_data["justification"],
        )


class SigningForm(forms.Form):
    """On what grounds a person stands by a snapshot."""

    prefix = "signing"

    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Grounds",
        error_messages={"required": "Say on what grounds the snapshot is signed off."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def sign(self, *, by: Any, reading: Reading) -> Any:
        """Sign off through the service."""
        return sign_off(by=by, snapshot=reading.snapshot, reason=self.cleaned_data["reason"])


def certainty_context(request: HttpRequest, reading: Reading, *, may_sign: bool, is_current: bool) -> dict[str, Any]:
    """Give the proposal by domain, the rating, and the forms for those who may sign."""
    rating = rating_of(reading)
    return {
        "domains": domain_rows(reading, rating),
        "rating": rating,
        "is_stale": rating is not None and is_stale(rating, reading.snapshot),
        "rating_form": RatingForm() if may_sign and is_current and reading.grade.get("domains") else None,
        "signing_form": SigningForm() if may_sign and is_current else None,
    }


def rating_of(reading: Reading) -> Certainty | None:
    """Give the latest rating that looked at the snapshot's own results, else the latest of the analysis."""
    rows = Certainty.objects.filter(analysis=reading.snapshot.analysis).select_related("run", "rated_by")
    own = rows.filter(run=reading.runs["grade"]).first() if "grade" in reading.runs else None
    return own or current_certainty(reading.snapshot.analysis)


def domain_rows(reading: Reading, rating: Certainty | None) -> list[dict[str, Any]]:
    """Give each domain with what is proposed and what was rated."""
    proposed = {domain["name"]: domain for domain in reading.grade.get("domains", ())}
    return [
        {
            "name": name,
            "title": title,
            "proposed": proposed.get(name),
            "rated": None if rating is None else getattr(rating, name),
        }
        for name, title in DOMAINS.items()
    ]
