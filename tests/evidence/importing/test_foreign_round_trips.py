"""What came in from RevMan 5 and from the register of trials leaves, and comes back the same.

The record of the register is part of that of a real trial: its groups, numbers and analyses, without its texts.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from analysis import canonical
from analysis.freezing import take_content
from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.exporters.review_folder import write_review_folder
from evidence.importers import import_review
from evidence.models import (
    Arm,
    ArmResult,
    Characteristic,
    CharacteristicField,
    ContrastResult,
    Instrument,
    Outcome,
    Review,
)
from evidence.services import create_review
from tests.evidence.importing.loading import changed, load, make_owned_review, sentences
from tests.evidence.importing.revman_files import ANSWERS, RM5
from tests.evidence.importing.test_revman_csv import REAL, values_of
from tests.factories import saved

pytestmark = pytest.mark.django_db
TRIAL = Path(__file__).parent / "published" / "NCT02552212.json"
ANSWERED = {
    "measures": "major improvement => activity/major",
    "groups": "Placebo (FAS)=Placebo; CZP 200 mg Q2W (FAS)=CZP 200 mg Q2W",
    "differences": "reversed",
}
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real RevMan files are not on this machine")


def content_of(review: Review) -> str:
    """Give all that a freeze would hold of a review, as canonical text."""
    return canonical.to_text(take_content(review))


def came_back(by: User, review: Review, folder: Path, point: str) -> None:
    """Take a review out as a folder, forget it, bring the folder in, and see that nothing differs."""
    before = content_of(review)
    write_review_folder(Order(by, review), folder)
    slug = review.slug
    transaction.savepoint_rollback(point)

    result = import_review(by=by, folder=folder)

    assert [str(problem) for problem in result.errors] == []
    back = Review.objects.get(slug=slug)
    assert content_of(back) == before
    assert import_review(by=by, folder=folder).changes == []


def begin() -> tuple[User, Review, str]:
    """Make an owner, who stays, and a review, which is forgotten by going back to the point."""
    by = User.objects.create_user("bea")
    point = transaction.savepoint()
    return by, create_review(by=by, title="Tea", slug="tea"), point


def ask_for_the_trial(review: Review) -> None:
    """Make the outcome and the characteristic that the record of the trial has."""
    activity = saved(Outcome(review=review, code="activity", name="Disease activity", direction="lower"))
    saved(Instrument(outcome=activity, code="major", name="Major improvement", kind="dichotomous", direction="higher"))
    saved(CharacteristicField(review=review, code="mean_age", name="Mean age", kind="number", unit="years"))


def test_a_real_trial_of_the_register_comes_in(tmp_path: Path) -> None:
    by, review = make_owned_review()
    ask_for_the_trial(review)

    result = load(by, review, "ctgov", TRIAL, ANSWERED)

    assert sentences(result) == []
    study = review.studies.get()
    assert (study.label, study.registration, study.design) == ("C-AXSPAND", "NCT02552212", "rct")
    randomised = [("Placebo", 158), ("CZP 200 mg Q2W", 159), ("SFE OL CZP 200 mg Q2W", None)]
    assert list(Arm.objects.order_by("number").values_list("label", "n_randomised")) == randomised
    assert Characteristic.objects.get().number == Decimal("37.3")
    rows = ArmResult.objects.filter(instrument__code="major", week=52).order_by("arm__number")
    assert list(rows.values_list("percent", "total")) == [(Decimal("7.0"), 158), (Decimal("47.2"), 159)]
    ratio = ContrastResult.objects.get()
    assert (ratio.first_arm.label, ratio.second_arm.label) == ("CZP 200 mg Q2W", "Placebo")
    assert (ratio.measure, ratio.estimate, ratio.ci_lower, ratio.ci_upper) == (
        *("OR", Decimal("15.231"), Decimal("7.336"), Decimal("31.623")),
    )
    assert (ratio.p_value, ratio.p_relation) == (Decimal("0.001"), "<")
    assert changed(load(by, review, "ctgov", TRIAL, ANSWERED)) == {}


def test_a_real_trial_of_the_register_comes_back_the_same(tmp_path: Path) -> None:
    by, review, point = begin()
    ask_for_the_trial(review)
    load(by, review, "ctgov", TRIAL, ANSWERED)

    came_back(by, review, tmp_path / "out", point)


def test_a_review_of_revman_comes_back_the_same(tmp_path: Path) -> None:
    by, review, point = begin()
    (tmp_path / "tea.rm5").write_text(RM5, encoding="utf-8")
    load(by, review, "rm5", tmp_path / "tea.rm5", ANSWERS)

    came_back(by, review, tmp_path / "out", point)


@needs_real
def test_a_real_review_of_revman_comes_back_the_same_by_both_ways(tmp_path: Path) -> None:
    by, review, point = begin()
    load(by, review, "rm5", REAL / "Fleiss1993.rm5", {"direction": "lower"})
    (tmp_path / "out.csv").write_bytes(b"".join(EXPORTS["revman-csv"].write(Order(by, review))))
    other = create_review(by=by, title="Other", slug="other")

    result = load(by, other, "revman-csv", tmp_path / "out.csv", {"direction": "lower"})

    assert sentences(result) == []
    assert len(values_of(other)) > 20
    assert values_of(other) == values_of(review)
    came_back(by, review, tmp_path / "out", point)
