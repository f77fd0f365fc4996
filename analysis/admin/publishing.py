"""Whether a snapshot is a draft, signed off or published, and the forms that bring it on."""

from typing import Any

from django import forms
from django.http import HttpRequest

from analysis.models import Snapshot
from analysis.reading import Reading
from analysis.services import publish, sign_off
from analysis.services.signing import warnings_before_publishing
from evidence.admin.standing import standing_of
from evidence.permissions import Act

EXPLAINED = {
    Snapshot.State.DRAFT: "A draft: computed, and nobody has signed it off yet.",
    Snapshot.State.SIGNED_OFF: "Signed off, and not published yet.",
    Snapshot.State.PUBLISHED: "Published: this is what the review tells its readers.",
}
OVERTAKEN = "Published; snapshot {number} has taken its place."


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


class PublishingForm(forms.Form):
    """What readers are told of a version; where there is something to warn of, that it is published all the same."""

    prefix = "publishing"

    note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Note for readers",
        required=False,
        help_text="What is new in this version, in a sentence or two. It may stay empty.",
    )
    is_confirmed = forms.BooleanField(required=False, label="I have read the warnings; publish it all the same")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def publish(self, *, by: Any, reading: Reading) -> Any:
        """Publish through the service."""
        return publish(by=by, snapshot=reading.snapshot, **self.cleaned_data)


def publishing_context(request: HttpRequest, snapshot: Snapshot, *, is_current: bool) -> dict[str, Any]:
    """Give the state of a snapshot in words, and the form for the next step to those who may take it."""
    standing, review = standing_of(request), snapshot.analysis.review_id
    state = snapshot.state
    later = Snapshot.objects.filter(
        analysis=snapshot.analysis_id, number__gt=snapshot.number, publication__isnull=False
    ).order_by("number")
    successor = later.first()
    may_publish = state == Snapshot.State.SIGNED_OFF and successor is None and standing.may(Act.PUBLISH, review)
    return {
        "state": state,
        "states": Snapshot.State.choices,
        "state_says": OVERTAKEN.format(number=successor.number)
        if successor is not None and state == Snapshot.State.PUBLISHED
        else EXPLAINED[state],
        "sign_off": getattr(snapshot, "sign_off", None),
        "publication": getattr(snapshot, "publication", None),
        "signing_form": SigningForm() if is_current and standing.may(Act.SIGN, review) else None,
        "publishing_form": PublishingForm() if may_publish else None,
        "publishing_warnings": warnings_before_publishing(snapshot) if may_publish else [],
    }
