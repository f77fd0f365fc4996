"""A review in which every page has something to show, and the addresses of its pages."""

import os
import time
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse

from access.models import Attempt
from access.services.inviting import invite
from access.services.locking import begin_attempt, fail
from analysis.models import Run, Snapshot
from analysis.services import publish, sign_off
from evidence.models import Upload
from evidence.services import begin_adjudication, start_assessment, submit_assessment
from evidence.services.screening import answer_pair
from evidence.uploading import confirm
from evidence.uploading.keeping import progress_path
from evidence.uploading.working import BROKE_OFF
from tests import factories
from tests.access.people import give_step, make_person
from tests.analysis.test_admin_ledger import world_with_rule
from tests.analysis.test_admin_world import World
from tests.claims.test_papers import make_paper
from tests.evidence.extraction.trial import Trial, read_as
from tests.evidence.risk_of_bias.world import LOW, OTHER, answer
from tests.evidence.test_admin_lists import MAKERS
from tests.evidence.uploading.folders import of_review, send
from tests.screening_factories import make_doubtful_pair, make_reason, make_records, settle


def make_pages(world: World | None = None) -> tuple[User, dict[str, str]]:
    """Make a review in which every page has something to show; give its adjudicator, and the pages by name."""
    world = world or world_with_rule()
    world.add_studies(3)
    adjudicator, anna, ben = (
        factories.make_membership(world.review, factories.make_user(name), role).user
        for name, role in (("cleo", "adjudicator"), ("anna", "reviewer"), ("ben", "reviewer"))
    )
    analysis = world.analysis()
    world.snapshot(analysis)
    world.add_studies(1)
    snapshot = world.snapshot(analysis)
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked against the reports.")
    publish(by=world.owner, snapshot=snapshot, note="The first version.", is_confirmed=True)
    record = screen(world, anna, ben)
    study = read(world, adjudicator, anna, ben)
    assessments = judge(adjudicator, study, anna, ben)
    of = pages_of_evidence(world, record, study, *assessments) | pages_of_analyses(world, snapshot, study)
    of |= pages_of_files(world, adjudicator) | pages_of_accounts(world)
    put_in_doubt(world, adjudicator)
    return adjudicator, {name: reverse(f"admin:{page}", args=args) for name, (page, *args) in of.items()}


def pages_of_evidence(world: World, record: int, study: Any, consensus: int, own: int) -> dict[str, tuple[Any, ...]]:
    """Give the pages of a review, of screening, extraction and risk of bias, as names of addresses with their parts."""
    slug, review = world.review.slug, world.review.pk
    return {
        "start": ("index",),
        "home": ("analysis_home", slug),
        "review": ("evidence_review_change", review),
        "screening board": ("evidence_screening_board", slug),
        "screening queue": ("evidence_screening_queue", slug, "title_abstract"),
        "conflicts": ("evidence_screening_conflicts", slug, "title_abstract"),
        "records": ("evidence_screening_records", slug),
        "record": ("evidence_screening_record", slug, record),
        "adding records": ("evidence_screening_add", slug),
        "flow of records": ("evidence_screening_flow", slug),
        "possible duplicates": ("evidence_screening_duplicates", slug),
        "one trial or two": ("evidence_companions", slug),
        "extraction board": ("evidence_extraction_board", slug),
        "form": ("evidence_extractionform_review", slug),
        "compare": ("evidence_compare", study.pk),
        "questions to authors": ("evidence_authorcontact_study", study.pk),
        "study": ("evidence_study_change", study.pk),
        "study, own extraction": ("evidence_study_add",),
        "start an assessment": ("evidence_assessment_start", study.pk),
        "assess": ("evidence_assessment_assess", own),
        "settle": ("evidence_assessment_settle", consensus),
        "progress": ("evidence_progress", slug),
        "doubts": ("evidence_doubts", slug),
        "as of a date": ("evidence_review_as_of", review),
    }


def pages_of_analyses(world: World, snapshot: Snapshot, study: Any) -> dict[str, tuple[Any, ...]]:
    """Give the pages of analyses, of their snapshots and of the plan, as names of addresses with their parts."""
    slug, review = world.review.slug, world.review.pk
    paper = make_paper(world)
    return {
        "papers": ("analysis_papers", slug),
        "claims of a paper": ("analysis_paper_claims", paper.pk),
        "report on a paper": ("analysis_paper_report", paper.pk),
        "bring claims in": ("analysis_paper_bring", paper.pk),
        "analysis": ("analysis_analysis_change", snapshot.analysis_id),
        "snapshot": ("analysis_snapshot_change", snapshot.pk),
        "side by side": ("analysis_side_by_side", snapshot.analysis_id),
        "study for readers": ("analysis_study", study.pk),
        "pooled study for readers": ("analysis_study", world.review.studies.order_by("pk")[0].pk),
        "what moved": ("analysis_snapshot_explain", snapshot.pk),
        "run": ("analysis_run_change", snapshot.runs.get(plugin="pooling").pk),
        "evidence profile": ("analysis_ratingpolicy_profile", review),
        "summary of findings": ("analysis_ratingpolicy_summary", review),
        "wording of findings": ("analysis_findingswording_word", snapshot.analysis_id),
        "order of the queue": ("analysis_priority", slug),
        "living": ("analysis_living", slug),
        "ledger": ("analysis_ledger", slug),
        "agreement on screening": ("analysis_agreement_work", slug, "screening"),
        "agreement on extraction": ("analysis_agreement_work", slug, "extraction"),
    }


def pages_of_files(world: World, adjudicator: User) -> dict[str, tuple[Any, ...]]:
    """Bring files in, up to each state; give the pages of files, as names of addresses with their parts."""
    review, known = world.review, world.review.studies.order_by("pk")[0]
    loaded = confirm(by=adjudicator, upload=send(adjudicator, review, of_review(review, "Cole_2020,Cole 2020,2020")))
    lines = (f"{known.code},{known.label},1999", "Dahl_2021,Dahl 2021,2021", "Evans_1,Evans,1200")
    previewed, working, failed = (send(adjudicator, review, of_review(review, *lines)) for _ in range(3))
    refused = send(adjudicator, review, b"no archive", "notes.zip")
    states = Upload.Status
    for upload, status in ((working, states.READING), (failed, states.FAILED)):
        upload.status, upload.said = status, BROKE_OFF if status == states.FAILED else ""
        upload.save()
    # It is heard of for as long as the tests may take.
    tomorrow = time.time() + 24 * 3600
    progress_path(working).write_text('{"done": 120, "of": 300, "what": "studies.csv"}')
    os.utime(progress_path(working), (tomorrow, tomorrow))
    return {
        "imports": ("evidence_upload_list", review.slug),
        "kinds of files": ("evidence_upload_formats", review.slug),
        "send a file": ("evidence_upload_send", review.slug, "review-folder"),
        "send references": ("evidence_upload_send", review.slug, "references"),
        "send an extraction table": ("evidence_upload_send", review.slug, "extraction-table"),
        "preview of an import": ("evidence_upload_page", previewed.pk),
        "import at work": ("evidence_upload_page", working.pk),
        "import that failed": ("evidence_upload_page", failed.pk),
        "import that is loaded": ("evidence_upload_page", loaded.pk),
        "import that is refused": ("evidence_upload_page", refused.pk),
        "act of an import": ("evidence_changebatch_change", loaded.act_id),
        "take out": ("evidence_upload_out", review.slug),
    }


def pages_of_accounts(world: World) -> dict[str, tuple[Any, ...]]:
    """Invite somebody, let somebody fail to sign in, give a person a second step; give the pages of one's account."""
    invite(by=world.owner, review=world.review, email="dora.falkenstein@hospital.example.org", role="reviewer")
    fail(begin_attempt(Attempt.Door.PASSWORD, "somebody"))
    give_step(make_person("fritz"))
    return {
        "account": ("account",),
        "setting up the second step": ("second_step",),
        "changing the password": ("password_change",),
    }


def pages_of_tables() -> dict[str, str]:
    """Give the list of every table, the form to add a row, and the form and the history of its first row."""
    found = {}
    for model in admin.site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        if app not in ("evidence", "analysis", "access"):
            continue
        row = model._default_manager.order_by("pk").first()
        pages: list[tuple[str, list[Any]]] = [("changelist", []), ("add", [])]
        pages += [("change", [row.pk]), ("history", [row.pk])] if row is not None else []
        for page, args in pages:
            found[f"{model._meta.label} {page}"] = reverse(f"admin:{app}_{name}_{page}", args=args)
    return found


def public_pages() -> dict[str, str]:
    """Give the pages that everybody may read: the log-in, and the oldest and newest published snapshot."""
    published = Snapshot.objects.filter(publication__isnull=False).select_related("analysis__review").order_by("pk")
    first, last = published.first(), published.last()
    assert first is not None
    assert last is not None
    found = {"log in": reverse("admin:login")}
    for name, row in (("published, the first", first), ("published, the last", last)):
        found[name] = reverse("published", args=[row.analysis.review.slug, row.analysis.slug, row.number])
    return found


def screen(world: World, *readers: User) -> int:
    """Let two readers agree on a record and differ in another; give the key of a third, which waits."""
    make_reason(world.review, name="wrong population")
    records = make_records(world.review, 4, by=world.owner, abstract="We randomised 80 people with pain.")
    settle(records[0], "include", list(readers))
    for reader, said in zip(readers, ("include", "exclude"), strict=True):
        settle(records[1], said, [reader])
    return records[0].pk


def read(world: World, adjudicator: User, anna: User, ben: User) -> Any:
    """Let two readers extract a study with differences; give the study."""
    nrs = world.instrument
    trial = Trial(
        review=world.review,
        study=factories.make_study(world.review, label="Aasa 2015"),
        nrs=nrs,
        rmdq=factories.make_instrument(nrs.outcome, name="RMDQ", code="rmdq", scale_max=24),
        usual=world.comparator,
        exercise=factories.make_component_type(world.review, name="Motor control"),
        age=factories.make_characteristic_field(world.review, name="Mean age", unit="years"),
        setting=factories.make_characteristic_field(
            world.review, name="Setting", kind="choice", choices="Primary care\nHospital"
        ),
        anna=anna,
        ben=ben,
        cara=adjudicator,
        owner=world.owner,
    )
    read_as(trial, anna)
    read_as(trial, ben, sd="0.3", rmdq="17.9", setting="Hospital")
    return trial.study


def judge(adjudicator: User, study: Any, *readers: User) -> tuple[int, int]:
    """Let two readers assess a study with differences; give the consensus in work, and one of another study."""
    rows = []
    for reader, answers in zip(readers, (LOW, OTHER), strict=True):
        row = start_assessment(by=reader, study=study, tool="rob2", effect="assignment")
        rows.append(submit_assessment(by=reader, assessment=answer(reader, row, answers)))
    consensus = begin_adjudication(by=adjudicator, first=rows[0], second=rows[1])
    other = factories.make_study(study.review, label="Berg 2016")
    own = start_assessment(by=adjudicator, study=other, tool="rob2", effect="assignment")
    return consensus.pk, answer(adjudicator, own, {"1.1": "Y", "2.1": "Y"}).pk


def put_in_doubt(world: World, adjudicator: User) -> None:
    """Let a pair of records wait and one be answered, two studies look like one trial, and a mean be impossible."""
    make_doubtful_pair(world.review)
    answer_pair(by=adjudicator, pair=make_doubtful_pair(world.review), answer="distinct")
    for year in (2001, 2003):
        factories.make_study(world.review, label=f"Fritz {year}", year=year, registration="NCT01362049")
    stepped = factories.make_instrument(world.instrument.outcome, name="PSFS", scale_max=10, score_step=1)
    arm = factories.make_arm(factories.make_extraction(factories.make_study(world.review, label="Garcia 2004")))
    factories.make_arm_result(arm, stepped, n=28, mean=Decimal("5.19"), sd=None, week=12)


def complete(world: World) -> None:
    """Make a row of every table of evidence that has none yet, and let all pooled results be whole."""
    for model in apps.get_app_config("evidence").get_models():
        make = MAKERS.get(str(model._meta.model_name))
        if make is not None and not model._default_manager.exists():
            make(world.review)
    # The snapshots that notices are about are stored without computing; pages that read them need a whole result.
    pooling = Run.objects.filter(plugin="pooling").order_by("pk")
    QuerySet.update(pooling.exclude(result__contains='"k":'), result=pooling[0].result)
