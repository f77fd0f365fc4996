"""Risk of bias of three trials: two people answer question by question, a third settles what differs."""

from evidence.models import Assessment, AssessmentDecision, Judgement
from tests.browser.whole_review import plan
from tests.browser.whole_review.cast import Cast
from tests.browser.whole_review.extracting import study_of
from tests.browser.whole_review.people import Person
from tests.browser.whole_review.plan import MARKS, Trial
from tests.browser.whole_review.prying import is_open, pry


def answers_of(reader: str, trial: Trial) -> dict[str, str]:
    """Give what a reader answers, in the order of the tool."""
    changed = plan.BEN_ANSWERS[trial.number] if reader == "ben" else {}
    return dict(sorted({**plan.ANNA_ANSWERS, **changed}.items()))


def assess(person: Person, cast: Cast, reader: str, trial: Trial) -> None:
    """Answer the questions of a trial with the keyboard, in its own assessment, and save."""
    page = person.opens(cast.at("evidence_study_change", study_of(trial).pk))
    person.follows("text=Assess this study yourself")
    person.follows("input[value=Start]")
    for question, answer in answers_of(reader, trial).items():
        page.locator(f"[data-question='{question}'] input[value={answer}]").press("Space")
    page.locator("[data-question='1.1'] textarea").first.fill(f"A list by computer, {MARKS[reader, 'bias']}")
    asked, of = page.inner_text("[data-count]").split(" of ")
    assert asked == of, f"{trial.name}: {asked} of {of} questions are answered."


def submit(person: Person, trial: Trial) -> None:
    """Submit the assessment that the person has before them."""
    person.follows("input[name=_submit]")
    person.hears("Your assessment is submitted.", f"Risk of bias of {trial.name}")


def judge(cast: Cast) -> None:
    """Both assess the three trials; whoever has not submitted learns nothing of the other, nor does anybody else."""
    one, two, three = plan.TRIALS
    cast.vera.is_refused(cast.at("evidence_assessment_start", study_of(one).pk), "Risk of bias", tool="rob2:assignment")
    for trial in (one, two):
        assess(cast.ben, cast, "ben", trial)
        submit(cast.ben, trial)
    assess(cast.ben, cast, "ben", three)
    cast.ben.follows("input[name=_save]")
    pry(cast, cast.anna, "ben", "bias")
    for person in (cast.cleo, cast.dora, cast.vera):
        pry(cast, person, "ben", "bias", quickly=True)
    meddle(cast)
    for trial in plan.TRIALS:
        assess(cast.anna, cast, "anna", trial)
        if trial is one:
            cast.anna.follows("input[name=_continue]")
            pry(cast, cast.ben, "anna", "bias", quickly=True)
        submit(cast.anna, trial)
    row = Assessment.objects.get(reviewer=cast.ben.account, study=study_of(three))
    path = cast.at("evidence_assessment_assess", row.pk)
    cast.ben.opens(path)
    submit(cast.ben, three)
    is_open(cast.cleo, path, MARKS["ben", "bias"], "Risk of bias")


def meddle(cast: Cast) -> None:
    """Nobody answers for Ben, and Cleo settles nothing of which there is one assessment only."""
    rows = list(Assessment.objects.filter(reviewer=cast.ben.account))
    for person in (cast.anna, cast.cleo, cast.dora, cast.vera):
        for row in rows:
            person.is_refused(cast.at("evidence_assessment_assess", row.pk), "Answering for Ben", **{"q1-answer": "N"})
            person.is_refused(cast.at("evidence_assessment_reopen", row.pk), "Taking back for Ben", reason="mine")
            person.is_refused(cast.at("evidence_assessment_begin", row.pk, row.pk), "Settling one assessment")
    assert not Assessment.objects.filter(is_consensus=True).exists(), "There is a consensus of one assessment."


def settle(cast: Cast) -> None:
    """Cleo settles what differs, question by question; neither reader can."""
    for trial in plan.TRIALS:
        study = study_of(trial)
        rows = Assessment.objects.filter(study=study, is_consensus=False).order_by("reviewer__username")
        begin = cast.at("evidence_assessment_begin", *(row.pk for row in rows))
        for person in (cast.anna, cast.ben, cast.vera):
            person.is_refused(begin, f"Settling the risk of bias of {trial.name}")
        page = cast.cleo.opens(cast.at("evidence_study_change", study.pk))
        cast.cleo.follows("button.rob-settle")
        consensus = Assessment.objects.get(study=study, is_consensus=True)
        path = cast.at("evidence_assessment_settle", consensus.pk)
        for person in (cast.anna, cast.ben, cast.vera):
            person.is_refused(
                path, f"Settling the risk of bias of {trial.name}", **{"d1-taken": "first", "_settle": "x"}
            )
        for question, taken in plan.CLEO_TAKES[trial.number].items():
            item = page.locator(".difference", has=page.locator("h3", has_text=question))
            item.locator(f"input[value={taken}]").press("Space")
            item.locator("textarea").fill("Read again by Cleo.")
        cast.cleo.follows("input[name=_continue]")
        for _ in range(3):  # what is taken opens further questions, one after the other, which Ben alone was asked
            if page.locator(".difference h3 .tag:not(.is-submitted)").count():
                cast.cleo.follows("input[name=_continue]")
        cast.cleo.follows("input[name=_settle]")
        cast.cleo.hears("The consensus is settled.", f"Settling the risk of bias of {trial.name}")
        level = cast.cleo.reads("[data-domain=overall] .assess-verdict .level")
        assert level.strip() == plan.OVERALL[trial.number], f"{trial.name} is judged {level}."
    decided = AssessmentDecision.objects.filter(item="1.2").get()
    assert (decided.first_value, decided.second_value, decided.value) == ("Y", "NI", "Y"), "Both answers are kept."
    assert Judgement.objects.filter(assessment__is_consensus=True, domain="overall").count() == len(plan.TRIALS)
