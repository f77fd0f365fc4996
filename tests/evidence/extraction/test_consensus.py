"""From two readings to the consensus: what differs is decided, what agrees is taken over, nothing by halves."""

import pytest
from django.core.exceptions import ValidationError

from evidence import services
from evidence.comparing import Fault
from evidence.models import Adjudication, ArmResult, Characteristic, Extraction
from evidence.models.append_only import AppendOnly
from evidence.permissions import NotAllowed
from evidence.services.extraction import Choice, Seen
from tests import factories as make
from tests.evidence.extraction.trial import Trial, make_trial, read_as, result_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial() -> Trial:
    return make_trial()


def differing(trial: Trial) -> dict[str, str]:
    """Give the paths of the differences by field (the first one of each)."""
    sides = services.compare_readings(by=trial.cara, study=trial.study)
    return {item.field.name if item.field else "": item.path for item in reversed(sides.comparison.differences)}


def test_two_equal_readings_differ_in_nothing_and_become_the_consensus(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben)
    assert differing(trial) == {}
    consensus = services.build_consensus(by=trial.cara, study=trial.study)
    assert (consensus.status, consensus.completed_by) == ("complete", trial.cara)
    row = result_of(consensus)
    assert (str(row.mean), str(row.sd), row.n, row.page, row.table) == ("2.4", "1.8", 35, "412", "Table 2")
    assert consensus.arms.count() == 2
    assert consensus.contrasts.get().first_arm.label == "Motor control"
    assert {str(answer.value) for answer in consensus.characteristics.all()} == {"44.6", "Primary care"}
    assert consensus.adverse_events.get().arm.label == "Motor control"
    assert ArmResult.objects.filter(arm__extraction=consensus).count() == 4
    entry = row.history.get()
    assert entry.history_user == trial.cara
    assert entry.history_change_reason == f"agreed by {trial.anna} and {trial.ben}"


def test_planted_faults_are_named_and_arms_in_another_order_are_not(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, turned=True, sd="0.3", rmdq="17.9")
    sides = services.compare_readings(by=trial.cara, study=trial.study)
    found = {(item.field.name, str(item.findings[0].fault)) for item in sides.comparison.differences}
    assert found == {("label", Fault.DIFFERENT), ("sd", Fault.SE_FOR_SD), ("mean", Fault.TURNED_SCALE)}


def test_building_is_refused_while_differences_are_open_and_names_them(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3", age="54.6")
    with pytest.raises(ValidationError) as refused:
        services.build_consensus(by=trial.cara, study=trial.study)
    assert refused.value.messages == [
        "2 differences are not decided yet: Motor control, NRS 0-10 (Pain) at week 12: SD; Mean age (years): answer."
    ]
    assert not Extraction.objects.filter(is_consensus=True).exists()


def test_adjudicator_takes_one_the_other_or_a_third_value_with_a_reason(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3", age="54.6", events=5)
    paths = differing(trial)
    services.take(by=trial.cara, study=trial.study, path=paths["sd"], taken="A", reason="0.3 is the SE")
    services.take(by=trial.cara, study=trial.study, path=paths["events"], taken="B")
    with pytest.raises(ValidationError, match="needs a reason"):
        services.take(by=trial.cara, study=trial.study, path=paths["value"], taken="other", value="44.9")
    services.take(
        by=trial.cara, study=trial.study, path=paths["value"], taken="other", value="44.90", reason="Table 1, both arms"
    )
    consensus = services.build_consensus(by=trial.cara, study=trial.study)
    row = result_of(consensus)
    assert str(row.sd) == "1.8"
    assert row.history.get().history_change_reason == f"SD: {trial.anna}, by {trial.cara} (0.3 is the SE)"
    assert consensus.adverse_events.get().events == 5
    answer = Characteristic.objects.get(extraction=consensus, field=trial.age)
    assert str(answer.number) == "44.9"
    assert answer.history.get().history_change_reason == f"answer: neither, by {trial.cara} (Table 1, both arms)"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("sd", "much", "The SD must be a number with a decimal point, such as 2.5; not “much”."),
        ("value", "444", "Mean age (years) cannot be above 100; got 444."),
        ("events", "1.5", "The events must be a whole number, such as 30; not “1.5”."),
    ],
)
def test_third_value_that_the_field_cannot_hold_is_refused(trial, field, value, sentence):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3", age="54.6", events=5)
    path = differing(trial)[field]
    with pytest.raises(ValidationError) as refused:
        services.take(by=trial.cara, study=trial.study, path=path, taken="other", value=value, reason="x")
    assert refused.value.message_dict == {path: [sentence]}
    assert not Adjudication.objects.exists()


def test_decisions_are_saved_all_or_none(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3", age="54.6")
    paths = differing(trial)
    choices = [Choice(paths["sd"], "A"), Choice(paths["value"], "other", "old", "x"), Choice("result:0:sd", "A")]
    with pytest.raises(ValidationError) as refused:
        services.take_many(by=trial.cara, study=trial.study, choices=choices)
    assert set(refused.value.message_dict) == {paths["value"], "result:0:sd"}
    assert not Adjudication.objects.exists()


def test_value_that_breaks_a_rule_of_the_row_stops_the_whole_consensus(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3")
    path = differing(trial)["sd"]
    services.take(by=trial.cara, study=trial.study, path=path, taken="other", value="-1", reason="as printed")
    with pytest.raises(ValidationError, match=r"Motor control, NRS .*The SD must be above 0"):
        services.build_consensus(by=trial.cara, study=trial.study)
    assert not Extraction.objects.filter(is_consensus=True).exists()


def test_value_that_both_agree_on_can_be_overruled(trial):
    read_as(trial, trial.anna, sd="0.3")
    read_as(trial, trial.ben, sd="0.3")
    sides = services.compare_readings(by=trial.cara, study=trial.study)
    result = next(entry for entry in sides.comparison.entries if "NRS" in entry.title and entry.pair.kind == "result")
    item = next(item for item in result.items if item.field.name == "sd")
    services.take(by=trial.cara, study=trial.study, path=item.path, taken="other", value="1.8", reason="0.3 is the SE")
    assert str(result_of(services.build_consensus(by=trial.cara, study=trial.study)).sd) == "1.8"


def test_row_that_only_one_reader_has_is_kept_or_left_out(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, rmdq=None)
    (item,) = services.compare_readings(by=trial.cara, study=trial.study).comparison.differences
    with pytest.raises(ValidationError, match="one of the two has to be taken"):
        services.take(by=trial.cara, study=trial.study, path=item.path, taken="other", value="1", reason="x")
    services.take(by=trial.cara, study=trial.study, path=item.path, taken="B", reason="it is the baseline")
    consensus = services.build_consensus(by=trial.cara, study=trial.study)
    assert ArmResult.objects.filter(arm__extraction=consensus).count() == 3
    services.take(by=trial.cara, study=trial.study, path=item.path, taken="A", reason="it is week 12 after all")
    services.build_consensus(by=trial.cara, study=trial.study, rebuild=True, reason="looked again")
    assert result_of(consensus, instrument="rmdq").mean == result_of(_reading(trial.anna), instrument="rmdq").mean


def _reading(person):
    return Extraction.objects.get(reviewer=person)


def test_what_differs_in_writing_only_is_taken_in_one_go(trial):
    first, second = read_as(trial, trial.anna, complete=False), read_as(trial, trial.ben, complete=False)
    for extraction, term in ((first, "Muscle soreness"), (second, "muscle  soreness.")):
        event = extraction.adverse_events.get()
        event.term = term
        event.save()
        services.complete_extraction(by=extraction.reviewer, extraction=extraction)
    (event,) = services.take_all_equal(by=trial.cara, study=trial.study)
    assert (event.taken, event.reason) == ("A", "The same in other writing.")
    assert services.take_all_equal(by=trial.cara, study=trial.study) == []
    assert services.build_consensus(by=trial.cara, study=trial.study).adverse_events.get().term == "Muscle soreness"


def test_arms_can_be_matched_by_hand(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben)
    sides = services.compare_readings(by=trial.cara, study=trial.study)
    first, second = (pair.first.key for pair in sides.comparison.matching.arms)
    other_first, other_second = (pair.second.key for pair in sides.comparison.matching.arms)
    crossed = {first: other_second, second: other_first}
    with pytest.raises(ValidationError, match="need a reason"):
        services.match_arms(by=trial.cara, study=trial.study, pairs=crossed, reason="")
    with pytest.raises(ValidationError, match="cannot be the same arm"):
        services.match_arms(
            by=trial.cara, study=trial.study, pairs={first: other_first, second: other_first}, reason="x"
        )
    services.match_arms(by=trial.cara, study=trial.study, pairs=crossed, reason="labels were mixed up")
    assert len(services.compare_readings(by=trial.cara, study=trial.study).comparison.differences) > 5


def test_decisions_cannot_be_changed_or_deleted(trial):
    row = make.make_adjudication(trial.study)
    with pytest.raises(AppendOnly):
        row.save()
    with pytest.raises(AppendOnly):
        Adjudication.objects.filter(pk=row.pk).delete()
    with pytest.raises(AppendOnly):
        Adjudication.objects.update(reason="x")


def _sides(trial: Trial, person):
    return services.compare_readings(by=person, study=trial.study)


# Single extraction ---------------------------------------------------------------------------------------------------


def test_single_reading_becomes_the_consensus_where_the_policy_says_so(trial):
    read_as(trial, trial.anna)
    with pytest.raises(ValidationError, match="extracts with two readers"):
        services.adopt_reading(by=trial.cara, study=trial.study)
    make.make_extraction_policy(trial.review)
    with pytest.raises(NotAllowed):
        services.adopt_reading(by=trial.anna, study=trial.study)
    consensus = services.adopt_reading(by=trial.cara, study=trial.study)
    assert str(result_of(consensus).sd) == "1.8"
    reason = result_of(consensus).history.get().history_change_reason
    assert reason == f"as {trial.anna} read it (single reader)"
    with pytest.raises(ValidationError, match="already has a consensus"):
        services.adopt_reading(by=trial.cara, study=trial.study)


def test_policy_goes_back_to_two_readers_only_while_no_single_reading_waits(trial):
    policy = make.make_extraction_policy(trial.review)
    read_as(trial, trial.anna)
    policy.readers = "dual"
    with pytest.raises(ValidationError, match="Aasa 2015"):
        services.record(by=trial.owner, row=policy)
    services.adopt_reading(by=trial.cara, study=trial.study)
    services.record(by=trial.owner, row=policy)


# Two people at once --------------------------------------------------------------------------------------------------


def test_decision_over_another_one_that_was_not_seen_is_refused(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3")
    sides = _sides(trial, trial.cara)
    seen, path = Seen(sides.version, sides.last_event), differing(trial)["sd"]
    services.take(by=trial.owner, study=trial.study, path=path, taken="other", value="1.9", reason="erratum", seen=seen)
    with pytest.raises(ValidationError) as refused:
        services.take(by=trial.cara, study=trial.study, path=path, taken="A", seen=seen)
    assert refused.value.message_dict[path] == [
        f"{trial.owner} decided this meanwhile: “1.9” (erratum). Look again before you change it."
    ]


def test_page_that_is_older_than_a_reading_is_refused(trial):
    read_as(trial, trial.anna)
    ben = read_as(trial, trial.ben, sd="0.3")
    sides = _sides(trial, trial.cara)
    services.reopen_extraction(by=trial.ben, extraction=ben, reason="x")
    row = result_of(ben)
    row.sd = "0.31"
    services.record(by=trial.ben, row=row)
    services.complete_extraction(by=trial.ben, extraction=ben)
    with pytest.raises(ValidationError, match="A reading was changed while you had the page open"):
        services.take(
            by=trial.cara,
            study=trial.study,
            path=differing(trial)["sd"],
            taken="A",
            seen=Seen(sides.version, sides.last_event),
        )
