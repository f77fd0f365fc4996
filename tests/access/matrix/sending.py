"""What is sent to addresses that answer nothing to an empty form, and which rows some of them need."""

from typing import Any

from django.db.models import QuerySet

from evidence.models import ExtractionPolicy, ScreeningState
from tests import factories, screening_factories
from tests.analysis.test_admin_world import World
from tests.browser.pages import judge, read

SCREENING = "admin/evidence/record/screening/<slug:slug>"
BOARD = "admin/evidence/adjudication/board/<slug:slug>"


def what_is_sent(world: World) -> dict[str, dict[str, Any]]:
    """Give what a page sends to these routes, beside what is sent to all."""
    review = world.review
    record = screening_factories.make_record(review)
    assert ScreeningState.objects.filter(record=record, stage="title_abstract").exists()
    reading = factories.make_extraction(factories.make_study(review), consensus=False, reviewer=world.owner)
    about_record = {"record": record.pk, "stage": "title_abstract", "answer": "include"}
    return {
        f"{SCREENING}/queue/<slug:stage>/": about_record,
        f"{SCREENING}/conflicts/<slug:stage>/": about_record,
        f"{SCREENING}/records/": about_record,
        f"{SCREENING}/record/<int:pk>/": {"act": "answer", **about_record},
        f"{SCREENING}/duplicates/": {"answer": "look"},
        "admin/evidence/studypair/of/<slug:slug>/": {"answer": "undo"},
        f"{BOARD}/release/": {"extraction": reading.pk},
        "admin/analysis/planevent/ledger/<slug:slug>/<slug:act>/": {"analysis": review.analyses.first().slug},
        "admin/analysis/paper/<int:pk>/act/<slug:act>/": {"code": review.papers.first().claims.first().code},
    }


def keys_at(world: World) -> dict[tuple[str, str], int]:
    """Give the keys of rows that some routes need, by route and part: of a study that two readers read and assessed.

    The two are nobody else of the walk, so that the roles are seen as they are, beside no work of their own.
    """
    review, readers = world.review, [factories.make_user(), factories.make_user()]
    for reader in readers:
        factories.make_membership(review, reader, "reviewer")
    QuerySet.update(ExtractionPolicy.objects.filter(review=review), readers=ExtractionPolicy.Readers.DUAL)
    world.client("adjudicator")
    adjudicator = world.people["adjudicator"]
    consensus, _ = judge(adjudicator, factories.make_study(review), *readers)
    study = read(world, adjudicator, *readers)
    parts = ("", "arms/", "equal/", "build/")
    keys = {(f"admin/evidence/adjudication/study/<int:study_id>/{part}", "study_id"): study.pk for part in parts}
    return {**keys, ("admin/evidence/assessment/<int:pk>/settle/", "pk"): consensus}
