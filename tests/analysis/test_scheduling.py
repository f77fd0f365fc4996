"""Schedules: due at the right time, done once whoever calls, and only as much work as the change."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from analysis.models import Run, Schedule, ScheduleRun, Snapshot
from analysis.services import drop
from analysis.services.scheduling import is_overdue, next_due, remove_schedule, run_due, save_schedule
from evidence.models import ArmResult, Membership
from evidence.permissions import NotAllowed
from evidence.services import record
from tests import factories
from tests.analysis.builders import make_small_review
from tests.analysis.test_admin_world import make_world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


def schedule_of(small, **fields):
    values = {"cron": "", "every": 1, "unit": "hours", **fields}
    row = Schedule(review=small.review, runs_as=small.owner, **values)
    return save_schedule(by=small.owner, schedule=row)


def later(**delta):
    return datetime.now(UTC) + timedelta(**delta)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"every": 3, "unit": "days"}, datetime(2026, 3, 5, 12, 0, tzinfo=UTC)),
        ({"every": 90, "unit": "minutes"}, datetime(2026, 3, 2, 13, 30, tzinfo=UTC)),
        ({"cron": "0 3 * * 1"}, datetime(2026, 3, 9, 3, 0, tzinfo=UTC)),
        ({"cron": "0 3 * * *", "time_zone": "Europe/Berlin"}, datetime(2026, 3, 3, 2, 0, tzinfo=UTC)),
        ({"cron": "30 12 2 * *"}, datetime(2026, 3, 2, 12, 30, tzinfo=UTC)),
    ],
)
def test_next_time_is_the_first_after_now(fields, expected):
    values = {"cron": "", "every": None, "unit": "", **fields}
    assert next_due(Schedule(**values), NOON) == expected


def test_summer_time_moves_the_hour_of_day_not_the_clock_of_the_server():
    schedule = Schedule(cron="0 3 * * *", time_zone="Europe/Berlin")
    winter = next_due(schedule, datetime(2026, 3, 27, 12, 0, tzinfo=UTC))
    summer = next_due(schedule, datetime(2026, 3, 29, 12, 0, tzinfo=UTC))
    assert (winter.hour, summer.hour) == (2, 1)


def test_due_schedule_refreshes_and_the_next_time_costs_no_run():
    small = make_small_review()
    small.analysis()
    small.analysis("long", window="long")
    schedule = schedule_of(small)
    assert list(run_due()) == []

    (first,) = run_due(now=later(hours=2))
    assert (first.outcome, first.computed, first.snapshots) == ("refreshed", 6, 2)
    schedule.refresh_from_db()
    assert schedule.due_next > later(hours=2)

    (second,) = run_due(now=later(hours=4))
    assert (second.outcome, second.computed, second.reused, second.snapshots) == ("unchanged", 0, 0, 0)
    assert Run.objects.count() == 6


def test_changed_sd_runs_only_what_depends_on_it():
    small = make_small_review()
    small.analysis()
    small.analysis("long", window="long")
    schedule_of(small)
    list(run_due(now=later(hours=2)))
    row = ArmResult.objects.filter(week=12).first()
    row.sd = "2.5"
    record(by=small.owner, row=row)

    (again,) = run_due(now=later(hours=4))
    assert (again.outcome, again.computed, again.reused, again.snapshots) == ("refreshed", 3, 0, 1)
    assert "short 2" in again.says


def test_missed_times_are_made_up_for_once():
    small = make_small_review()
    small.analysis()
    schedule_of(small)
    assert len(list(run_due(now=later(days=30)))) == 1


def test_time_that_is_due_is_taken_by_one_caller(monkeypatch):
    small = make_small_review()
    small.analysis()
    schedule_of(small)
    now = later(hours=2)
    first = run_due(now=now)
    taken = next(first)
    assert list(run_due(now=now)) == []
    assert list(first) == []
    assert ScheduleRun.objects.get() == taken


def test_paused_and_dropped_are_left_alone():
    small = make_small_review()
    analysis = small.analysis()
    schedule = schedule_of(small)
    drop(by=small.owner, analysis=analysis, reason="No data")
    (row,) = run_due(now=later(hours=2))
    assert row.outcome == "unchanged"
    assert not Snapshot.objects.exists()

    schedule.refresh_from_db()
    schedule.is_paused = True
    save_schedule(by=small.owner, schedule=schedule)
    assert list(run_due(now=later(hours=9))) == []
    assert schedule.due_next is None


def test_one_analysis_can_have_a_schedule_of_its_own():
    small = make_small_review()
    small.analysis()
    long = small.analysis("long", window="long")
    schedule_of(small, analysis=long)
    list(run_due(now=later(hours=2)))
    assert [snapshot.analysis for snapshot in Snapshot.objects.all()] == [long]


def test_failure_is_kept_with_its_sentence_and_the_next_time_comes(monkeypatch):
    small = make_small_review()
    small.analysis()
    schedule = schedule_of(small)
    Membership.objects.filter(user=small.owner).delete()
    (row,) = run_due(now=later(hours=2))
    assert row.outcome == "failed"
    assert "may not run analyses" in row.says
    schedule.refresh_from_db()
    assert schedule.due_next > later(hours=2)


def test_stored_results_are_computed_again_where_that_is_asked_for():
    small = make_small_review()
    small.analysis()
    schedule_of(small, only_if_changed=False)
    (first,) = run_due(now=later(hours=2))
    assert first.outcome == "refreshed"
    run = Run.objects.filter(plugin="pooling")
    changed = run.get().result.replace('"k":3', '"k":4')
    run._change(result=changed)

    (second,) = run_due(now=later(hours=4))
    assert second.outcome == "failed"
    assert "pooling" in second.says


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"every": None, "unit": ""}, "either a cron expression, or an interval"),
        ({"cron": "0 3 * * 1"}, "either a cron expression, or an interval"),
        ({"every": None, "unit": "", "cron": "0 3 *"}, "five fields, got 3"),
        ({"every": None, "unit": "", "cron": "0 25 * * *"}, "cannot be read"),
        ({"every": 0}, "at least 1"),
        ({"time_zone": "Mars/Olympus"}, "no time zone “Mars/Olympus”"),
    ],
)
def test_schedule_that_makes_no_sense_is_refused_with_a_sentence(fields, sentence):
    small = make_small_review()
    with pytest.raises(ValidationError) as refusal:
        schedule_of(small, **fields)
    assert any(sentence in said for said in refusal.value.messages), refusal.value.messages


def test_analysis_of_another_review_and_a_person_without_the_role_are_refused():
    small, other = make_small_review(), make_small_review()
    with pytest.raises(ValidationError, match="another review"):
        schedule_of(small, analysis=other.analysis())
    viewer = factories.make_membership(small.review, role=Membership.Role.VIEWER).user
    row = Schedule(review=small.review, runs_as=viewer, every=1, unit="days")
    with pytest.raises(NotAllowed):
        save_schedule(by=small.owner, schedule=row)


def test_removed_schedule_keeps_its_history():
    small = make_small_review()
    small.analysis()
    schedule = schedule_of(small)
    list(run_due(now=later(hours=2)))
    schedule.refresh_from_db()
    remove_schedule(by=small.owner, schedule=schedule)
    assert Schedule.objects.get().is_paused
    unused = schedule_of(small)
    remove_schedule(by=small.owner, schedule=unused)
    assert Schedule.objects.count() == 1


def test_overdue_schedule_is_told():
    small = make_small_review()
    schedule = schedule_of(small)
    assert not is_overdue(schedule, later(minutes=65))
    assert is_overdue(schedule, later(hours=3))


def test_command_does_what_is_due(capsys):
    small = make_small_review()
    small.analysis()
    schedule = schedule_of(small)
    call_command("refresh", "--due")
    assert "Nothing is due." in capsys.readouterr().out

    Schedule.objects.filter(pk=schedule.pk).update(due_next=later(hours=-1))
    call_command("refresh", "--due")
    assert "brought up to date. New snapshots: short 1." in capsys.readouterr().out


def test_command_needs_a_review_or_due():
    with pytest.raises(CommandError, match="Name the review"):
        call_command("refresh")


def test_schedule_is_made_on_its_page_and_a_wrong_one_is_explained():
    world = make_world(1)
    client, address = world.client("statistician"), reverse("admin:analysis_schedule_add")
    fields = {
        "review": world.review.pk,
        "time_zone": "UTC",
        "only_if_changed": "on",
        "runs_as": world.people["statistician"].pk,
    }
    bad = client.post(address, {**fields, "cron": "every day"})
    assert "five fields" in bad.content.decode()
    good = client.post(address, {**fields, "cron": "0 3 * * *"})
    assert good.status_code == 302, good.context["errors"]
    shown = client.get(reverse("admin:analysis_schedule_changelist")).content.decode()
    assert "0 3 * * * (UTC)" in shown
