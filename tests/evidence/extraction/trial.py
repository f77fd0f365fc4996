"""A trial in the database, and two people who read it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from evidence import services
from evidence.models import (
    ArmResult,
    CharacteristicField,
    ComparatorType,
    Extraction,
    Instrument,
    Review,
    Study,
)
from tests import factories as make


@dataclass
class Trial:
    """A study with the words of its review and its team."""

    review: Review
    study: Study
    nrs: Instrument
    rmdq: Instrument
    usual: ComparatorType
    exercise: Any
    age: CharacteristicField
    setting: CharacteristicField
    anna: User
    ben: User
    cara: User
    owner: User


def make_trial(**fields: Any) -> Trial:
    """Make a review with an NRS, an RMDQ, two questions, two readers (Anna and Ben), an adjudicator and an owner."""
    review = make.make_review(title="Back pain", **fields)
    pain, disability = (make.make_outcome(review, name=name, code=name.lower()) for name in ("Pain", "Disability"))
    people = {
        name: make.make_membership(review, make.make_user(f"{name}{make.next_number()}"), role).user
        for name, role in (("anna", "reviewer"), ("ben", "reviewer"), ("cara", "adjudicator"), ("owner", "owner"))
    }
    return Trial(
        review=review,
        study=make.make_study(review, label="Aasa 2015", code="Aasa_2015"),
        nrs=make.make_instrument(pain, name="NRS", code="nrs"),
        rmdq=make.make_instrument(disability, name="RMDQ", code="rmdq", scale_max=24),
        usual=make.make_comparator_type(review, name="Usual care", code="usual"),
        exercise=make.make_component_type(review, name="Motor control", code="mce"),
        age=make.make_characteristic_field(review, code="age", name="Mean age", unit="years", minimum=0, maximum=100),
        setting=make.make_characteristic_field(
            review, code="setting", name="Setting", kind="choice", choices="Primary care\nHospital"
        ),
        **people,
    )


def read_as(trial: Trial, person: User, *, turned: bool = False, complete: bool = True, **wrong: Any) -> Extraction:
    """Extract the trial as one reader does.

    Parameters
    ----------
    turned : whether the arms are entered the other way round, with other labels
    wrong : values that differ from what the report says: sd, mean, rmdq, age, setting, events
    """
    extraction = services.open_extraction(by=person, study=trial.study)
    first, second = _arms(trial, person, extraction, turned=turned)
    values = {"mean": "2.4", "sd": "1.8", "rmdq": "6.1", "age": "44.6", "setting": "Primary care", "events": 4, **wrong}
    place = {"page": "412", "table": "Table 2"}
    for arm, instrument, mean, sd, n in (
        (first, trial.nrs, values["mean"], values["sd"], 35),
        (second, trial.nrs, "3.9", "2.1", 36),
        (first, trial.rmdq, values["rmdq"], "4.2", 35),
        (second, trial.rmdq, "9.3", "4.9", 36),
    ):
        if mean is not None:
            make.make_arm_result(arm, instrument, week=12, n=n, mean=mean, sd=sd, **place)
    make.make_component(first, type=trial.exercise, weeks=8, sessions_per_week=2, minutes=45)
    make.make_contrast_result(first, second, trial.nrs, estimate="-1.5", ci_lower="-2.4", ci_upper="-0.6")
    make.make_characteristic(extraction, trial.age, number=values["age"])
    make.make_characteristic(extraction, trial.setting, text=values["setting"])
    make.make_adverse_event(arm=first, term="Muscle soreness", events=values["events"], participants=3, total=35)
    if complete:
        services.complete_extraction(by=person, extraction=extraction)
    return extraction


def _arms(trial: Trial, person: User, extraction: Extraction, *, turned: bool) -> Any:
    label = "MC exercise" if turned else "Motor control"
    words = [
        {"label": label, "role": "experimental", "n_randomised": 36},
        {"label": "Usual care", "role": "comparator", "n_randomised": 38, "comparator_type": trial.usual},
    ]
    made = [make.make_arm(extraction, **one) for one in (reversed(words) if turned else words)]
    return reversed(made) if turned else made


def result_of(extraction: Extraction, label: str = "Motor control", instrument: str = "nrs") -> ArmResult:
    """Give a result of an extraction by its arm and instrument."""
    return ArmResult.objects.get(arm__extraction=extraction, arm__label=label, instrument__code=instrument)
