"""Outcomes, their windows and their instruments."""

import pytest
from django.core.exceptions import ValidationError

from tests import factories as make

pytestmark = pytest.mark.django_db


def test_overlapping_windows_are_named_with_their_weeks():
    short = make.make_window(name="short-term", from_week=6, target_week=12, to_week=18)
    with pytest.raises(ValidationError) as refused:
        make.make_window(short.outcome, name="medium-term", from_week="17.5", target_week=26, to_week=38)
    assert refused.value.message_dict["from_week"] == [
        "The window “medium-term” overlaps “short-term” in weeks 17.5 to 18; each week may belong to one window only."
    ]


def test_windows_that_share_their_border_overlap():
    short = make.make_window(from_week=6, target_week=12, to_week=18)
    with pytest.raises(ValidationError, match="in weeks 18 to 18"):
        make.make_window(short.outcome, from_week=18, target_week=26, to_week=38)


def test_window_inside_another_overlaps():
    wide = make.make_window(from_week=2, target_week=12, to_week=60)
    with pytest.raises(ValidationError, match="in weeks 10 to 14"):
        make.make_window(wide.outcome, from_week=10, target_week=12, to_week=14)


def test_windows_beside_each_other_and_of_other_outcomes_are_fine():
    short = make.make_window(from_week=6, target_week=12, to_week=18)
    make.make_window(short.outcome, from_week="18.5", target_week=26, to_week=38)
    make.make_window(from_week=6, target_week=12, to_week=18)


def test_window_does_not_overlap_itself():
    window = make.make_window()
    window.to_week = 20
    window.full_clean()


def test_window_and_instrument_read_without_appended_zeros():
    window = make.make_window(name="short-term", from_week=6, to_week="18.50")
    window.refresh_from_db()
    assert str(window) == "short-term (week 6 to 18.5)"
    instrument = make.make_instrument(make.make_outcome(name="Pain"), name="NRS")
    assert str(instrument) == "NRS 0-10 (Pain)"
    rangeless = make.make_instrument(make.make_outcome(name="Pain"), name="NRS", scale_min=None, scale_max=None)
    assert str(rangeless) == "NRS (Pain)"


def test_flow_count_reads_with_its_stage_and_reason():
    counted = make.make_flow_count(box="reports_excluded", stage="Full text", reason="Wrong population", count=7)
    assert str(counted) == "Reports excluded (Full text, Wrong population): 7"
    assert str(make.make_flow_count(stage="", count=9)) == "Records identified: 9"
