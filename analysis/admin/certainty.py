"""The certainty of a snapshot: what GRADE proposes, what people rated, and the forms to rate and to renew."""

from typing import Any

from django import forms
from django.http import HttpRequest

from analysis import canonical
from analysis.admin.findings import RenewalForm
from analysis.models import DOMAINS, Certainty
from analysis.models.certainty import RATE_UPS, Rating, RatingPolicy
from analysis.reading import Reading
from analysis.services import current_certainty, is_stale, rate_certainty
from analysis.services.rating import agree_certainty, raters_needed
from analysis.services.rating_agreement import OwnRatings, changes_since, compare_ratings, ratings_seen_by
from evidence.admin.sentences import speak

LEVELS = [("", "choose …"), ("0", "0: not serious"), ("1", "1: serious"), ("2", "2: very serious")]
UPWARDS = [("", "choose …"), ("0", "0: no"), ("1", "1: one level up"), ("2", "2: two levels up")]
WHY = "why_"


class RatingForm(forms.Form):
    """A person's own rating: nothing is filled in.

    Reasons to rate up are asked for where the evidence is not randomised, or where the entry holds them.
    """

    prefix = "rating"

    justification = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), help_text="Why the evidence is rated this way, all domains together."
    )

    def __init__(self, data: Any = None, *args: Any, rates_up: bool = False, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.label_suffix = ""
        asked = rates_up or any(self.add_prefix(name) in (data or {}) for name in RATE_UPS)
        self.asked = [*DOMAINS, *RATE_UPS] if asked else list(DOMAINS)
        for name in self.asked:
            self._add(name)
        for name in ("justification", *self.asked):
            speak(self.fields[name], str(self.fields[name].label or name))
        for name, title in DOMAINS.items():
            self.fields[name].error_messages["required"] = f"Choose how far {title.lower()} rates down."
        for name in self.asked[len(DOMAINS) :]:
            title = RATE_UPS[name][0].lower()
            self.fields[name].error_messages["required"] = f"Choose whether {title} rates up, and how far."
        self.fields["justification"].error_messages["required"] = "Say why the evidence is rated this way."
        self.order_fields([field for name in self.asked for field in (name, WHY + name)] + ["justification"])

    def _add(self, name: str) -> None:
        """Add the choice for a domain or a reason, and the text for a departure."""
        if name in DOMAINS:
            title = DOMAINS[name]
            self.fields[name] = forms.TypedChoiceField(choices=LEVELS, coerce=int, label=title)
        else:
            title, most = RATE_UPS[name]
            choices = UPWARDS[: most + 2]
            self.fields[name] = forms.TypedChoiceField(choices=choices, coerce=int, label=title)
        why = forms.CharField(required=False, label=f"{title}: why not as proposed")
        self.fields[WHY + name] = why

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """The fields of each domain and reason: the level, and why it departs from the proposal."""
        return [(self[name], self[WHY + name]) for name in self.asked]

    def rate(self, *, by: Any, reading: Reading) -> Rating:
        """Rate through the service: the consensus where two have rated these results, otherwise an own rating."""
        values = self.cleaned_data
        analysis, run = reading.snapshot.analysis, reading.runs["grade"]
        is_consensus = (
            raters_needed(analysis.review) == RatingPolicy.Raters.TWO and ratings_seen_by(by, analysis, run).is_complete
        )
        return (agree_certainty if is_consensus else rate_certainty)(
            by=by,
            analysis=analysis,
            run=run,
            levels_down={name: values[name] for name in DOMAINS},
            levels_up={name: values[name] for name in RATE_UPS if name in values},
            departures={name: values[WHY + name] for name in self.asked},
            justification=values["justification"],
        )


def certainty_context(request: HttpRequest, reading: Reading, *, may_sign: bool, is_current: bool) -> dict[str, Any]:
    """Give the proposal by domain, the ratings, and the forms for those who may sign."""
    rating, analysis = rating_of(reading), reading.snapshot.analysis
    is_old = rating is not None and is_stale(rating, reading.snapshot)
    may_rate = may_sign and is_current and bool(reading.grade.get("domains"))
    own = ratings_seen_by(request.user, analysis, reading.runs["grade"]) if "grade" in reading.runs else None  # type: ignore[arg-type]
    is_for_two = raters_needed(analysis.review) == RatingPolicy.Raters.TWO
    return {
        "domains": domain_rows(reading, rating),
        "rating": rating,
        "is_stale": is_old,
        "changes": changes_since(rating, reading.snapshot) if rating is not None and is_old else (),
        "departures": departure_rows(rating),
        "is_for_two": is_for_two,
        "own_ratings": own if is_for_two and reading.grade.get("domains") else None,
        "agreement": agreement_of(own),
        "rating_form": rating_form_for(reading) if may_rate else None,
        "renewal_form": RenewalForm() if may_rate and is_old and rating == current_certainty(analysis) else None,
    }


def rating_form_for(reading: Reading) -> RatingForm:
    """Give an empty form; with reasons to rate up where the evidence is not randomised."""
    return RatingForm(rates_up=not is_randomised(reading))


def is_randomised(reading: Reading) -> bool:
    """Whether GRADE was told that the studies are randomised."""
    params = canonical.from_text(reading.runs["grade"].params) if "grade" in reading.runs else {}
    return bool(params.get("design", "randomised") == "randomised")


def agreement_of(own: OwnRatings | None) -> Any:
    """Give how far the two independent ratings agree; None until there are two."""
    return compare_ratings(*own.visible[:2]) if own is not None and own.is_complete else None


def rating_of(reading: Reading) -> Certainty | None:
    """Give the latest rating that looked at the snapshot's own results, else the latest of the analysis."""
    rows = Certainty.objects.filter(analysis=reading.snapshot.analysis).select_related("run", "rated_by")
    own = rows.filter(run=reading.runs["grade"]).first() if "grade" in reading.runs else None
    return own or current_certainty(reading.snapshot.analysis)


def domain_rows(reading: Reading, rating: Certainty | None) -> list[dict[str, Any]]:
    """Give each domain and each reason to rate up with what is proposed and what was rated."""
    rows = [*reading.grade.get("domains", ()), *reading.grade.get("rate_ups", ())]
    proposed = {row["name"]: row for row in rows}
    titles = DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}
    rates_up = not is_randomised(reading) or (rating is not None and any(getattr(rating, name) for name in RATE_UPS))
    return [
        {
            "name": name,
            "title": title,
            "is_up": name in RATE_UPS,
            "proposed": proposed.get(name),
            "levels": proposed.get(name, {}).get("rate_up" if name in RATE_UPS else "rate_down", 0),
            "rated": None if rating is None else getattr(rating, name),
        }
        for name, title in titles.items()
        if name in DOMAINS or rates_up
    ]


def departure_rows(rating: Certainty | None) -> list[dict[str, Any]]:
    """Give what was rated other than proposed, with why."""
    titles = DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}
    departures = {} if rating is None else rating.departures
    return [{"title": titles[name], **departures[name]} for name in titles if name in departures]
