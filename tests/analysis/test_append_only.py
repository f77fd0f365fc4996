"""What was frozen, computed or published is never changed or deleted through the ORM."""

import pytest

from analysis.models import AppendOnly, Certainty, Dataset, Freeze, Refresh, Run, SignOff, Snapshot, SnapshotRun
from analysis.services import rate_certainty, refresh, sign_off
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db
MODELS = [Freeze, Dataset, Run, Refresh, Snapshot, SnapshotRun, SignOff, Certainty]
LEVELS = dict.fromkeys(("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"), 0)


def publish_everything() -> None:
    """Make a row of each append-only model."""
    small = make_small_review()
    analysis = small.analysis()
    snapshot = refresh(by=small.owner, analysis=analysis).snapshot
    sign_off(by=small.owner, snapshot=snapshot, reason="Checked against the reports.")
    run = snapshot.runs.get(plugin="grade")
    rate_certainty(by=small.owner, analysis=analysis, run=run, levels_down=LEVELS, justification="Nothing is serious.")


@pytest.mark.parametrize("model", MODELS)
def test_row_can_be_neither_saved_again_nor_deleted(model):
    publish_everything()
    row = model.objects.first()
    with pytest.raises(AppendOnly, match="cannot be changed or deleted"):
        row.save()
    with pytest.raises(AppendOnly):
        row.delete()


@pytest.mark.parametrize("model", MODELS)
def test_queryset_can_neither_update_nor_delete(model):
    publish_everything()
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
