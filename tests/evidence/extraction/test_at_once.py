"""Two people at the same moment: one consensus, two readers, one version of the form."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction

from evidence import services
from evidence.models import Adjudication, Extraction, ExtractionForm
from tests import factories as make
from tests.evidence.extraction.trial import Trial, make_trial, read_as, result_of

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each in its own connection; give what came of each: its result, or its sentences.

    SQLite has one writer at a time and its in-memory test database one connection: there they take turns.
    """
    is_parallel = connection.features.has_select_for_update
    barrier = Barrier(len(acts) if is_parallel else 1)

    def act_at_once(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=30)
            return act()
        except ValidationError as error:
            return error.messages
        finally:
            if is_parallel:
                connections.close_all()

    if not is_parallel:
        return [act_at_once(act) for act in acts]
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act_at_once, acts))


@pytest.fixture
def trial() -> Trial:
    trial = make_trial()
    read_as(trial, trial.anna)
    read_as(trial, trial.ben)
    return trial


def test_two_adjudicators_build_one_consensus_and_one_is_told(trial):
    results = at_once(
        *(lambda by=by: services.build_consensus(by=by, study=trial.study) for by in (trial.cara, trial.owner))
    )
    built = [one for one in results if isinstance(one, Extraction)]
    (told,) = [one for one in results if not isinstance(one, Extraction)]
    assert len(built) == 1
    assert "“Aasa 2015” already has a consensus, built by" in told[0]
    consensus = Extraction.objects.get(study=trial.study, is_consensus=True)
    assert consensus.arms.count() == 2
    assert result_of(consensus).history.count() == 1


def test_consensus_that_appears_past_the_lock_is_told_in_a_sentence(trial, monkeypatch):
    """The constraint of the database is the last guard; even what it refuses ends as a sentence."""
    other = make.make_extraction(trial.study)
    first = Extraction.objects.filter

    def blind(*args: Any, **conditions: Any) -> Any:
        rows = first(*args, **conditions)
        return rows.none() if conditions.get("is_consensus") else rows

    monkeypatch.setattr(Extraction.objects, "filter", blind)
    with pytest.raises(
        ValidationError, match=r"was given a consensus by somebody else at this moment|already has a con"
    ):
        services.build_consensus(by=trial.cara, study=trial.study)
    monkeypatch.undo()
    assert Extraction.objects.get(study=trial.study, is_consensus=True) == other


def test_database_holds_one_consensus_for_each_study(trial):
    make.make_extraction(trial.study)
    with pytest.raises(IntegrityError), transaction.atomic():
        Extraction.objects.create(study=trial.study, is_consensus=True)


def test_third_reader_at_the_same_moment_is_refused():
    trial = make_trial()
    results = at_once(
        *(
            lambda by=by: services.open_extraction(by=by, study=trial.study)
            for by in (trial.anna, trial.ben, trial.cara, trial.owner)
        )
    )
    assert sum(isinstance(one, Extraction) for one in results) == 2
    assert all("needs 2 readers" in one[0] for one in results if not isinstance(one, Extraction))
    assert ExtractionForm.objects.filter(review=trial.review).count() == 1


def test_decisions_about_one_item_at_once_are_both_kept_and_the_later_holds():
    trial = make_trial()
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3")
    (item,) = services.compare_readings(by=trial.cara, study=trial.study).comparison.differences
    at_once(
        *(
            lambda by=by, taken=taken: services.take(by=by, study=trial.study, path=item.path, taken=taken)
            for by, taken in ((trial.cara, "A"), (trial.owner, "B"))
        )
    )
    last = Adjudication.objects.order_by("pk").last()
    assert Adjudication.objects.count() == 2
    consensus = services.build_consensus(by=trial.cara, study=trial.study)
    assert str(result_of(consensus).sd) == {"A": "1.8", "B": "0.3"}[last.taken]


def test_two_owners_publish_one_version_and_one_is_told():
    trial = make_trial()
    second = make.make_membership(trial.review, role="owner").user
    questions = [trial.age.question]
    services.save_draft(by=trial.owner, review=trial.review, questions=questions)
    results = at_once(
        *(
            lambda by=by: services.publish_form(by=by, review=trial.review, note="Setting is not needed.")
            for by in (trial.owner, second)
        )
    )
    assert sum(isinstance(one, ExtractionForm) for one in results) == 1
    (told,) = [one for one in results if not isinstance(one, ExtractionForm)]
    assert told == ["There is no draft to publish; somebody else may have published or discarded it."]
    assert list(ExtractionForm.objects.filter(review=trial.review).values_list("number", flat=True)) == [2, 1]
