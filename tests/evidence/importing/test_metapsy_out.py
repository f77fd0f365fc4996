"""Databases in the Metapsy data standard: undone, guarded, written back, and loaded by the command."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from evidence.models import ArmResult, Judgement, Review, Study
from evidence.permissions import NotAllowed
from evidence.services import undo
from tests.evidence.importing.asked import ask, export, sentences
from tests.evidence.importing.comparisons import load, means, put, row
from tests.factories import make_membership, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user("ann")


@pytest.fixture
def review(owner: User) -> Review:
    return make_membership(user=owner).review


def test_import_is_undone_as_a_whole(tmp_path, review, owner):
    result = load(tmp_path, review, owner, [row(**means(1.5, 2.5), sg=1, ac=1)])
    assert result.act is not None

    undo(by=owner, batch=result.act, reason="wrong file")

    assert not Study.objects.exists()
    assert not Judgement.objects.exists()


def test_viewer_may_not_load_and_stranger_may_not_export(tmp_path, review, owner):
    viewer = make_membership(review, role="viewer").user
    load(tmp_path, review, owner, [row(**means(1.5, 2.5))])

    with pytest.raises(NotAllowed):
        load(tmp_path, review, viewer, [row(**means(1.5, 2.5))])
    with pytest.raises(NotAllowed):
        export("metapsy", review, make_user())


def test_export_and_import_into_an_empty_review_give_the_same_file(tmp_path, review, owner):
    events = {"event_arm1": 12, "event_arm2": 4, "totaln_arm1": 25, "totaln_arm2": 24}
    start = {
        f"baseline_{name}_arm{arm}": value for arm in (1, 2) for name, value in (("m", 20.5), ("sd", 4.5), ("n", 21))
    }
    moderators = {"mean_age": 40.5, "country": "us", "comorbid": "y", "sg": 1, "ac": 0, "ba": "?"}
    rows = [
        row(**means(-1.5, 3.5), **start, **moderators, multi_arm1="i-cbt", multi_arm2="wl"),
        row(**means(2.5, 3.5), **moderators, multi_arm1="group", multi_arm2="wl"),
        row(outcome_type="remission (cut-off)", **events, **moderators, multi_arm1="group", multi_arm2="wl"),
        row("Bo, 2011", **means(1.5, 2.5), country="us", time="fu", time_weeks=52, full_ref="Bo; a trial"),
        row("Cy, 2012", precalc_g=-0.5, precalc_g_se=0.25, n_arm1=10, n_arm2=11, time_weeks="NA"),
    ]
    load(tmp_path, review, owner, rows, sign="scale")
    first = export("metapsy", review, owner)
    other = make_membership(user=owner).review
    (tmp_path / "out.csv").write_bytes(first)

    result = ask("metapsy", tmp_path / "out.csv", other, owner, sign="scale")

    assert sentences(result) == []
    assert export("metapsy", other, owner) == first
    assert b"-1,5" in first
    assert ArmResult.objects.filter(arm__extraction__study__review=other).count() == ArmResult.objects.count() / 2 == 9


def test_command_makes_the_review_and_prints_what_was_refused(tmp_path, owner, capsys):
    path = put(tmp_path / "d.csv", [row(**means(1.5, 2.5)), row("Empty, 2011")])

    call_command("load", "metapsy", str(path), new_review="depression", title="Depression", username="ann")

    out = capsys.readouterr().out
    assert Review.objects.get(slug="depression").title == "Depression"
    assert "refused: d.csv line 3" in out
    assert "Refused: 1 cell or row in 1 row of the file" in out
    assert "Depression: loaded." in out

    call_command("load", "metapsy", str(path), review="depression", username="ann")

    assert "Depression: loaded; nothing was new or different." in capsys.readouterr().out


def test_command_makes_no_review_on_a_dry_run_or_for_an_unreadable_file(tmp_path, owner):
    path = put(tmp_path / "d.csv", [row(**means(1.5, 2.5))])
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")

    call_command("load", "metapsy", str(path), new_review="depression", username="ann", dry_run=True)
    with pytest.raises(CommandError, match="Nothing was saved"):
        call_command("load", "metapsy", str(tmp_path / "empty.csv"), new_review="depression", username="ann")

    assert not Review.objects.filter(slug="depression").exists()
