"""Classes of conclusion: what an interval says of the null and of the smallest important difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.contract import Dataset, OutcomeFacts
from analysis.explain import CLASS_NAMES, Conclusion, changed_classes, conclusion_of, important_of

IMPORTANT = (-1.0, 1.0)


def classes(estimate=None, ci=(None, None), pi=(None, None), **options):
    names = ("estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper")
    result = dict(zip(names, (estimate, *ci, *pi), strict=True))
    return conclusion_of(result, **{"lower_is_better": True, "important": IMPORTANT, **options})


@pytest.mark.parametrize(
    ("interval", "significance", "importance"),
    [
        ((-3.0, -1.5), "significant", "important"),
        ((1.5, 3.0), "significant", "important"),
        ((-3.0, -0.5), "significant", "uncertain"),
        ((-0.9, -0.1), "significant", "trivial"),
        ((-0.9, 0.9), "not_significant", "trivial"),
        ((-1.1, 0.9), "not_significant", "uncertain"),
        ((-3.0, 3.0), "not_significant", "uncertain"),
        ((-3.0, 0.0), "not_significant", "uncertain"),  # an interval that touches the null does not leave it out
        ((-3.0, -1.0), "significant", "uncertain"),  # nor one that touches the smallest important difference
    ],
)
def test_interval_gives_its_classes(interval, significance, importance):
    found = classes(sum(interval) / 2, interval, interval)
    assert (found.significance, found.importance, found.prediction_importance) == (
        significance,
        importance,
        importance,
    )
    assert found.prediction == ("excludes_null" if significance == "significant" else "includes_null")


def test_direction_follows_what_is_better():
    assert classes(-0.5).direction == "favours_experimental"
    assert classes(-0.5, lower_is_better=False).direction == "favours_comparator"
    assert classes(0.5, lower_is_better=False).direction == "favours_experimental"
    assert classes(0.0).direction == "favours_neither"


def test_undefined_numbers_have_no_class():
    assert classes() == Conclusion()
    assert classes(-1.0, (-2.0, -0.5), important=None).importance is None
    assert conclusion_of({}, lower_is_better=True) == Conclusion()


def test_changed_classes_are_named_and_others_are_not():
    before, after = classes(-0.9, (-1.9, -0.1)), classes(-0.8, (-1.9, 0.1), certainty="low")
    assert [(row.name, row.before, row.after) for row in changed_classes(before, after)] == [
        ("significance", "significant", "not_significant"),
        ("certainty", None, "low"),
    ]
    assert changed_classes(before, before) == ()
    assert set(CLASS_NAMES) == set(Conclusion.model_fields)


@given(st.floats(-5, 5), st.floats(0.01, 5), st.floats(-1e-3, 1e-3))
def test_change_of_digits_is_no_change_of_class(middle, half, moved):
    ends = (middle - half, middle + half)
    lines = (0.0, *IMPORTANT)
    if any(abs(end - line) < 2e-3 for end in ends for line in lines) or abs(middle) < 2e-3:
        return  # close to a line a digit may change the class
    other = (ends[0] + moved, ends[1] + moved)
    assert changed_classes(classes(middle, ends), classes(middle + moved, other)) == ()


def dataset(measure, mcid=None):
    return Dataset(
        measure=measure,
        outcome=OutcomeFacts(code="pain", name="Pain", direction="lower", mcid_between=mcid),
        window="",
        effects=(),
    )


def test_important_difference_is_that_of_the_measure():
    grade = {"important_smd": 0.4, "important_ratio_below": 0.8, "important_ratio_above": 1.25}
    assert important_of(dataset("MD", 1.5), grade) == (-1.5, 1.5)
    assert important_of(dataset("MD"), grade) is None
    assert important_of(dataset("SMD", 1.5), grade) == (-0.4, 0.4)
    # log(0.8) = -log(1.25) = -0.22314, five digits are printed here
    assert important_of(dataset("RR", 1.5), grade) == pytest.approx((-0.22314, 0.22314), abs=1e-5)
    assert important_of(dataset("RR", 1.5), {}) is None
    assert important_of(dataset("RD", 1.5), grade) is None
