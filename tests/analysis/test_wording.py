"""Wording of the Summary of Findings: service and constraints, marks, footnotes, the page, file and manuscripts."""

import csv
import io
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from analysis import canonical
from analysis.exports.evidence_profile import profile_csv, take_profile
from analysis.exports.footnotes import Footnotes
from analysis.exports.summary_of_findings import SummaryRow, summarise, summary_csv
from analysis.models import DOMAINS, FindingsWording, Snapshot
from analysis.reporting.tables import evidence_profile, summary_of_findings
from analysis.services import rate_certainty, save_analysis
from analysis.services.rating import proposed_levels
from analysis.services.wording import NO_RESULT, word_findings
from evidence.permissions import NotAllowed
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db

SAID = "Exercise takes 1 of 10 points of pain away."


def rate(world: World, snapshot: Snapshot, **changes: int) -> None:
    """Rate as the rules propose, but for the changes."""
    run = snapshot.runs.get(plugin="grade")
    proposed = proposed_levels(canonical.from_text(run.result))
    rate_certainty(
        by=world.owner,
        analysis=snapshot.analysis,
        run=run,
        levels_down={name: proposed[name] for name in DOMAINS} | changes,
        justification="As discussed.",
        departures=dict.fromkeys(changes, "Half of them are inpatients."),
    )


def word(world: World, snapshot: Snapshot, **texts: str) -> FindingsWording:
    """Word the row of a snapshot's analysis as the owner."""
    return word_findings(by=world.owner, analysis=snapshot.analysis, **texts)


def row_of(world: World) -> SummaryRow:
    """Give the first row of the Summary of Findings."""
    return summarise(take_profile(world.review)).rows[0]


def page_of(snapshot: Snapshot) -> str:
    """Give the address of the form."""
    return reverse("admin:analysis_findingswording_word", args=[snapshot.analysis_id])


def summary_of(world: World) -> str:
    """Give the address of the Summary of Findings."""
    return reverse("admin:analysis_ratingpolicy_summary", args=[world.review.pk])


# Services and constraints ---------------------------------------------------------------------------------------------


def test_words_of_a_person_stand_in_place_of_the_generated_ones_until_they_are_emptied() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    rate(world, snapshot)
    generated = row_of(world).says
    row = word(world, snapshot, title="  Pain  after 3 months ", statement=f"{SAID}\n", footnotes="One.\n\n Two. \n")
    assert (row.title, row.statement, row.footnotes) == ("Pain after 3 months", SAID, "One.\nTwo.")
    assert row.result_digest == snapshot.runs.get(plugin="pooling").result_digest
    assert (row.certainty, row.worded_by) == (snapshot.analysis.certainties.get().level, world.owner)
    assert (row_of(world).title, row_of(world).says) == ("Pain after 3 months", SAID)
    row = word(world, snapshot)
    assert (row_of(world).title, row_of(world).says) == (snapshot.analysis.title, generated)
    assert (row.result_digest, row.certainty, row_of(world).own_letters) == ("", "", ())
    assert [entry.statement for entry in row.history.all()] == ["", SAID]
    assert {entry.history_user for entry in row.history.all()} == {world.owner}


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({"title": "x" * 301}, "The outcome can have up to 300 characters; there are 301."),
        ({"statement": "x" * 1001}, "The statement can have up to 1000 characters; there are 1001."),
        ({"footnotes": "x" * 4001}, "The footnotes can have up to 4000 characters; there are 4001."),
        ({"statement": "It \x07rings."}, "The statement can hold plain text only"),
    ],
)
def test_text_that_is_too_long_or_not_plain_is_refused_whole(texts: dict[str, str], sentence: str) -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    with pytest.raises(ValidationError) as caught:
        word(world, snapshot, **{"title": "Pain", **texts})
    assert list(caught.value.message_dict) == list(texts)
    assert sentence in caught.value.messages[0]
    assert not FindingsWording.objects.exists()


def test_statement_needs_a_result_but_may_stay_when_the_result_goes() -> None:
    world = make_world()
    analysis = world.analysis()
    with pytest.raises(ValidationError, match=NO_RESULT):
        word_findings(by=world.owner, analysis=analysis, statement=SAID)
    empty = world.snapshot(analysis)
    with pytest.raises(ValidationError, match=NO_RESULT):
        word(world, empty, statement=SAID)
    world.add_studies(2)
    digest = word(world, world.snapshot(analysis), statement=SAID).result_digest
    save_analysis(by=world.owner, analysis=analysis, steps={"sensitivity": {}})
    newest = world.snapshot(analysis)
    assert word(world, newest, statement=SAID, title="Pain").result_digest == digest
    assert row_of(world).says == "This analysis does not pool."


def test_wording_is_for_those_who_analyse() -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    for role in ("viewer", "reviewer", "stranger"):
        world.client(role)
        with pytest.raises(NotAllowed):
            word_findings(by=world.people[role], analysis=snapshot.analysis, statement=SAID)
    world.client("statistician")
    word_findings(by=world.people["statistician"], analysis=snapshot.analysis, statement=SAID)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"statement": SAID}, "A statement, and only a statement, names the result that it was worded for."),
        ({"result_digest": "a"}, "A statement, and only a statement, names the result that it was worded for."),
        ({"certainty": "low"}, "Only a statement names the certainty that it was worded for."),
    ],
)
def test_constraint_speaks_and_the_database_refuses(wrong: dict[str, str], sentence: str) -> None:
    world = make_world()
    row = FindingsWording(analysis=world.analysis(), worded_by=world.owner, **wrong)
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert sentence in caught.value.messages
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_analysis_is_worded_once() -> None:
    world = make_world()
    analysis = world.analysis()
    FindingsWording.objects.create(analysis=analysis, worded_by=world.owner)
    again = FindingsWording(analysis=analysis, worded_by=world.owner)
    with pytest.raises(ValidationError, match="already exists"):
        again.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


# Marks and footnotes --------------------------------------------------------------------------------------------------


def test_statement_for_earlier_results_is_marked_until_it_is_saved_again() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    word(world, snapshot, statement=SAID)
    assert row_of(world).says == f"Proposed: {SAID}"
    rate(world, snapshot)
    assert row_of(world).says == SAID
    world.add_studies(1)
    newer = world.snapshot(snapshot.analysis)
    assert row_of(world).says == f"Worded for earlier results: {SAID}"
    word(world, newer, statement=SAID)
    assert row_of(world).says == f"Rated on earlier results: {SAID}"
    rate(world, newer)
    word(world, newer, statement=SAID)
    assert row_of(world).says == SAID


def test_statement_for_another_certainty_is_marked() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    rate(world, snapshot, indirectness=0, imprecision=0, risk_of_bias=0)
    then = word(world, snapshot, statement=SAID).certainty
    rate(world, snapshot, indirectness=2, imprecision=2)
    assert snapshot.analysis.certainties.first().level != then
    assert row_of(world).says == f"Worded when the certainty was {then.replace('_', ' ')}: {SAID}"


def test_statement_from_before_there_was_any_certainty_is_marked() -> None:
    world = make_world(3)
    analysis = save_analysis(by=world.owner, analysis=world.analysis(), steps={"pooling": {}})
    assert word(world, world.snapshot(analysis), statement=SAID).certainty == ""
    assert row_of(world).says == SAID
    steps: dict[str, Any] = {"pooling": {}, "sensitivity": {}, "grade": {}}
    world.snapshot(save_analysis(by=world.owner, analysis=analysis, steps=steps))
    assert row_of(world).says == f"Worded before the certainty was rated: {SAID}"


def test_footnotes_get_the_letters_behind_those_of_explanations() -> None:
    world = make_world(3)
    snapshots = [world.snapshot(), world.snapshot()]
    for snapshot in snapshots:
        rate(world, snapshot, indirectness=1)
    word(world, snapshots[0], footnotes="Only adults.\nAt 3 months.")
    word(world, snapshots[1], footnotes="At 3 months.\nSelf-reported.\nSelf-reported.")
    profile = take_profile(world.review)
    summary = summarise(profile)
    notes = dict(summary.footnotes)
    assert summary.footnotes[: len(profile.footnotes)] == profile.footnotes
    assert len(notes) == len(summary.footnotes) == len(profile.footnotes) + 3
    first, second = summary.rows
    assert [notes[letter] for letter in first.own_letters] == ["Only adults.", "At 3 months."]
    assert [notes[letter] for letter in second.own_letters] == ["At 3 months.", "Self-reported."]
    assert first.letters
    assert not {*first.letters, *second.letters} & {*first.own_letters, *second.own_letters}


def test_letters_go_on_behind_those_that_are_given() -> None:
    notes = Footnotes(["one", "two"])
    assert [notes.letter(text) for text in ("three", "one")] == ["c", "a"]


def test_file_and_manuscript_hold_words_and_footnotes_and_the_profile_does_not() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    rate(world, snapshot, indirectness=1)
    word(world, snapshot, title="=Pain", statement=SAID, footnotes="At 3 months.")
    profile = take_profile(world.review)
    (letter,) = row_of(world).own_letters
    table = list(csv.reader(io.StringIO(summary_csv(profile))))
    assert (table[1][0], table[1][5]) == (f"'=Pain [{letter}]", SAID)
    assert table[-1] == [letter, "At 3 months."]
    body = summary_of_findings(world.review, [snapshot.analysis])
    assert (body.rows[0][0].text, body.rows[0][5].text) == (f"=Pain [{letter}]", SAID)
    assert body.marks[-1] == (letter, "At 3 months.")
    for text in (profile_csv(profile), str(evidence_profile(world.review, [snapshot.analysis]))):
        assert snapshot.analysis.title in text
        assert not any(words in text for words in ("=Pain", SAID, "At 3 months."))


# In the admin ---------------------------------------------------------------------------------------------------------


def test_row_is_worded_from_the_table_beside_what_is_generated() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    rate(world, snapshot, indirectness=1)
    generated = row_of(world).says
    client = world.client("statistician")
    assert page_of(snapshot) in client.get(summary_of(world)).content.decode()
    assert generated in client.get(page_of(snapshot)).content.decode()
    data = {"title": "Pain <b>now</b>", "statement": SAID, "footnotes": "At 3 months.\r\nSelf-reported."}
    answer = client.post(page_of(snapshot), {f"wording-{name}": text for name, text in data.items()}, follow=True)
    assert answer.redirect_chain == [(summary_of(world), 302)]
    shown = answer.content.decode()
    assert f"The wording of “{snapshot.analysis.title}” is saved." in shown
    assert "Pain &lt;b&gt;now&lt;/b&gt;</a>" in shown
    assert f"<td>{SAID}</td>" in shown
    marks = re.findall(r'id="note-(\w+)"><strong>\1</strong>&ensp;([^<]*)<', shown)
    assert len(dict(marks)) == len(marks)
    assert [text for _, text in marks[-2:]] == ["At 3 months.", "Self-reported."]
    assert all(f'<sup><a href="#note-{letter}">{letter}</a></sup>' in shown for letter, _ in marks)
    form = client.get(page_of(snapshot)).content.decode()
    assert all(words in form for words in (generated, SAID, "Self-reported.", "What readers are told now"))
    profile = client.get(reverse("admin:analysis_ratingpolicy_profile", args=[world.review.pk])).content.decode()
    assert "At 3 months." not in profile
    assert "Edit wording" not in profile


def test_form_says_which_field_is_too_long_and_keeps_what_was_written() -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    data = {"wording-title": "Pain", "wording-statement": "x" * 1001}
    answer = world.client("owner").post(page_of(snapshot), data)
    assert answer.status_code == 422
    assert "The statement can have up to 1000 characters; there are 1001." in answer.content.decode()
    assert "x" * 1001 in answer.content.decode()
    assert not FindingsWording.objects.exists()


def test_page_shows_the_mark_of_a_statement_for_earlier_results() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    word(world, snapshot, statement=SAID)
    world.add_studies(1)
    world.snapshot(snapshot.analysis)
    for address in (summary_of(world), page_of(snapshot)):
        assert f"Worded for earlier results: {SAID}" in world.client("owner").get(address).content.decode()


def test_viewer_reads_and_does_not_word_and_a_stranger_finds_nothing() -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    word(world, snapshot, statement=SAID)
    viewer, data = world.client("viewer"), {"wording-statement": "Mine."}
    shown = viewer.get(summary_of(world)).content.decode()
    assert SAID in shown
    assert "Edit wording" not in shown
    for client, status in ((viewer, 403), (world.client("reviewer"), 403), (make_world().client("owner"), 404)):
        assert client.get(page_of(snapshot)).status_code == status
        assert client.post(page_of(snapshot), data).status_code == status
    assert FindingsWording.objects.get().statement == SAID
