"""What was frozen, computed or signed is never changed or deleted through the ORM."""

import pytest

from analysis.models import (
    AppendOnly,
    Certainty,
    Dataset,
    EligibilityRule,
    Freeze,
    IndependentRating,
    PlanClosure,
    PlanEvent,
    Publication,
    Refresh,
    Run,
    RunPart,
    SignOff,
    Snapshot,
    SnapshotRun,
    Waiver,
)
from analysis.services import close_plan, publish, rate_certainty, refresh, save_rule, sign_off, waive
from analysis.services.rating import set_rating_policy
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db
MODELS = [Freeze, Dataset, Run, RunPart, Refresh, Snapshot, SnapshotRun, SignOff, Publication, Certainty]
MODELS += [IndependentRating, PlanClosure, PlanEvent, Waiver]
LEVELS = dict.fromkeys(("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"), 0)


def make_everything() -> None:
    """Make a row of each append-only model."""
    small = make_small_review()
    analysis = small.analysis()
    snapshot = refresh(by=small.owner, analysis=analysis).snapshot
    sign_off(by=small.owner, snapshot=snapshot, reason="Checked against the reports.")
    publish(by=small.owner, snapshot=snapshot, is_confirmed=True)
    run = snapshot.runs.get(plugin="grade")
    RunPart.objects.lay_out(run, ["{}"])
    why = dict.fromkeys(LEVELS, "It is not serious.")
    said = {"justification": "Nothing is serious.", "departures": why}
    rate_certainty(by=small.owner, analysis=analysis, run=run, levels_down=LEVELS, **said)
    set_rating_policy(by=small.owner, review=small.review, raters_needed=2)
    rate_certainty(by=small.owner, analysis=analysis, run=run, levels_down=LEVELS, **said)
    condition = {"field": "design", "op": "eq", "value": "cluster_rct"}
    words = {"code": "cluster", "title": "By clusters", "element": "study_design", "condition": condition}
    rule = save_rule(by=small.owner, rule=EligibilityRule(review=small.review, **words))
    waive(by=small.owner, rule=rule, study=small.studies[0], reason="Large enough.")
    close_plan(by=small.owner, review=small.review, reason="PROSPERO")


@pytest.mark.parametrize("model", MODELS)
def test_row_can_be_neither_saved_again_nor_deleted(model):
    make_everything()
    row = model.objects.first()
    with pytest.raises(AppendOnly, match="cannot be changed or deleted"):
        row.save()
    with pytest.raises(AppendOnly):
        row.delete()


@pytest.mark.parametrize("model", MODELS)
def test_queryset_can_neither_update_nor_delete(model):
    make_everything()
    rows = model.objects.all()
    with pytest.raises(AppendOnly):
        rows.update(pk=1)
    with pytest.raises(AppendOnly):
        rows.delete()
    with pytest.raises(AppendOnly):
        rows.bulk_update(list(rows), ["id"])
    with pytest.raises(AppendOnly):
        model._base_manager.all().delete()
    assert rows.exists()
