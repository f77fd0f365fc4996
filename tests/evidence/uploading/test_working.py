"""An upload is previewed without a trace, written as it was shown or not at all, and can be undone."""

import json
import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.utils import timezone

from evidence.importers import folder_zip
from evidence.importers.changes import Difference, Fate
from evidence.importers.formats import FORMATS
from evidence.models import Arm, ArmResult, ChangeBatch, Study, Upload
from evidence.permissions import NotAllowed
from evidence.services import record, undo
from evidence.uploading import clear_old, confirm, discard, stage_of, start_again, told_of, work
from evidence.uploading.keeping import folder, path_of, progress_path
from evidence.uploading.working import BROKE_OFF, CHANGED, DATABASE, GONE
from tests.evidence.uploading.folders import BROKEN, FORMAT, example, make_team, send
from tests.factories import make_membership, make_study, make_user
from tests.teamwork_factories import make_upload

pytestmark = pytest.mark.django_db
Status = Upload.Status


def test_preview_saves_nothing_and_tells_everything():
    review, cara = make_team()

    upload = send(cara, review, example(BROKEN))

    assert upload.status == Status.PREVIEWED
    assert Study.objects.count() == Arm.objects.count() == ChangeBatch.objects.count() == 0
    told = told_of(upload)
    assert told.rows["studies.csv"].new == 3
    assert (told.rows["arm_results.csv"].new, told.rows["arm_results.csv"].left_out) == (2, 1)
    assert [one.sentence for one in told.problems] == [
        "arm_results.csv line 2, column sd: the SD must be above 0; got −1.1."
    ]
    assert len(told.of_fate(Fate.NEW)) == told.new
    assert told.promise() == f"Add 1 outcome, 1 follow-up window and {told.new - 2} other rows"


def test_what_is_confirmed_is_written_as_one_act_that_can_be_undone():
    review, cara = make_team()
    upload = confirm(by=cara, upload=send(cara, review, example(BROKEN)))

    assert (upload.status, upload.loaded_by, upload.confirmed_by) == (Status.LOADED, cara, cara)
    assert Study.objects.of_review(review).count() == 3
    assert ArmResult.objects.count() == 2
    assert upload.act is not None
    assert upload.act.what == "Import of the review folder tea.zip"

    undo(by=cara, batch=upload.act, reason="The wrong file")
    assert Study.objects.count() == 0


def test_same_file_again_changes_nothing_and_cannot_be_confirmed():
    review, cara = make_team()
    confirm(by=cara, upload=send(cara, review, example()))
    before = list(Study.history.values_list("history_id", flat=True))

    again = send(cara, review, example())

    assert again.status == Status.PREVIEWED
    assert not told_of(again).changes_something
    with pytest.raises(ValidationError, match="Nothing would change"):
        confirm(by=cara, upload=again)
    assert list(Study.history.values_list("history_id", flat=True)) == before


def test_difference_is_told_column_by_column():
    review, cara = make_team()
    confirm(by=cara, upload=send(cara, review, example()))

    told = told_of(send(cara, review, example(("arm_results.csv", "38,7.4,1.1", "37,7.4,1.2"))))

    (change,) = told.of_fate(Fate.UPDATED)
    assert change.differences == (Difference("n", "38", "37"), Difference("sd", "1.1", "1.2"))
    assert told.promise() == "Change 1 row"


def test_evidence_that_changed_since_the_preview_is_shown_again_and_nothing_is_written():
    review, cara = make_team()
    upload = send(cara, review, example())
    make_study(review, code="Ito_2001", label="Somebody was quicker")

    upload = confirm(by=cara, upload=upload)

    assert (upload.status, upload.said) == (Status.PREVIEWED, CHANGED)
    assert upload.confirmed_by is None
    assert Study.objects.get().label == "Somebody was quicker"
    (change,) = told_of(upload).of_fate(Fate.UPDATED)
    assert Difference("label", "Somebody was quicker", "Ito 2001") in change.differences

    assert confirm(by=cara, upload=upload).status == Status.LOADED
    assert Study.objects.get(code="Ito_2001").label == "Ito 2001"


def test_rows_of_others_that_the_file_does_not_touch_ask_nobody_again():
    review, cara = make_team()
    upload = send(cara, review, example())
    make_study(review, code="Other_2020")

    assert confirm(by=cara, upload=upload).status == Status.LOADED


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no archive at all", "no zip archive"),
        (example()[:900], "cut or damaged"),
        (b"%PDF-1.7", "is a PDF"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_a_sentence(content, says):
    review, cara = make_team()
    upload = send(cara, review, content)
    assert upload.status == Status.REFUSED
    (problem,) = told_of(upload).problems
    assert says in problem.sentence
    with pytest.raises(ValidationError, match="not waiting for a confirmation"):
        confirm(by=cara, upload=upload)


def test_failure_in_the_middle_leaves_nothing_and_can_be_begun_again(monkeypatch):
    review, cara = make_team()
    upload = send(cara, review, example())

    def break_off(request: Any) -> Any:
        make_study(review, code="Half")
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setitem(FORMATS, FORMAT.code, replaced(break_off))
        with pytest.raises(RuntimeError):
            confirm(by=cara, upload=upload)
    upload.refresh_from_db()
    assert (upload.status, upload.said) == (Status.FAILED, BROKE_OFF)
    assert Study.objects.count() == 0

    upload = start_again(by=cara, upload=upload)
    assert (upload.status, upload.attempt) == (Status.PREVIEWED, 2)
    assert confirm(by=cara, upload=upload).status == Status.LOADED


def replaced(load: Any) -> Any:
    """Give the format with another way of loading."""
    return replace(FORMAT, load=load)


def test_database_that_is_busy_is_told_as_such(monkeypatch):
    review, cara = make_team()

    def be_locked(request: Any) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setitem(FORMATS, FORMAT.code, replaced(be_locked))
    with pytest.raises(OperationalError):
        send(cara, review, example())
    assert Upload.objects.get().said == DATABASE


def test_who_lost_their_role_meanwhile_writes_nothing():
    review, cara = make_team()
    upload = send(cara, review, example())
    upload.status, upload.confirmed_at, upload.confirmed_by = Status.WAITING, timezone.now(), cara
    upload.save()
    cara.memberships.all()[0].delete()

    work(upload.pk)

    upload.refresh_from_db()
    assert upload.status == Status.FAILED
    assert "may not change the consensus" in upload.said
    assert Study.objects.count() == 0


def test_upload_that_was_taken_over_is_not_written_by_the_one_who_was_late(monkeypatch):
    review, cara = make_team()
    upload = send(cara, review, example())

    def be_late(request: Any) -> Any:
        result = folder_zip.load(request)
        Upload.objects.filter(pk=upload.pk).update(attempt=7)
        return result

    with monkeypatch.context() as patch:
        patch.setitem(FORMATS, FORMAT.code, replaced(be_late))
        confirm(by=cara, upload=upload)

    assert Study.objects.count() == 0
    assert not Upload.objects.filter(status=Status.LOADED).exists()


def test_work_is_done_once():
    review, cara = make_team()
    upload = confirm(by=cara, upload=send(cara, review, example()))
    work(upload.pk)
    assert Upload.objects.get().status == Status.LOADED
    assert ChangeBatch.objects.count() == 1


def silent(upload: Upload, seconds: float) -> None:
    """Let the last sign of life lie back."""
    past = time.time() - seconds
    os.utime(progress_path(upload), (past, past))


def test_process_that_is_silent_is_taken_for_lost_and_only_then_begun_again():
    review, cara = make_team()
    upload = send(cara, review, example())
    upload.status = Status.READING
    upload.save()

    silent(upload, settings.UPLOAD_PATIENCE_SECONDS / 2)
    assert not stage_of(upload).is_lost
    for deed in (start_again, discard):
        with pytest.raises(ValidationError, match="being read or saved"):
            deed(by=cara, upload=upload)

    silent(upload, settings.UPLOAD_PATIENCE_SECONDS + 1)
    assert stage_of(upload).is_lost
    assert start_again(by=cara, upload=upload).status == Status.PREVIEWED


def test_discarded_file_is_deleted():
    review, cara = make_team()
    upload = send(cara, review, example())
    path = path_of(upload)
    assert path.is_file()
    assert path.name != upload.name

    upload = discard(by=cara, upload=upload)

    assert upload.status == Status.DISCARDED
    assert not path.exists()
    assert not path.with_suffix(".progress").exists()
    with pytest.raises(ValidationError, match="send it again"):
        start_again(by=cara, upload=upload)


def test_loaded_is_not_discarded():
    review, cara = make_team()
    upload = confirm(by=cara, upload=send(cara, review, example()))
    with pytest.raises(ValidationError, match="undo the act"):
        discard(by=cara, upload=upload)


def test_old_files_are_deleted_and_what_was_loaded_stays():
    review, cara = make_team()
    loaded = confirm(by=cara, upload=send(cara, review, example()))
    waiting = send(cara, review, example(("studies.csv", "Ito 2003", "Ito 2004")))
    paths = [path_of(loaded), path_of(waiting)]
    assert clear_old() == 0

    long_ago = timezone.now() - timedelta(days=settings.UPLOAD_KEEP_DAYS + 1)
    Upload.objects.update(made_at=long_ago)
    assert clear_old() == 2

    assert [path.exists() for path in paths] == [False, False]
    assert set(Upload.objects.values_list("status", flat=True)) == {Status.LOADED, Status.DISCARDED}
    assert Study.objects.count() == 3


def test_traces_that_belong_to_no_upload_are_deleted_after_a_day():
    review, cara = make_team()
    kept = path_of(send(cara, review, example()))
    old, young = folder() / "ab12.progress", folder() / "cd34.zip"
    past = time.time() - 2 * 24 * 3600
    for path in (old, young):
        path.write_bytes(b"x")
    for path in (old, kept):
        os.utime(path, (past, past))

    clear_old()

    assert (old.exists(), young.exists(), kept.exists()) == (False, True, True)
    young.unlink()


def test_file_that_is_gone_is_said():
    review, cara = make_team()
    upload = send(cara, review, example())
    path_of(upload).unlink()
    upload = start_again(by=cara, upload=upload)
    assert (upload.status, upload.said) == (Status.FAILED, GONE)


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_who_may_not_change_the_consensus_may_nothing_here(role):
    review, cara = make_team()
    upload = send(cara, review, example())
    other = make_membership(review, make_user(), role).user
    for deed in (confirm, discard, start_again):
        with pytest.raises(NotAllowed):
            deed(by=other, upload=upload)
    with pytest.raises(NotAllowed):
        send(other, review, example())
    assert Study.objects.count() == 0


def test_stored_preview_says_the_same_when_it_is_read_back():
    review, cara = make_team()
    told = told_of(send(cara, review, example(BROKEN)))
    assert type(told).from_text(told.as_text()) == told
    assert json.loads(told.as_text())["rows"]["studies.csv"]["new"] == 3


def test_upload_is_seen_by_members_of_its_review_only():
    own, foreign = make_upload(), make_upload()
    member = make_membership(own.review, role="viewer").user
    assert list(Upload.objects.visible_to(member)) == [own]
    assert foreign.owning_review != own.owning_review


def test_preview_of_a_file_leaves_no_folder_behind(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    review, cara = make_team()
    assert send(cara, review, example()).status == Status.PREVIEWED
    assert list(tmp_path.iterdir()) == []


def test_row_of_the_file_that_somebody_changed_meanwhile_is_asked_about():
    review, cara = make_team()
    confirm(by=cara, upload=send(cara, review, example()))
    upload = send(cara, review, example(("studies.csv", "Ito 2003", "Ito 2004")))
    study = Study.objects.get(code="Müller_2010")
    study.note = "another note"
    record(by=cara, row=study)

    upload = confirm(by=cara, upload=upload)

    assert (upload.status, upload.said) == (Status.PREVIEWED, CHANGED)
    assert Study.objects.get(code="Ito_2003").label == "Ito 2003"
