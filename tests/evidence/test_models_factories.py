"""The factories make valid rows, each of its own."""

import inspect

import pytest

from tests import factories

pytestmark = pytest.mark.django_db

MAKERS = [
    make
    for name, make in inspect.getmembers(factories, inspect.isfunction)
    if name.startswith("make_") and name not in {"make_pooled_study", "make_judgements"}
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_factory_makes_two_different_rows_without_arguments(make):
    first, second = make(), make()
    assert first.pk != second.pk
    assert type(first).objects.filter(pk__in=[first.pk, second.pk]).count() == 2


def test_pooled_study_is_complete():
    review = factories.make_review()
    instrument = factories.make_instrument(factories.make_outcome(review))
    study = factories.make_pooled_study(review, instrument, 40, 3.2, 1.5, 41, 4.1, 1.6, rob="some_concerns")
    extraction = study.extractions.get(is_consensus=True)
    assert extraction.status == "complete"
    assert [arm.role for arm in extraction.arms.all()] == ["experimental", "comparator"]
    assert [arm.results.get().n for arm in extraction.arms.all()] == [40, 41]
    levels = study.assessments.get(is_consensus=True).judgements.values_list("judgement", flat=True)
    assert list(levels) == ["some_concerns"] * 6
