"""An import, or a change of many rows, is one act: noted with its door in the history, and undone as a whole."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from evidence.models import ArmResult, ChangeBatch, Outcome, Report, Study
from evidence.models.doors import Door, through
from evidence.permissions import NotAllowed
from evidence.services import complete_extraction, one_act, record, remove, reopen_extraction, undo
from evidence.services.undoing import entries_of
from tests.evidence.admin_pages import change_address, member_client
from tests.evidence.browsing import fields_of
from tests.factories import (
    make_arm,
    make_arm_result,
    make_extraction,
    make_instrument,
    make_membership,
    make_outcome,
    make_report,
    make_review,
    make_study,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    review = make_review()
    person = make_membership(review, role="adjudicator").user
    return review, person, make_study(review, label="Before", note="kept")


def act_on(review, person, study):
    """Make a study, change one, delete a report: as one act."""
    report = make_report(study, citation="To be deleted")
    key = report.pk
    with one_act(by=person, review=review, what="Clean-up", door=Door.IMPORT) as act:
        new = record(by=person, row=Study(review=review, code="new", label="New"))
        record(by=person, row=Report(study=new, citation="Its report"))
        study.label = "After"
        record(by=person, row=study)
        remove(by=person, row=report)
    return act, key


def test_history_names_door_and_act(scene):
    review, person, study = scene
    act, _ = act_on(review, person, study)
    entry = study.history.first()
    assert (entry.history_door, entry.history_batch, entry.history_user) == ("import", act.pk, person)
    with through(Door.COMMAND):
        record(by=person, row=study)
    assert (study.history.first().history_door, study.history.first().history_batch) == ("command", None)


def test_undo_puts_everything_back_and_keeps_both_in_the_history(scene):
    review, person, study = scene
    act, key = act_on(review, person, study)
    assert undo(by=person, batch=act, reason="Wrong file.") == 4
    study.refresh_from_db()
    assert (study.label, study.note) == ("Before", "kept")
    assert not Study.objects.filter(code="new").exists()
    assert Report.objects.get().citation == "To be deleted"
    assert Report.objects.get().pk == key
    assert study.history.first().history_change_reason == "Undo of “Clean-up”: Wrong file."
    assert [entry.label for entry in study.history.all()][:2] == ["Before", "After"]
    act.refresh_from_db()
    assert (act.undone_by, act.undone_because) == (person, "Wrong file.")


def test_undo_is_refused_where_a_row_was_changed_since(scene):
    review, person, study = scene
    act, _ = act_on(review, person, study)
    study.note = "later"
    record(by=person, row=study)
    with pytest.raises(ValidationError, match="1 of its rows were changed since, such as study “After”"):
        undo(by=person, batch=act, reason="Wrong file.")
    assert Study.objects.filter(code="new").exists()


def test_undo_is_refused_inside_a_reading_that_was_submitted_since(scene):
    review, person, study = scene
    reader = make_membership(review, role="reviewer").user
    reading = make_extraction(study, consensus=False, reviewer=reader)
    arm = make_arm(reading)
    result = ArmResult(arm=arm, instrument=make_instrument(make_outcome(review)), week=8, mean=2, n=20)
    with one_act(by=person, review=review, what="Weeks", door=Door.ADMIN) as act:
        record(by=reader, row=result)
    complete_extraction(by=reader, extraction=reading)

    with pytest.raises(ValidationError, match="which a reader has submitted"):
        undo(by=person, batch=act, reason="Wrong week.")
    assert ArmResult.objects.filter(arm=arm, week=8).exists()

    reopen_extraction(by=person, extraction=reading, reason="The week was wrong.")
    undo(by=person, batch=act, reason="Wrong week.")
    assert not ArmResult.objects.filter(arm=arm).exists()


def test_long_reason_is_kept_whole_with_the_act(scene):
    review, person, study = scene
    act, _ = act_on(review, person, study)
    reason = "The file was that of another review. " * 10

    undo(by=person, batch=act, reason=reason)

    act.refresh_from_db()
    assert act.undone_because == reason.strip()
    said = study.history.first().history_change_reason
    assert said.startswith("Undo of “Clean-up”: The file was")
    assert len(said) <= 100


def test_undo_is_refused_where_others_use_what_was_made(scene):
    review, person, study = scene
    act, _ = act_on(review, person, study)
    make_extraction(Study.objects.get(code="new"))
    with pytest.raises(ValidationError, match="It cannot be undone: “New” is used by"):
        undo(by=person, batch=act, reason="Wrong file.")
    study.refresh_from_db()
    assert study.label == "After"


def test_undo_happens_once_and_needs_a_reason_and_a_role(scene):
    review, person, study = scene
    act, _ = act_on(review, person, study)
    with pytest.raises(ValidationError, match="Say why it is undone"):
        undo(by=person, batch=act, reason=" ")
    with pytest.raises(NotAllowed):
        undo(by=make_membership(review, role="reviewer").user, batch=act, reason="x")
    undo(by=person, batch=act, reason="x")
    with pytest.raises(ValidationError, match="was undone already"):
        undo(by=person, batch=act, reason="x")


def test_deleted_tree_is_there_again(scene):
    review, person, study = scene
    arm = make_arm(make_extraction(study))
    result = make_arm_result(arm, mean="2.5")
    keys = (result.pk, arm.pk, "2.5")
    with one_act(by=person, review=review, what="Removal", door=Door.ADMIN) as act:
        remove(by=person, row=arm)
    assert not ArmResult.objects.exists()
    undo(by=person, batch=act, reason="By mistake.")
    again = ArmResult.objects.get()
    assert (again.pk, again.arm_id, str(again.mean)) == keys


def test_act_that_fails_leaves_nothing(scene):
    review, person, study = scene

    def fail() -> None:
        with one_act(by=person, review=review, what="x", door=Door.IMPORT):
            study.label = "After"
            record(by=person, row=study)
            record(by=person, row=Outcome(review=review, code="", name=""))

    with pytest.raises(ValidationError):
        fail()
    study.refresh_from_db()
    assert study.label == "Before"
    assert not ChangeBatch.objects.exists()


def test_page_counts_what_an_act_did_and_reads_the_first_rows_only(scene, monkeypatch):
    review, person, _ = scene
    with one_act(by=person, review=review, what="Many", door=Door.IMPORT) as act:
        for number in range(7):
            record(by=person, row=Study(review=review, code=f"s{number}", label=f"Study {number}"))
    monkeypatch.setattr("evidence.admin.batches.MOST_LISTED", 3)

    response = member_client(review).get(reverse("admin:evidence_changebatch_change", args=[act.pk]))

    assert response.context["kinds"] == [("study", "created", 7)]
    assert [entry.label for entry in response.context["entries"]] == ["Study 0", "Study 1", "Study 2"]
    assert response.context["left_out"] == 4
    assert "and 4 more" in response.content.decode()
    assert [entry.label for entry in entries_of(act)] == [f"Study {number}" for number in range(7)]


def test_admin_is_named_as_the_door_and_shows_and_undoes_acts(scene):
    review, person, study = scene
    act, _ = act_on(review, person, study)
    client = member_client(review)
    page = reverse("admin:evidence_changebatch_change", args=[act.pk])
    said = client.get(page).content.decode()
    assert "Undo all of it" in said
    assert "To be deleted" in said
    for role, status in (("reviewer", 403), ("viewer", 403)):
        other = member_client(review, role)
        assert "To be deleted" not in other.get(page).content.decode()
        assert other.post(f"{page.removesuffix('change/')}undo/", {"reason": "x"}).status_code == status
    answer = client.post(
        reverse("admin:evidence_changebatch_undo", args=[act.pk]), {"reason": "Wrong file."}, follow=True
    )
    assert "It is undone: 4 changes were taken back." in answer.content.decode()
    client.post(change_address(study), fields_of(client.get(change_address(study))) | {"label": "By hand"})
    assert study.history.first().history_door == "admin"
    history = client.get(f"/admin/evidence/study/{study.pk}/history/").content.decode()
    assert "<td>admin</td>" in history
    assert "<td>import</td>" in history
