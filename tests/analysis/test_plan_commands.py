"""The plan on the command line: the ledger, and the rules of eligibility with an exit status."""

import pytest
from django.core.management import CommandError, call_command

from analysis.services import close_plan, drop, waive
from tests.analysis.test_admin_ledger import world_with_rule
from tests.analysis.test_admin_world import make_world

pytestmark = pytest.mark.django_db


def test_ledger_prints_states_and_reasons(capsys):
    world = make_world(1)
    analysis = world.analysis()
    drop(by=world.owner, analysis=analysis, reason="No data")
    close_plan(by=world.owner, review=world.review, reason="PROSPERO")
    call_command("ledger", world.review.slug)

    printed = capsys.readouterr().out
    assert "PROSPERO" in printed
    line = next(one for one in printed.splitlines() if one.startswith(analysis.slug))
    assert line.split(maxsplit=2)[1:] == ["dropped", "No data"]


def test_ledger_of_an_empty_plan_says_so(capsys):
    call_command("ledger", make_world().review.slug)
    assert "No analysis is planned yet." in capsys.readouterr().out


def test_eligibility_exits_with_a_sentence_until_somebody_signs(capsys):
    world = world_with_rule()
    with pytest.raises(CommandError, match="1 violation without a signature"):
        call_command("eligibility", world.review.slug)
    assert "broken by 1" in capsys.readouterr().out

    rule = world.review.eligibility_rules.get()
    waive(by=world.owner, rule=rule, study=world.review.studies.get(), reason="A pilot")
    call_command("eligibility", world.review.slug)
    assert "A pilot" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["ledger", "eligibility"])
def test_unknown_review_is_named(command):
    with pytest.raises(CommandError, match="no review “nothing”"):
        call_command(command, "nothing")
