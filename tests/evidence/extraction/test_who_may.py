"""Who may read, settle and reopen: two readers, an adjudicator who is neither, and first answers that stay."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from evidence import services
from evidence.models import ArmResult, Extraction
from evidence.permissions import NotAllowed, NotIndependent, NotTheirs
from evidence.services.extraction import first_reading, rebuilding, vocabulary_of
from evidence.services.extraction.states import State, state_of
from tests import factories as make
from tests.evidence.extraction.trial import Trial, make_trial, read_as, result_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial() -> Trial:
    return make_trial()


def differing(trial: Trial) -> dict[str, str]:
    """Give the paths of the differences by field (the first one of each)."""
    return {item.field.name: item.path for item in reversed(_sides(trial, trial.cara).comparison.differences)}


def _sides(trial: Trial, person):
    return services.compare_readings(by=person, study=trial.study)


def test_adjudicator_is_not_one_of_the_two_readers(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.cara, sd="0.3")
    path = {item.field.name: item.path for item in _sides(trial, trial.owner).comparison.differences}["sd"]
    for refused in (
        lambda: services.take(by=trial.cara, study=trial.study, path=path, taken="B"),
        lambda: services.build_consensus(by=trial.cara, study=trial.study),
        lambda: services.match_arms(by=trial.cara, study=trial.study, pairs={}, reason="x"),
        lambda: services.take_all_equal(by=trial.cara, study=trial.study),
    ):
        with pytest.raises(NotIndependent, match="is one of the readers of “Aasa 2015”"):
            refused()
    services.take(by=trial.owner, study=trial.study, path=path, taken="A")
    consensus = services.build_consensus(by=trial.owner, study=trial.study)
    row = result_of(consensus)
    row.sd = "0.3"
    with pytest.raises(NotIndependent):
        services.record(by=trial.cara, row=row)


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_settling_needs_an_adjudicator(trial, role):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3")
    person = make.make_membership(trial.review, role=role).user
    with pytest.raises(NotAllowed):
        services.take(by=person, study=trial.study, path=differing(trial)["sd"], taken="A")
    with pytest.raises(NotAllowed):
        services.build_consensus(by=person, study=trial.study)
    with pytest.raises(PermissionDenied):
        services.compare_readings(by=person, study=trial.study)


def test_comparison_needs_two_completed_readings(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, complete=False)
    with pytest.raises(ValidationError) as refused:
        services.compare_readings(by=trial.cara, study=trial.study)
    assert refused.value.messages == [
        "“Aasa 2015” is compared once two readers have completed it "
        f"({trial.anna}: complete, {trial.ben}: in progress)."
    ]


def test_a_study_has_two_readers_and_no_third(trial):
    services.open_extraction(by=trial.anna, study=trial.study)
    services.open_extraction(by=trial.ben, study=trial.study)
    with pytest.raises(ValidationError) as refused:
        services.open_extraction(by=trial.cara, study=trial.study)
    assert refused.value.messages == [f"“Aasa 2015” needs 2 readers, and has {trial.anna} and {trial.ben}."]


def test_consensus_of_a_study_that_is_read_is_not_entered_by_hand(trial):
    services.open_extraction(by=trial.anna, study=trial.study)
    with pytest.raises(ValidationError, match="its consensus is built from what the readers entered"):
        services.open_extraction(by=trial.cara, study=trial.study, consensus=True)


def test_study_with_a_consensus_is_not_read_anew(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben)
    services.build_consensus(by=trial.cara, study=trial.study)
    with pytest.raises(ValidationError, match="has a consensus"):
        services.open_extraction(by=trial.owner, study=trial.study)


def test_reading_that_was_begun_can_be_given_up_and_one_that_was_completed_cannot(trial):
    begun = services.open_extraction(by=trial.anna, study=trial.study)
    with pytest.raises(NotAllowed):
        services.give_up_reading(by=trial.cara, extraction=begun, reason="she left")
    with pytest.raises(ValidationError, match="Say why"):
        services.give_up_reading(by=trial.anna, extraction=begun, reason=" ")
    services.give_up_reading(by=trial.owner, extraction=begun, reason="she left")
    assert not trial.study.extractions.exists()
    entry = Extraction.history.filter(history_type="-").get()
    assert (entry.history_user, entry.history_change_reason) == (trial.owner, "she left")
    done = read_as(trial, trial.ben)
    services.reopen_extraction(by=trial.ben, extraction=done, reason="a table was missed")
    for refused in (
        lambda: services.give_up_reading(by=trial.ben, extraction=done, reason="x"),
        lambda: services.remove(by=trial.ben, row=done),
    ):
        with pytest.raises(ValidationError, match=r"never completed|agreement is computed"):
            refused()


# Reopening -----------------------------------------------------------------------------------------------------------


def test_completed_reading_is_closed_for_everybody(trial):
    row = result_of(read_as(trial, trial.anna))
    row.sd = "0.3"
    with pytest.raises(NotTheirs, match="is complete; reopen it"):
        services.record(by=trial.anna, row=row)
    for person in (trial.cara, trial.owner, make.make_user(is_superuser=True)):
        with pytest.raises(NotTheirs, match="nobody else changes it"):
            services.record(by=person, row=row)
    with pytest.raises(NotTheirs):
        services.remove(by=trial.anna, row=row)
    assert str(ArmResult.objects.get(pk=row.pk).sd) == "1.8"


def test_reason_that_its_history_has_no_room_for_is_refused(trial):
    reading = read_as(trial, trial.anna)
    with pytest.raises(ValidationError, match="up to 80 characters; this one has 81"):
        services.reopen_extraction(by=trial.anna, extraction=reading, reason="x" * 81)
    assert Extraction.objects.get(pk=reading.pk).status == "complete"


def test_first_answers_stay_whatever_is_changed_later(trial):
    reading = read_as(trial, trial.anna, sd="0.3")
    services.reopen_extraction(by=trial.anna, extraction=reading, reason="the SE was in the column of the SD")
    row = result_of(reading)
    row.sd = "1.8"
    services.record(by=trial.anna, row=row)
    services.remove(by=trial.anna, row=result_of(reading, instrument="rmdq"))
    services.complete_extraction(by=trial.anna, extraction=reading)
    first = first_reading(reading, vocabulary_of(trial.review))
    results = [one for one in first.rows if one.kind == "result"]
    assert len(results) == 4
    assert str(results[0].get("sd")) == "0.3"
    assert reading.history.filter(history_change_reason="the SE was in the column of the SD").exists()


def test_readers_reopen_until_there_is_a_consensus_and_adjudicators_always(trial):
    anna, ben = read_as(trial, trial.anna), read_as(trial, trial.ben)
    services.reopen_extraction(by=trial.anna, extraction=anna, reason="a table was missed")
    services.complete_extraction(by=trial.anna, extraction=anna)
    services.build_consensus(by=trial.cara, study=trial.study)
    with pytest.raises(NotTheirs, match="an adjudicator reopens it"):
        services.reopen_extraction(by=trial.anna, extraction=anna, reason="another table")
    with pytest.raises(NotAllowed):
        services.reopen_extraction(by=trial.ben, extraction=anna, reason="x")
    services.reopen_extraction(by=trial.cara, extraction=ben, reason="the erratum gives other numbers")
    assert state_of(trial.study).state == State.REOPENED
    ben.refresh_from_db()
    assert (ben.status, ben.history.first().history_user) == ("draft", trial.cara)


def test_consensus_is_built_again_and_only_what_changed_is_written(trial):
    read_as(trial, trial.anna)
    ben = read_as(trial, trial.ben, sd="0.3")
    services.take(by=trial.cara, study=trial.study, path=differing(trial)["sd"], taken="A", reason="SE")
    consensus = services.build_consensus(by=trial.cara, study=trial.study)
    kept = result_of(consensus, instrument="rmdq")
    services.reopen_extraction(by=trial.cara, extraction=ben, reason="erratum")
    row = result_of(ben)
    row.mean = "2.5"
    services.record(by=trial.ben, row=row)
    services.complete_extraction(by=trial.ben, extraction=ben)
    assert state_of(trial.study).state == State.REOPENED
    open_paths = [item.path for item in _sides(trial, trial.cara).open_items]
    assert [path.rpartition(":")[2] for path in open_paths] == ["mean"]  # the decision about the SD still holds
    services.take(by=trial.cara, study=trial.study, path=open_paths[0], taken="B", reason="erratum")
    assert rebuilding(_sides(trial, trial.cara)).changes == (
        "Motor control, NRS 0-10 (Pain) at week 12: mean 2.4 → 2.5.",
    )
    with pytest.raises(ValidationError, match="already has a consensus, built by"):
        services.build_consensus(by=trial.cara, study=trial.study)
    with pytest.raises(ValidationError, match="Say why"):
        services.build_consensus(by=trial.cara, study=trial.study, rebuild=True)
    again = services.build_consensus(by=trial.cara, study=trial.study, rebuild=True, reason="erratum")
    assert again == consensus
    assert str(result_of(consensus).mean) == "2.5"
    assert kept.history.count() == 1
    assert state_of(trial.study).state == State.CONSENSUS


def test_decision_opens_again_where_a_reading_changed_under_it(trial):
    read_as(trial, trial.anna)
    ben = read_as(trial, trial.ben, sd="0.3")
    path = differing(trial)["sd"]
    services.take(by=trial.cara, study=trial.study, path=path, taken="B", reason="as printed")
    services.reopen_extraction(by=trial.ben, extraction=ben, reason="typed wrongly")
    row = result_of(ben)
    row.sd = "1.9"
    services.record(by=trial.ben, row=row)
    services.complete_extraction(by=trial.ben, extraction=ben)
    assert [item.path for item in _sides(trial, trial.cara).open_items] == [path]
    with pytest.raises(ValidationError, match="1 difference is not decided yet"):
        services.build_consensus(by=trial.cara, study=trial.study)


def test_arms_left_out_take_their_rows_along(trial):
    read_as(trial, trial.anna)
    ben = read_as(trial, trial.ben, complete=False)
    third = make.make_arm(ben, label="Yoga")
    make.make_arm_result(third, trial.nrs)
    make.make_contrast_result(third, ben.arms.get(label="Usual care"), trial.nrs)
    services.complete_extraction(by=trial.ben, extraction=ben)
    (item,) = _sides(trial, trial.cara).open_items
    services.take(by=trial.cara, study=trial.study, path=item.path, taken="A", reason="not randomised")
    consensus = services.build_consensus(by=trial.cara, study=trial.study)
    assert (consensus.arms.count(), consensus.contrasts.count()) == (2, 1)
    services.take(by=trial.cara, study=trial.study, path=item.path, taken="B", reason="randomised after all")
    services.build_consensus(by=trial.cara, study=trial.study, rebuild=True, reason="the protocol")
    assert consensus.arms.get(label="Yoga").number == 3
    assert consensus.contrasts.count() == 2


def test_what_readers_settled_about_a_printed_contradiction_is_taken_over(trial):
    for person in (trial.anna, trial.ben):
        reading = read_as(trial, person, complete=False)
        row = reading.contrasts.get()
        row.estimate, row.is_printed_so = 3, True
        row.save()
        services.settle(by=person, result=row, value=-3, reason="The text says so.")
        services.complete_extraction(by=person, extraction=reading)
    consensus = services.build_consensus(by=trial.cara, study=trial.study)
    settlement = consensus.contrasts.get().settlement
    assert (settlement.value, settlement.reason, settlement.settled_by) == (-3, "The text says so.", trial.cara)
