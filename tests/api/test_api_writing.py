"""Writing: through the services, from a known version, once for each key, many at a time, and as jobs."""

import json

import pytest
from django.db import transaction

from analysis import dispatching, tasks
from analysis.models import Refresh, Run, Snapshot
from evidence.models import (
    Arm,
    ArmResult,
    ChangeBatch,
    Extraction,
    Judgement,
    Outcome,
    Record,
    Review,
    ScreeningDecision,
    Study,
)
from evidence.services import undo
from tests import factories, screening_factories
from tests.analysis.builders import make_small_review
from tests.api.programs import member_program, program_of, says

pytestmark = pytest.mark.django_db


def test_study_is_made_changed_and_removed_with_its_history():
    review = factories.make_review()
    program = member_program(review, "reviewer")
    sent = {"review": review.slug, "code": "Aasa_2015", "label": " Aasa 2015 ", "year": 2015}
    made = program.post("studies/", sent)
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["label"], row["design"], row["year"]) == ("Aasa 2015", "rct", 2015)
    path = f"studies/{row['id']}/"
    assert made["Location"].endswith(path)
    assert made["ETag"] == program.get(path)["ETag"]
    changed = program.patch(path, {"year": "2016", "registration": "NCT01362049"})
    assert changed.status_code == 200, changed.content
    assert changed.json()["year"] == 2016
    entries = program.get(f"{path}history/").json()["results"]
    assert [(one["kind"], one["by"], one["door"], one["values"]["year"]) for one in entries] == [
        ("changed", program.person.username, "api", 2016),
        ("created", program.person.username, "api", 2015),
    ]
    assert program.patch(path, {"year": 2016}).status_code == 200
    assert Study.history.count() == 2  # the same again changes nothing
    assert program.delete(path).status_code == 204
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"label": None}, "label", "Label is missing."),
        ({"label": "  "}, "label", "Label is missing."),
        ({"label": 7}, "label", "must be text"),
        ({"label": ["a"]}, "label", "must be one value"),
        ({"label": "x" * 200}, "label", "at most 120"),
        ({"label": "a\x00b"}, "label", "Null characters"),
        ({"year": "soon"}, "year", "Year must be a whole number"),
        ({"year": 2015.5}, "year", "Year must be a whole number"),
        ({"year": True}, "year", "Year must be a whole number"),
        ({"year": 10**40}, "year", "less than or equal"),
        ({"year": 1500}, "year", "between 1900 and 2100"),
        ({"design": "guesswork"}, "design", "not one of the choices"),
        ({"companion_of": 10**17}, "companion_of", "is not"),
        ({"companion_of": "'; DROP TABLE"}, "companion_of", "is not"),
        ({"code": "Taken"}, "", "already has a study with this short name"),
        ({"yeer": 1}, "yeer", "not something that can be sent"),
        ({"id": 1}, "id", "not something that can be sent"),
        ({"review": "nonsense"}, "review", "is not a review"),
    ],
)
def test_study_that_breaks_a_rule_is_refused_in_the_sentences_of_the_pages(sent, field, sentence):
    review = factories.make_review()
    factories.make_study(review, code="Taken")
    program = member_program(review, "reviewer")
    response = program.post("studies/", {"review": review.slug, "code": "B", "label": "B", **sent})
    assert response.status_code == 422, response.content
    assert sentence in says(response)
    assert field in {one["field"] for one in response.json()["errors"]}
    assert Study.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *(("", 422), ("{", 400), ("[]", 422), ('"x"', 422), ("null", 422), ('{"label": NaN}', 400), ("\xff", 400)),
        *(("[" * 5000 + "]" * 5000, 400), ('{"label": "\\ud800"}', 400), ('{"label": 1, "label": 2}', 400)),
        ('{"note": "' + "x" * 5_000_000 + '"}', 413),
        ('{"year": ' + "9" * 5000 + "}", 400),
    ],
)
def test_body_that_cannot_be_read_is_refused(body, status):
    program = member_program(factories.make_review())
    raw = body.encode("latin-1")
    response = program.ask("POST", "studies/", raw)
    assert response.status_code == status, response.content
    assert says(response)
    assert program.client.post("/api/v1/studies/", {"a": 1}, headers=program.headers).status_code == 415


def test_change_needs_the_version_and_a_stale_one_shows_both():
    study = factories.make_study(label="Aasa")
    program, other = (member_program(study.review, "reviewer") for _ in range(2))
    path = f"studies/{study.pk}/"
    seen = program.get(path)["ETag"]
    missing = program.ask("PATCH", path, {"label": "Mine"})
    assert missing.status_code == 428
    assert "If-Match" in says(missing)
    assert program.ask("DELETE", path).status_code == 428
    assert other.patch(path, {"label": "Theirs"}).status_code == 200
    stale = program.patch(path, {"label": "Mine"}, seen)
    assert stale.status_code == 412
    sentence = says(stale)
    assert f"{other.person} changed this study" in sentence
    assert "theirs “Theirs”, yours “Mine”" in sentence
    body = stale.json()
    assert (body["current"]["label"], body["yours"]) == ("Theirs", {"label": "Mine"})
    assert program.ask("DELETE", path, If_Match=seen).status_code == 412
    assert program.ask("PATCH", path, {"label": "Mine"}, If_Match="*").status_code == 412
    assert program.patch(path, {"label": "Mine"}, body["etag"]).status_code == 200
    assert Study.objects.get().label == "Mine"


def test_request_that_is_sent_twice_is_done_once():
    review = factories.make_review()
    program, other = (member_program(review, "reviewer") for _ in range(2))
    sent = {"review": review.slug, "code": "A", "label": "A"}
    first, again = (program.post("studies/", sent, Idempotency_Key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert Study.objects.count() == 1
    other_body = program.post("studies/", {**sent, "code": "B"}, Idempotency_Key="k-1")
    assert other_body.status_code == 422
    assert "another request" in says(other_body)
    theirs = other.post("studies/", {**sent, "code": "C"}, Idempotency_Key="k-1")
    assert theirs.status_code == 201
    refused = program.post("studies/", {**sent, "label": ""}, Idempotency_Key="k-2")
    assert refused.status_code == 422
    assert program.post("studies/", {**sent, "code": "D"}, Idempotency_Key="k-2").status_code == 201
    assert program.post("studies/", sent, Idempotency_Key="x" * 300).status_code == 400
    program.person.memberships.all().delete()
    assert program.post("studies/", sent, Idempotency_Key="k-1").status_code == 403


def test_many_rows_are_one_act_and_those_that_break_a_rule_are_named():
    review, elsewhere = factories.make_review(), factories.make_review()
    program = member_program(review, "owner")
    factories.make_membership(elsewhere, program.person, "owner")
    rows = [
        {"code": "A", "label": "A"},
        {"code": "A", "label": "A again"},
        {"code": "B", "label": "B", "year": 1},
        {"code": "C", "label": "C", "review": elsewhere.slug},
        "nonsense",
        {"code": "D", "label": "D"},
    ]
    done = program.post("studies/bulk/", {"review": review.slug, "rows": rows}, Idempotency_Key="b").json()
    assert [one["status"] for one in done["results"]] == [201, 422, 422, 422, 422, 201]
    assert (done["created"], done["refused"]) == (2, 4)
    assert "already has a study" in done["results"][1]["errors"][0]["says"]
    assert "another review" in done["results"][3]["errors"][0]["says"]
    assert set(Study.objects.values_list("code", flat=True)) == {"A", "D"}
    assert program.post("studies/bulk/", {"review": review.slug, "rows": rows}, Idempotency_Key="b").json() == done
    batch = ChangeBatch.objects.get(pk=done["act"])
    assert batch.door == "api"
    undo(by=program.person, batch=batch, reason="A wrong table.")
    assert not Study.objects.exists()
    nothing = program.post("studies/bulk/", {"review": review.slug, "rows": ["x"]}).json()
    assert nothing["act"] is None
    assert ChangeBatch.objects.count() <= 2
    for odd in ({}, {"review": review.slug, "rows": []}, {"review": review.slug, "rows": [{}] * 501}, []):
        assert program.post("studies/bulk/", odd).status_code == 422
    assert program.post("studies/bulk/", {"review": "nonsense", "rows": [{}]}).status_code == 403


def test_whole_study_goes_in_by_a_program():
    review = factories.make_review()
    kind = factories.make_comparator_type(review)
    program = member_program(review, "reviewer")

    def new(path, **sent):
        response = program.post(path, sent)
        assert response.status_code == 201, response.content
        return response.json()["id"]

    scale = {"direction": "lower", "scale_min": 0, "scale_max": "10"}
    outcome = new("outcomes/", review=review.slug, code="pain", name="Pain", **scale)
    new("windows/", outcome=outcome, code="short", name="Short", target_week=12, from_week=6, to_week=18)
    nrs = new("instruments/", outcome=outcome, code="nrs", name="NRS", **scale)
    study = new("studies/", review=review.slug, code="A", label="A")
    new("reports/", study=study, citation="A. A trial.", is_primary=True)
    reading = new("extractions/", study=study)
    one = new("arms/", extraction=reading, number=1, label="Exercise", role="experimental", n_randomised=50)
    two = new("arms/", extraction=reading, number=2, label="Usual", role="comparator", comparator_type=kind.pk)
    for arm, mean in ((one, 3.25), (two, "4.1")):
        new("arm-results/", arm=arm, instrument=nrs, week=12, n=50, mean=mean, sd=1.5)
    new("contrast-results/", extraction=reading, first_arm=one, second_arm=two, instrument=nrs, week=12, estimate=-0.85)
    assert [row["mean"] for row in program.rows("arm-results/?ordering=id")] == [3.25, 4.1]
    wrong = program.post("arm-results/", {"arm": one, "instrument": nrs, "week": 4, "mean": 12})
    assert "If the report really prints this" in says(wrong) or "printed so" in says(wrong)
    done = program.post(f"extractions/{reading}/complete/")
    assert done.json()["status"] == "complete"
    closed = program.patch(f"arms/{one}/", {"label": "Other"})
    assert closed.status_code == 403
    assert "reopen it" in says(closed)
    assert program.post(f"extractions/{reading}/reopen/", {"reason": "A typing error."}).json()["status"] == "draft"
    assert program.patch(f"arms/{one}/", {"label": "Other"}).status_code == 200
    moved = program.patch(f"arms/{one}/", {"extraction": factories.make_extraction(Study.objects.get()).pk})
    assert moved.status_code == 422
    assert Outcome.objects.get().code == "pain"


def test_another_readers_rows_are_not_written():
    study = factories.make_study()
    reading = factories.make_extraction(study, consensus=False)
    program = member_program(study.review, "adjudicator")
    response = program.post("arms/", {"extraction": reading.pk, "number": 1, "label": "X", "role": "experimental"})
    assert response.status_code == 422  # not among what the person may choose
    assert not Arm.objects.exists()


def test_row_that_others_need_is_kept():
    outcome = factories.make_instrument().outcome
    program = member_program(outcome.review, "owner")
    response = program.delete(f"outcomes/{outcome.pk}/")
    assert response.status_code == 409
    assert "still used" in says(response)


def test_judgements_follow_the_tool_and_are_the_readers_own():
    study = factories.make_study()
    program, other = (member_program(study.review, "reviewer") for _ in range(2))
    made = program.post("assessments/", {"study": study.pk, "tool": "rob2", "effect": "assignment"})
    assert made.status_code == 201, made.content
    path = f"assessments/{made.json()['id']}/"
    judged = program.patch(path, {"judgements": {"randomisation": {"judgement": "high", "justification": "No list."}}})
    assert judged.status_code == 200, judged.content
    assert Judgement.objects.get(domain="randomisation").judgement == "high"
    for odd in (None, {}, {"randomisation": 3}, {"moon": {"judgement": "low"}}, {"randomisation": {"moon": 1}}):
        assert program.patch(path, {"judgements": odd}).status_code == 422
    assert program.patch(path, {"judgements": {"randomisation": {"judgement": ""}}}).status_code == 422
    submitted = program.post(f"{path}submit/")
    assert submitted.status_code == 422
    assert "answer question" in says(submitted)
    assert other.get(path).status_code == 404
    assert program.post("assessments/", {"study": study.pk}).status_code == 422
    assert program.post("assessments/", {"study": True, "tool": "rob2"}).status_code == 422


def test_screening_decision_is_blinded_and_goes_through_the_queues_rules():
    record = screening_factories.make_record()
    reason = screening_factories.make_reason(record.review)
    first, second, third = (member_program(record.review, "reviewer") for _ in range(3))
    sent = {"record": record.pk, "stage": "title_abstract", "answer": "include"}
    made = first.post("screening-decisions/", sent, Idempotency_Key="d")
    assert made.status_code == 201, made.content
    assert first.post("screening-decisions/", sent).json()["id"] == made.json()["id"]
    decision = ScreeningDecision.objects.get()
    assert (decision.door, decision.decided_by) == ("api", first.person)
    assert second.get(f"screening-decisions/{decision.pk}/").status_code == 404
    without = second.post("screening-decisions/", {**sent, "answer": "exclude", "stage": "full_text"})
    assert without.status_code == 422
    assert second.post("screening-decisions/", {**sent, "answer": "exclude", "reason": reason.pk}).status_code == 201
    late = third.post("screening-decisions/", sent)
    assert "answered by all" in says(late)
    for odd in ({"record": -1}, {"record": "x"}, {"stage": None}, {"answer": ""}, {"reason": 10**17}, {"moon": 1}):
        assert first.post("screening-decisions/", {**sent, **odd}).status_code == 422
    assert member_program(record.review, "viewer").post("screening-decisions/", sent).status_code == 403


def test_record_is_corrected_through_its_service():
    record = screening_factories.make_record()
    program = member_program(record.review, "reviewer")
    assert program.patch(f"records/{record.pk}/", {"doi": "https://doi.org/10.1/AB"}).json()["doi"] == "10.1/ab"
    assert program.rows("records/?search=10.1")[0]["id"] == record.pk
    assert program.post("records/").status_code == 405
    assert Record.objects.count() == 1


def test_review_is_started_and_owned():
    program = program_of(factories.make_user())
    made = program.post("reviews/", {"slug": "mine", "title": "Mine"}, Idempotency_Key="r")
    assert made.status_code == 201, made.content
    assert Review.objects.get().memberships.get().role == "owner"
    assert program.patch(f"reviews/{made.json()['id']}/", {"status": "living"}).status_code == 200
    viewer = member_program(Review.objects.get(), "viewer")
    assert viewer.patch(f"reviews/{made.json()['id']}/", {"status": "protocol"}).status_code == 403


def test_job_is_done_at_once_without_workers():
    small = make_small_review()
    program = program_of(small.owner)
    analysis = small.analysis()
    made = program.post("jobs/", {"analysis": analysis.pk})
    assert made.status_code == 202, made.content
    job = made.json()
    assert (job["status"], job["progress"], job["outcome"]) == ("succeeded", 1.0, "new_snapshot")
    assert job["snapshot"] == Snapshot.objects.get().pk
    assert program.post("jobs/", {"analysis": analysis.pk}).json()["id"] == job["id"]
    assert "come to its end" in says(program.post(f"jobs/{job['id']}/cancel/"))
    assert program.post("jobs/", {"analysis": 10**17}).status_code == 422
    assert member_program(analysis.review, "reviewer").post("jobs/", {"analysis": analysis.pk}).status_code == 403


@pytest.fixture
def bells(monkeypatch, settings):
    """Let a broker be configured, and collect the messages instead of sending them."""
    settings.BROKER_URL = "redis://nowhere"
    rung: list[str] = []
    monkeypatch.setattr(dispatching, "_tell", lambda task, key, queue, run_key: rung.append(key))
    monkeypatch.setattr(transaction, "on_commit", lambda call, **options: call())
    return rung


def test_job_tells_its_progress_and_can_be_cancelled_and_asked_again(bells):
    small = make_small_review()
    program = program_of(small.owner)
    analysis = small.analysis()
    job = program.post("jobs/", {"analysis": analysis.pk}).json()
    assert (job["status"], job["progress"], job["snapshot"]) == ("queued", 0.0, None)
    tasks.compute_run(bells[0])
    tasks.advance_after(bells[0])
    half = program.get(f"jobs/{job['id']}/").json()
    assert half["status"] == "running"
    assert half["progress"] == pytest.approx(1 / 3)
    ended = program.post(f"jobs/{job['id']}/cancel/").json()
    assert ended["status"] == "cancelled"
    assert str(small.owner) in ended["says"]
    assert set(Run.objects.values_list("status", flat=True)) == {"succeeded", "failed"}
    assert tasks.compute_run(bells[1]) in (False, None)
    assert not Snapshot.objects.exists()
    again = program.post("jobs/", {"analysis": analysis.pk}).json()
    assert again["id"] != job["id"]
    assert again["status"] == "running"
    for _ in range(3):
        for key in list(bells):
            tasks.compute_run(key)
            tasks.advance_after(key)
    assert program.get(f"jobs/{again['id']}/").json()["status"] == "succeeded"


def test_run_that_another_job_waits_for_goes_on(bells):
    small = make_small_review()
    program = program_of(small.owner)
    first, second = small.analysis("one"), small.analysis("two")
    jobs = [program.post("jobs/", {"analysis": row.pk}).json() for row in (first, second)]
    assert Refresh.objects.count() == 2
    program.post(f"jobs/{jobs[0]['id']}/cancel/")
    assert set(Run.objects.values_list("status", flat=True)) == {"queued"}
    assert program.get(f"jobs/{jobs[1]['id']}/").json()["status"] == "queued"


def test_cell_of_a_spreadsheet_and_template_text_are_kept_as_text():
    study = factories.make_study()
    program = member_program(study.review, "reviewer")
    texts = ("=cmd|' /C calc'!A0", "{{ 7*7 }}", "<script>alert(1)</script>", "../../etc/passwd", "a\r\nSet-Cookie: x")
    for text in texts:
        assert program.patch(f"studies/{study.pk}/", {"note": text}).status_code == 200
        shown = program.get(f"studies/{study.pk}/")
        assert shown.json()["note"].replace("\r\n", "\n") == text.replace("\r\n", "\n")
        assert "Set-Cookie" not in shown.headers
    assert json.loads(shown.content)
    assert Extraction.objects.count() == ArmResult.objects.count() == 0


def test_text_is_as_long_as_it_was_sent():
    outcome = factories.make_outcome()
    program = member_program(outcome.review)
    longest = " " + "x" * 58 + " "
    response = program.patch(f"outcomes/{outcome.pk}/", {"unit": f"{longest} "})
    assert response.status_code == 422
    assert says(response) == "Unit has at most 60 characters; these are 61."
    assert program.patch(f"outcomes/{outcome.pk}/", {"unit": longest}).json()["unit"] == longest.strip()
    extraction = factories.make_extraction(factories.make_study(outcome.review))
    path = f"extractions/{extraction.pk}"
    assert program.post(f"{path}/complete/").status_code == 200
    response = program.post(f"{path}/reopen/", {"reason": "A slip." + " " * 74})
    assert says(response) == "“reason” has at most 80 characters; these are 81."
    assert program.post(f"{path}/reopen/", {"reason": "A slip." + " " * 73}).status_code == 200


def test_review_is_named_in_text():
    review = factories.make_review(slug="0")
    program = member_program(review, "owner")
    for word, sent in (
        ("studies", {"code": "New", "label": "New"}),
        ("webhooks", {"url": "https://hooks.example.org/"}),
    ):
        response = program.post(f"{word}/", {"review": 0, **sent})
        assert response.status_code == 422
        assert says(response) == "Review must be text."
        assert program.post(f"{word}/", {"review": "0", **sent}).status_code == 201
