"""How many doubts wait, as pages that are opened often count them: quickly, and never those of other numbers."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from evidence.models import Arm, ArmResult, ContrastResult, DoubtAnswer, Extraction, Instrument, Outcome, Review, Study
from evidence.services import answer_doubt, ask_again, doubt_count
from evidence.services.doubt_count import count_open
from evidence.services.doubting import open_questions
from evidence.services.workload import read_workload
from tests.factories import (
    make_arm,
    make_arm_result,
    make_contrast_result,
    make_extraction,
    make_instrument,
    make_membership,
    make_outcome,
    make_review,
    make_study,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def review() -> Review:
    """A review of three studies with doubts of several kinds."""
    review = make_review()
    nrs = make_instrument(make_outcome(review), scale_min=0, scale_max=10, score_step=1)
    for number in (1, 2, 3):
        extraction = make_extraction(make_study(review, code=f"S_{number}", label=f"Study {number}"))
        arms = [make_arm(extraction, number=one, label=f"arm {one}", n_randomised=30) for one in (1, 2)]
        for arm in arms:
            make_arm_result(arm, nrs, n=28, mean=Decimal("5.19"), sd=Decimal("2.43"), week=12)
        make_contrast_result(*arms, nrs)
    return review


@pytest.fixture
def nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give what forbids asking from then on: a count has to be remembered."""

    def forbid() -> None:
        def asked(*_: object) -> Any:
            raise AssertionError("the questions were asked again")

        monkeypatch.setattr(doubt_count, "questions_of", asked)

    return forbid


def test_count_is_that_of_the_questions_and_is_remembered(review: Review, nothing_is_asked: Callable[[], None]) -> None:
    expected = len(open_questions(review))
    assert expected > 3
    assert count_open(review) == expected
    nothing_is_asked()
    assert count_open(review) == expected
    assert read_workload(by=make_membership(review).user, review=review).doubts == expected


def test_answers_are_counted_without_asking_again(review: Review, nothing_is_asked: Callable[[], None]) -> None:
    person = make_membership(review, role="adjudicator").user
    before = count_open(review)
    answer = answer_doubt(by=person, review=review, digest=open_questions(review)[0].digest, reason="as printed")
    nothing_is_asked()
    assert count_open(review) == before - 1
    ask_again(by=person, answer=answer)
    assert (count_open(review), DoubtAnswer.objects.count()) == (before, 0)


def first_arms() -> Any:
    return ArmResult.objects.filter(arm__number=1)


CHANGES: dict[str, Callable[[], object]] = {
    "mean": lambda: first_arms().update(mean=5),
    "sd": lambda: first_arms().update(sd=Decimal("0.01")),
    "n": lambda: first_arms().update(n=40),
    "week": lambda: first_arms().update(week=0),
    "kind of value": lambda: first_arms().update(value_kind="change"),
    "a row is gone": lambda: first_arms().delete(),
    "randomised": lambda: Arm.objects.update(n_randomised=10),
    "step": lambda: Instrument.objects.update(score_step=None),
    "range": lambda: Instrument.objects.update(scale_max=3),
    "kind of instrument": lambda: Instrument.objects.update(kind="dichotomous"),
    "companions": lambda: Study.objects.exclude(code="S_1").update(companion_of=Study.objects.get(code="S_1")),
    "no consensus": lambda: Extraction.objects.update(is_consensus=False, reviewer=make_membership().user),
    "estimate": lambda: ContrastResult.objects.update(estimate=9, ci_lower=1, ci_upper=10),
    "what was measured": lambda: Outcome.objects.update(code="other"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_behind_everybodys_back_is_counted(review: Review, name: str) -> None:
    count_open(review)
    before = doubt_count.stand_of(review)

    CHANGES[name]()

    assert doubt_count.stand_of(review) != before
    assert count_open(review) == len(open_questions(review))


def test_other_reviews_have_counts_of_their_own(review: Review) -> None:
    other = make_review()
    assert (count_open(other), count_open(review)) == (0, len(open_questions(review)))
    first_arms().delete()
    assert (count_open(other), count_open(review)) == (0, len(open_questions(review)))


def test_what_changes_while_it_is_counted_is_not_remembered(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    real = doubt_count.questions_of

    def interrupted(asked: Review) -> Any:
        found = real(asked)
        ArmResult.objects.update(mean=5, sd=2)
        return found

    monkeypatch.setattr(doubt_count, "questions_of", interrupted)
    was = doubt_count.stand_of(review)
    count_open(review)
    assert was not in doubt_count._asked
    monkeypatch.setattr(doubt_count, "questions_of", real)
    assert count_open(review) == len(open_questions(review))


def test_only_so_many_reviews_are_remembered(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubt_count, "MOST_REVIEWS", 2)
    for mean in range(4):
        ArmResult.objects.update(mean=mean)
        count_open(review)
    assert len(doubt_count._asked) == 2
