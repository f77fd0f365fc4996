"""The agreement of a review's readers: first answers, of what everybody has answered, told to members only."""

import pytest

from analysis.engine.agreement import Agreement, Alpha, FirstAnswer, cohen_kappa
from analysis.services.agreement import Line, Work, WorkAgreement, read_agreement
from analysis.services.agreement.screening import gather_screening
from evidence.models import ArmResult, ExclusionReason, Judgement, Membership
from evidence.permissions import NotAllowed
from evidence.services import (
    complete_extraction,
    judge,
    record,
    remove,
    reopen_assessment,
    reopen_extraction,
    start_assessment,
    submit_assessment,
)
from evidence.services.judging import Answer
from evidence.services.screening import adjudicate, set_policy, undo
from evidence.verdicts import Stage
from tests import factories
from tests.analysis.agreement_world import TOOL, ReadingWorld, make_reading_world

pytestmark = pytest.mark.django_db

DOMAINS = 8


@pytest.fixture
def world() -> ReadingWorld:
    return make_reading_world()


def agreement(world: ReadingWorld, work: Work) -> WorkAgreement:
    return read_agreement(by=world.owner, review=world.review, work=work)


def line_of(found: WorkAgreement, title: str) -> Line:
    (line,) = [line for line in found.lines if line.asked.title == title]
    return line


def table_of(found: WorkAgreement, title: str) -> tuple[tuple[int, ...], ...]:
    (pair,) = line_of(found, title).agreement.pairs
    return pair.table


def share_of(found: WorkAgreement, title: str) -> float:
    (pair,) = line_of(found, title).agreement.pairs
    assert isinstance(pair.coefficients.percent, Agreement)
    return pair.coefficients.percent.estimate


# Screening ------------------------------------------------------------------------------------------------------------


def test_screening_compares_what_two_readers_answered_first(world: ReadingWorld):
    world.add_records(8)
    world.screen(world.anna, "iieeeuee")
    world.screen(world.ben, "ieeeeiee")

    found = agreement(world, Work.SCREENING)
    (pair,) = line_of(found, "Include or exclude").agreement.pairs

    assert pair.table == ((2, 1), (0, 5))
    assert [found.readers[code] for code in (pair.first, pair.second)] == ["Anna", "Ben"]
    rows = [["include"] * 2] * 2 + [["include", "exclude"]] + [["exclude"] * 2] * 5
    assert pair.coefficients.kappa == cohen_kappa(rows, categories=("include", "exclude"))
    assert table_of(found, "Answer as given") == ((1, 0, 1), (1, 0, 0), (0, 0, 5))
    assert found.waiting == 0


def test_screening_leaves_out_what_waits_for_a_reader(world: ReadingWorld):
    world.add_records(6)
    world.screen(world.anna, "iiee.e")
    world.screen(world.ben, "ie....")

    found = agreement(world, Work.SCREENING)

    assert line_of(found, "Include or exclude").agreement.n_items == 2
    assert found.waiting == 3
    shown = {row.item for row in gather_screening(world.review).answers}
    assert shown == {str(row.pk) for row in world.records[:2]}


def test_later_answers_and_rulings_do_not_move_the_agreement_of_screening(world: ReadingWorld):
    world.add_records(3)
    world.screen(world.anna, "iie")
    undo(by=world.anna, review=world.review, stage=Stage.TITLE_ABSTRACT)
    world.screen(world.anna, "..i")
    world.screen(world.ben, "eie")
    before = agreement(world, Work.SCREENING)

    adjudicate(by=world.owner, record=world.records[0], stage=Stage.TITLE_ABSTRACT, answer="exclude")

    assert table_of(before, "Include or exclude") == ((1, 1), (0, 1))
    assert agreement(world, Work.SCREENING) == before


def test_full_texts_compare_answers_and_the_reasons_of_both(world: ReadingWorld):
    reasons = [
        factories.saved(ExclusionReason(review=world.review, code=code, name=name))
        for code, name in (("population", "Wrong population"), ("design", "Wrong design"))
    ]
    world.add_records(4)
    for reader in (world.anna, world.ben):
        world.screen(reader, "iiii")
    world.screen(world.anna, "i...", Stage.FULL_TEXT)
    world.screen(world.ben, "i...", Stage.FULL_TEXT)
    world.screen(world.anna, ".ee.", Stage.FULL_TEXT, reason=reasons[0])
    world.screen(world.ben, ".e..", Stage.FULL_TEXT, reason=reasons[0])
    world.screen(world.ben, "..e.", Stage.FULL_TEXT, reason=reasons[1])

    found = agreement(world, Work.SCREENING)
    lines = [line for line in found.lines if line.asked.part == "Full texts"]

    assert [(line.asked.title, line.agreement.n_items) for line in lines] == [
        ("Answer as given", 3),
        ("Reason for excluding", 2),
    ]
    assert lines[1].agreement.pairs[0].table == ((0, 0), (1, 1))
    assert lines[1].asked.label_of("design") == "Wrong design"


def test_records_that_one_person_reads_have_no_agreement(world: ReadingWorld):
    set_policy(by=world.owner, review=world.review, title_abstract_readers="single")
    world.add_records(3)
    world.screen(world.anna, "iie")

    found = agreement(world, Work.SCREENING)

    assert (found.lines, found.waiting) == ((), 0)


# Risk of bias ---------------------------------------------------------------------------------------------------------


def test_risk_of_bias_has_a_line_for_each_domain_with_the_order_of_the_levels(world: ReadingWorld):
    for anna, ben in (("low", "low"), ("high", "unclear"), ("unclear", "unclear"), ("high", "high")):
        study = world.study()
        world.assess(world.anna, study, anna)
        world.assess(world.ben, study, ben)

    found = agreement(world, Work.RISK_OF_BIAS)

    assert len(found.lines) == DOMAINS
    assert {line.asked.scale.kind for line in found.lines} == {"ordinal"}
    assert found.lines[-1].asked.title == "Overall"
    for line in found.lines:
        assert line.agreement.pairs[0].table == ((1, 0, 0), (0, 1, 0), (0, 1, 1))
        weighted = line.agreement.pairs[0].coefficients.weighted_kappa
        assert isinstance(weighted, Agreement)
        assert weighted.weights == "linear"


def test_first_submission_counts_whatever_is_changed_later(world: ReadingWorld):
    study = world.study()
    own = world.assess(world.anna, study, "low")
    world.assess(world.ben, study, "high")
    before = agreement(world, Work.RISK_OF_BIAS)

    own = reopen_assessment(by=world.anna, assessment=own, reason="A second look.")
    assert agreement(world, Work.RISK_OF_BIAS).lines == ()
    judge(by=world.anna, assessment=own, answers={row.domain: Answer("high") for row in own.judgements.all()})
    submit_assessment(by=world.anna, assessment=own)

    assert {row.judgement for row in Judgement.objects.all()} == {"high"}
    assert agreement(world, Work.RISK_OF_BIAS) == before
    assert share_of(before, "Overall") == 0.0


def test_first_submission_counts_even_where_the_assessment_is_gone(world: ReadingWorld):
    study = world.study()
    own = world.assess(world.anna, study, "low")
    world.assess(world.ben, study, "high")
    before = agreement(world, Work.RISK_OF_BIAS)

    own = reopen_assessment(by=world.anna, assessment=own, reason="Done anew.")
    remove(by=world.anna, row=own, reason="Done anew.")
    world.assess(world.anna, study, "high")

    assert agreement(world, Work.RISK_OF_BIAS) == before


@pytest.mark.parametrize("third", [False, True])
def test_no_answer_shows_while_another_reader_of_the_study_is_at_work(world: ReadingWorld, third: bool):
    carl = factories.make_membership(world.review, role=Membership.Role.REVIEWER).user
    study = world.study()
    world.assess(world.anna, study, "low")
    if third:
        world.assess(world.ben, study, "high")
    last = world.assess(carl if third else world.ben, study, "high", submit=False)

    found = agreement(world, Work.RISK_OF_BIAS)
    assert (found.lines, found.waiting) == ((), 1)

    submit_assessment(by=carl if third else world.ben, assessment=last)
    found = agreement(world, Work.RISK_OF_BIAS)
    assert (len(found.lines), found.waiting) == (DOMAINS, 0)
    assert (found.lines[0].agreement.overall is not None) == third


def test_answers_that_somebody_else_put_in_do_not_count(world: ReadingWorld):
    study = world.study()
    own = world.assess(world.anna, study, "low", submit=False)
    overruled = own.judgements.exclude(domain="overall").first()
    overruled.judgement = "high"
    overruled.stamp(world.owner)
    overruled.save()
    submit_assessment(by=world.anna, assessment=own)
    world.assess(world.ben, study, "low")

    titles = {line.asked.code.rpartition(".")[2] for line in agreement(world, Work.RISK_OF_BIAS).lines}

    assert overruled.domain not in titles
    assert len(titles) == DOMAINS - 1


def test_consensus_is_no_reader(world: ReadingWorld):
    study = world.study()
    world.assess(world.anna, study, "low")
    consensus = start_assessment(by=world.owner, study=study, tool=TOOL, consensus=True)
    judge(by=world.owner, assessment=consensus, answers={"overall": Answer("low")})

    assert agreement(world, Work.RISK_OF_BIAS).lines == ()


# Extraction -----------------------------------------------------------------------------------------------------------


def test_extraction_compares_numbers_of_matched_arms(world: ReadingWorld):
    study = world.study()
    arms = [{"label": "Exercise", "mean": "3.1", "sd": "1.5"}, {"label": "Education", "mean": "4.2", "sd": "1.6"}]
    world.extract(world.anna, study, arms)
    world.extract(world.ben, study, [arms[1], {**arms[0], "sd": "0.2"}])

    found = agreement(world, Work.EXTRACTION)

    assert share_of(found, "Mean") == 1.0
    assert share_of(found, "SD") == 0.5
    (pair,) = line_of(found, "SD").agreement.pairs
    assert isinstance(pair.coefficients.alpha, Alpha)
    assert pair.coefficients.alpha.metric == "interval"
    assert pair.table == ()


def test_extraction_counts_what_only_one_entered(world: ReadingWorld):
    study = world.study()
    world.extract(world.anna, study, [{"label": "Exercise", "mean": "3.1", "sd": "1.5"}, {"label": "Usual care"}])
    world.extract(world.ben, study, [{"label": "Exercise", "mean": "3.1", "sd": None}])

    found = agreement(world, Work.EXTRACTION)

    assert [line.asked.title for line in found.lines if line.asked.title == "SD"] == []
    rows = [line for line in found.lines if line.asked.title == "The row as a whole"]
    assert [(line.asked.part, line.agreement.pairs[0].table) for line in rows] == [
        ("Arms", ((1, 1), (0, 0))),
        ("Results of arms", ((1, 0), (0, 0))),
    ]


def test_extraction_compares_the_questions_of_the_form_by_their_kind(world: ReadingWorld):
    factories.make_characteristic_field(world.review, code="age", name="Age", unit="years")
    factories.make_characteristic_field(world.review, code="site", name="Site", kind="choice", choices="Spine\nKnee")
    factories.make_characteristic_field(world.review, code="blind", name="Blind", kind="flag")
    for anna, ben in (
        ({"age": 41, "site": "Spine", "blind": True}, {"age": 41, "site": "Spine", "blind": False}),
        ({"age": 50, "site": "Knee"}, {"age": 52, "site": "Knee", "blind": False}),
        ({"site": "Knee"}, {"age": 38, "site": "Spine", "blind": False}),
    ):
        study = world.study()
        world.extract(world.anna, study, [], **anna)
        world.extract(world.ben, study, [], **ben)

    found = agreement(world, Work.EXTRACTION)

    assert [line.asked.title for line in found.lines] == ["Age (years)", "Blind", "Site"]
    assert share_of(found, "Age (years)") == 0.5
    assert line_of(found, "Age (years)").alone == 1
    assert table_of(found, "Site") == ((1, 0, 0), (1, 1, 0), (0, 0, 0))
    assert table_of(found, "Blind") == ((0, 1, 0), (0, 0, 0), (0, 2, 0))
    assert line_of(found, "Site").asked.label_of("spine") == "Spine"


def test_first_completion_counts_whatever_is_changed_later(world: ReadingWorld):
    study = world.study()
    own = world.extract(world.anna, study, [{"mean": "3.1", "sd": "1.5"}])
    world.extract(world.ben, study, [{"mean": "3.1", "sd": "0.2"}])
    before = agreement(world, Work.EXTRACTION)

    own = reopen_extraction(by=world.anna, extraction=own, reason="A second look.")
    assert (agreement(world, Work.EXTRACTION).lines, agreement(world, Work.EXTRACTION).waiting) == ((), 1)
    result = ArmResult.objects.get(arm__extraction=own)
    result.sd = "0.2"
    record(by=world.anna, row=result)
    arm = factories.make_arm(own, number=2, label="Another")
    complete_extraction(by=world.anna, extraction=own)

    assert arm.pk
    assert agreement(world, Work.EXTRACTION) == before
    assert share_of(before, "SD") == 0.0


def test_extraction_in_work_shows_nothing(world: ReadingWorld):
    study = world.study()
    world.extract(world.anna, study, [{"mean": "3.1"}])
    world.extract(world.ben, study, [{"mean": "3.3"}], complete=False)

    found = agreement(world, Work.EXTRACTION)

    assert (found.lines, found.waiting) == ((), 1)


# For all --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", list(Work))
def test_agreement_is_for_members_of_the_review(world: ReadingWorld, work: Work):
    stranger = factories.make_membership(factories.make_review()).user

    with pytest.raises(NotAllowed, match="may not view the review"):
        read_agreement(by=stranger, review=world.review, work=work)


@pytest.mark.parametrize("work", list(Work))
def test_every_member_sees_the_same(world: ReadingWorld, work: Work):
    world.add_records(3)
    world.screen(world.anna, "iie")
    world.screen(world.ben, "i.e")
    for complete in (True, False):
        study = world.study()
        for reader, level, mean in ((world.anna, "low", "3.1"), (world.ben, "high", "3.2")):
            world.assess(reader, study, level, submit=complete)
            world.extract(reader, study, [{"mean": mean}], complete=complete)
    viewer = factories.make_membership(world.review, role=Membership.Role.VIEWER).user

    seen = [read_agreement(by=one, review=world.review, work=work) for one in (world.anna, world.ben, viewer)]

    assert seen[0].lines
    assert seen[0] == seen[1] == seen[2]
    assert all(isinstance(row, FirstAnswer) for row in gather_screening(world.review).answers)


@pytest.mark.parametrize("work", list(Work))
def test_another_reviews_answers_are_not_among_them(world: ReadingWorld, work: Work):
    other = make_reading_world()
    other.add_records(2)
    study = other.study()
    for reader in (other.anna, other.ben):
        other.screen(reader, "ie")
        other.assess(reader, study, "low")
        other.extract(reader, study, [{"mean": "3.1"}])

    found = agreement(world, work)

    assert (found.lines, dict(found.readers), found.waiting) == ((), {}, 0)
