"""A version of a plugin that is withdrawn: what it computed is found, kept, and warned about."""

import json
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.utils import timezone

from analysis.admin.withdrawals import PluginWithdrawalAdmin
from analysis.models import AppendOnly, Run
from analysis.models.withdrawal import PluginWithdrawal
from analysis.registry import get_plugin
from analysis.services import refresh, sign_off
from analysis.services.withdrawing import (
    affected_snapshots,
    warnings_for,
    warnings_for_new,
    withdraw_plugin,
    withdrawn_runs,
)
from tests import factories
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db
VERSION = get_plugin("pooling").version
REASON = "Intervals were too narrow for two studies."


@pytest.fixture
def administrator():
    """Someone who looks after the installation."""
    return factories.make_user(is_superuser=True, is_staff=True)


@pytest.fixture
def small():
    """A small review with one analysis that was run."""
    review = make_small_review()
    refresh(by=review.owner, analysis=review.analysis())
    return review


def latest(small):
    """Give the newest snapshot of the review's analysis."""
    return small.review.analyses.get().snapshots.order_by("-number").first()


def snapshot_without_pooling(small) -> None:
    """Make the next snapshot of the analysis as another version of pooling would: no run of it has this version."""
    Run.objects.filter(plugin="pooling")._change(plugin_version="0.9.0")
    change = small.studies[0].extractions.get(is_consensus=True).arms.first().results.first()
    change.mean = 3
    change.stamp(small.owner, "Corrected")
    change.save()
    refresh(by=small.owner, analysis=small.review.analyses.get())


def run(*words: str) -> str:
    """Call a command and give what it prints."""
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


# Withdrawing ----------------------------------------------------------------------------------------------------------


def test_withdrawal_is_kept_with_who_when_and_why(administrator):
    row = withdraw_plugin(by=administrator, plugin="pooling", version="1.0.0", reason=f" {REASON} ")
    assert (str(row), row.reason, row.withdrawn_by) == ("pooling 1.0.0", REASON, administrator)
    assert row.withdrawn_at <= timezone.now()


def test_withdrawal_is_never_changed_or_deleted(administrator):
    row = withdraw_plugin(by=administrator, plugin="pooling", version="1.0.0", reason=REASON)
    for change in (row.save, row.delete, PluginWithdrawal.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()


def test_only_an_administrator_withdraws(small):
    with pytest.raises(PermissionDenied, match="needs an administrator of the installation"):
        withdraw_plugin(by=small.owner, plugin="pooling", version="1.0.0", reason=REASON)
    assert not PluginWithdrawal.objects.exists()


@pytest.mark.parametrize(
    ("plugin", "version", "reason", "sentence"),
    [
        ("pooling", "1.0.0", "  ", "This field cannot be blank"),
        ("pooling", "one", REASON, "Give the version as major.minor.patch"),
        ("poling", "1.0.0", REASON, "There is no plugin “poling”"),
    ],
)
def test_withdrawal_that_is_no_use_is_refused(administrator, plugin, version, reason, sentence):
    with pytest.raises(ValidationError, match=sentence):
        withdraw_plugin(by=administrator, plugin=plugin, version=version, reason=reason)


def test_version_is_withdrawn_once(administrator):
    withdraw_plugin(by=administrator, plugin="pooling", version="1.0.0", reason=REASON)
    with pytest.raises(ValidationError, match="This version of the plugin is withdrawn already"):
        withdraw_plugin(by=administrator, plugin="pooling", version="1.0.0", reason=REASON)
    withdraw_plugin(by=administrator, plugin="pooling", version="1.0.1", reason=REASON)


def test_database_refuses_a_second_withdrawal(administrator):
    values = {"plugin": "pooling", "version": "1.0.0", "reason": REASON, "withdrawn_by": administrator}
    PluginWithdrawal(**values).save()
    with pytest.raises(IntegrityError):
        PluginWithdrawal(**values).save()


def test_database_refuses_a_withdrawal_without_reason(administrator):
    with pytest.raises(IntegrityError):
        PluginWithdrawal(plugin="pooling", version="1.0.0", reason="", withdrawn_by=administrator).save()


# What it computed -----------------------------------------------------------------------------------------------------


def test_affected_snapshots_are_those_with_a_run_of_the_version(small):
    (row,) = affected_snapshots("pooling", VERSION)
    assert (row.snapshot, row.latest, row.sign_off, row.is_replaced) == (latest(small), latest(small), None, False)
    assert affected_snapshots("pooling", "0.0.1") == []


def test_affected_snapshot_says_who_signed_it(small):
    signed = sign_off(by=small.owner, snapshot=latest(small), reason="Checked.")
    assert affected_snapshots("pooling", VERSION)[0].sign_off == signed


def test_affected_snapshot_is_replaced_where_the_newest_does_not_use_the_version(small):
    first = latest(small)
    snapshot_without_pooling(small)
    assert latest(small).number == 2
    (row,) = affected_snapshots("pooling", "0.9.0")
    assert (row.snapshot, row.latest.number, row.is_replaced) == (first, 2, True)


def test_snapshot_warns_of_each_withdrawn_version(small, administrator):
    assert warnings_for(latest(small)) == []
    withdrawal = withdraw_plugin(by=administrator, plugin="pooling", version=VERSION, reason=REASON)
    withdraw_plugin(by=administrator, plugin="grade", version="0.0.1", reason="Never used here.")
    (found,) = withdrawn_runs(latest(small))
    assert (found.run.plugin, found.withdrawal) == ("pooling", withdrawal)
    assert warnings_for(latest(small)) == [
        f"It was computed with pooling {VERSION}, which was withdrawn on {withdrawal.withdrawn_at:%Y-%m-%d}: {REASON}"
    ]


def test_next_publication_warns_while_the_version_is_installed(small, administrator):
    withdraw_plugin(by=administrator, plugin="pooling", version=VERSION, reason=REASON)
    outcome = refresh(by=small.owner, analysis=small.review.analyses.get())
    assert not outcome.is_new
    assert warnings_for_new(outcome.snapshot)[0].startswith(f"It was computed with pooling {VERSION}")


def test_next_publication_says_that_the_one_before_used_a_withdrawn_version(small, administrator):
    snapshot_without_pooling(small)
    withdraw_plugin(by=administrator, plugin="pooling", version="0.9.0", reason=REASON)
    assert warnings_for(latest(small)) == []
    (said,) = warnings_for_new(latest(small))
    assert said.startswith("Snapshot 1 was computed with pooling 0.9.0, which was withdrawn on ")


# The commands and the page --------------------------------------------------------------------------------------------


def test_withdraw_says_how_many_snapshots_used_the_version(small, administrator):
    words = ("--reason", REASON, "--as", administrator.username)
    assert run("withdraw", "pooling", "0.0.1", *words) == (
        "pooling 0.0.1 is withdrawn. No snapshot was computed with it.\n"
    )
    assert run("withdraw", "pooling", VERSION, *words) == (
        f"pooling {VERSION} is withdrawn. 1 snapshot was computed with it; "
        f"`manage.py affected pooling {VERSION}` lists them.\n"
    )


def test_withdraw_refuses_with_a_sentence(small):
    with pytest.raises(CommandError, match="There is no user “nobody”"):
        run("withdraw", "pooling", VERSION, "--reason", REASON, "--as", "nobody")
    with pytest.raises(CommandError, match="needs an administrator"):
        run("withdraw", "pooling", VERSION, "--reason", REASON, "--as", small.owner.username)


def test_affected_lists_place_date_signature_and_fate(small, administrator):
    sign_off(by=small.owner, snapshot=latest(small), reason="Checked.")
    withdraw_plugin(by=administrator, plugin="pooling", version=VERSION, reason=REASON)
    first, second = run("affected", "pooling", VERSION).splitlines()
    today = f"{timezone.now():%Y-%m-%d}"
    assert first == f"pooling {VERSION} was withdrawn on {today} by {administrator}: {REASON}"
    place, _, rest = second.partition(" snapshot 1, ")
    assert place.split() == [small.review.slug, "/", "short"]
    assert rest == f"{today}, signed off by {small.owner}; it is the current snapshot"


def test_affected_says_which_snapshot_no_longer_uses_the_version(small):
    snapshot_without_pooling(small)
    assert run("affected", "pooling", "0.9.0").endswith("not signed off; snapshot 2 no longer uses it\n")


def test_affected_says_so_where_there_is_none():
    assert run("affected", "pooling", "0.0.1") == "No snapshot was computed with pooling 0.0.1.\n"
    assert json.loads(run("affected", "pooling", "0.0.1", "--json")) == []


def test_affected_gives_json(small):
    (row,) = json.loads(run("affected", "pooling", VERSION, "--json"))
    assert (row["review"], row["analysis"], row["number"]) == (small.review.slug, "short", 1)
    assert (row["signed_off_by"], row["latest"], row["is_replaced"]) == (None, 1, False)
    assert row["digest"] == latest(small).digest


def test_page_of_withdrawals_is_to_read_only(client, small, administrator):
    row = withdraw_plugin(by=administrator, plugin="pooling", version="1.0.0", reason=REASON)
    client.force_login(small.owner)
    place = f"/admin/analysis/pluginwithdrawal/{row.pk}/change/"
    assert REASON in client.get("/admin/analysis/pluginwithdrawal/").content.decode()
    assert REASON in client.get(place).content.decode()
    assert client.post(place, {"reason": "None."}).status_code == 403
    assert client.get("/admin/analysis/pluginwithdrawal/add/").status_code == 403
    assert PluginWithdrawalAdmin.actions is None


def test_page_of_withdrawals_is_closed_to_those_who_see_no_review(client):
    client.force_login(factories.make_user(is_staff=True))
    assert client.get("/admin/analysis/pluginwithdrawal/").status_code == 403
