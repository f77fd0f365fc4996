"""Three trials, extracted by two people on their own, compared by a third, and built into the consensus."""

from typing import Any

from evidence.models import Adjudication, Arm, ArmResult, Extraction, Study
from tests.browser.whole_review import plan
from tests.browser.whole_review.cast import Cast
from tests.browser.whole_review.people import Person
from tests.browser.whole_review.plan import MARKS, Trial
from tests.browser.whole_review.prying import is_open, pry

READERS = ("anna", "ben")
ARMS = ("Exercise", "Usual care")
# What the page says of the planted differences, by trial.
FAULTS = {
    1: "looks like the standard error",
    2: "has swapped the arms",
    3: "read from its other end (0 to 24)",
}


def study_of(trial: Trial) -> Study:
    """Give the study of a trial."""
    return Study.objects.get(label=trial.name)


def own_page(cast: Cast, trial: Trial) -> str:
    """Give the address of a person's own extraction."""
    return f"{cast.at('evidence_study_change', study_of(trial).pk)}?extraction=own"


def choose(page: Any, field_id: str, text: str) -> None:
    """Choose from an autocomplete with the keyboard: open, type, Enter."""
    box = page.locator(f"#{field_id} + .select2 .select2-selection")
    box.press("Space")
    search = page.locator(".select2-container--open .select2-search__field")
    search.press_sequentially(text)
    page.locator(".select2-results__option--highlighted", has_text=text).wait_for()
    search.press("Enter")
    assert text in box.inner_text(), f"{field_id} should be “{text}”, not “{box.inner_text()}”."


def enter(person: Person, cast: Cast, reader: str, trial: Trial) -> None:
    """Enter arms and results of a trial and save them."""
    page = person.opens(own_page(cast, trial))
    mark = MARKS[reader, "numbers"]
    for place, name in enumerate(ARMS):
        page.fill(f"#id_arms-{place}-label", f"{name} {mark}" if reader == "anna" or trial.number > 1 else name)
        page.fill(f"#id_arms-{place}-n_randomised", "60")
    page.select_option("#id_arms-0-role", "experimental")
    page.select_option("#id_arms-1-role", "comparator")
    choose(page, "id_arms-1-comparator_type", "Usual care")
    for place in range(len(trial.lines)):
        if place > 1:
            page.get_by_role("button", name="Add another Arm result").press("Enter")
        line = trial.entered(reader, place)
        row = f"id_armresult-{place}"
        page.fill(f"#{row}-arm_no", str(line.arm))
        choose(page, f"{row}-instrument", line.instrument)
        for name, value in (("week", "12"), ("n", line.n), ("mean", line.mean), ("sd", line.sd)):
            page.fill(f"#{row}-{name}", value)
    page.locator("#armresult-0 summary").press("Enter")
    page.fill("#id_armresult-0-quote", f"Scores at week 12, {mark}.")
    person.follows("input[name=_continue]")
    assert not page.locator(".listed-errors").count(), f"{trial.name}: {person.reads('.listed-errors')}"


def submit(person: Person, trial: Trial) -> None:
    """Submit the extraction that the person has before them."""
    person.follows("text=Submit my extraction")
    person.hears("The extraction is now complete.", f"Submitting {trial.name}")


def extract(cast: Cast) -> None:
    """Both enter the three trials; whoever has not submitted learns nothing of the other, nor does anybody else."""
    first, *_, last = plan.TRIALS
    begin = cast.at("evidence_study_begin", study_of(first).pk) + "?extraction=own"
    cast.vera.is_refused(begin, "Extraction")
    for trial in plan.TRIALS:
        enter(cast.ben, cast, "ben", trial)
        if trial is not last:
            submit(cast.ben, trial)
    compare = cast.at("evidence_compare", study_of(first).pk)
    pry(cast, cast.anna, "ben", "numbers")
    for person in (cast.cleo, cast.dora, cast.vera):
        pry(cast, person, "ben", "numbers", quickly=True)
    assert cast.cleo.asks(compare).url != cast.cleo.address + compare, "Cleo compares one extraction with nothing."
    for trial in plan.TRIALS:
        enter(cast.anna, cast, "anna", trial)
        if trial is first:
            pry(cast, cast.ben, "anna", "numbers", quickly=True)
        if trial is not last:
            submit(cast.anna, trial)
    write_for_another(cast)
    submit(cast.anna, last)
    submit(cast.ben, last)
    is_open(cast.cleo, compare, MARKS["anna", "numbers"], "Extraction")


def write_for_another(cast: Cast) -> None:
    """Nobody writes into Ben's numbers, as adjudicator or as owner, and Cleo builds no consensus of one reading."""
    study = study_of(plan.TRIALS[2])
    row = ArmResult.objects.filter(arm__extraction__reviewer=cast.ben.account, arm__extraction__study=study)[0]
    arm = Arm.objects.get(pk=row.arm_id)
    for person in (cast.anna, cast.cleo, cast.dora, cast.vera):
        for name, pk in (("armresult", row.pk), ("arm", arm.pk)):
            for act in ("change", "delete"):
                answer = person.sends(cast.at(f"evidence_{name}_{act}", pk), mean="9", label="9", post="yes")
                assert MARKS["ben", "numbers"] not in answer.text, f"{person.name} reads Ben's {name}."
    was = (row.mean, arm.label)
    row.refresh_from_db()
    arm.refresh_from_db()
    assert (row.mean, arm.label) == was, "Somebody has changed what Ben entered."
    build = cast.at("evidence_compare_build", study.pk)
    for person in (cast.anna, cast.ben, cast.vera):
        person.is_refused(build, "Building the consensus before both have submitted")
    cast.cleo.sends(build)
    assert not Extraction.objects.filter(is_consensus=True).exists(), "Cleo has built a consensus of one reading."


def reopen(cast: Cast) -> None:
    """Ben puts a mean right before the two are compared; meanwhile nobody reads either of the two."""
    trial = plan.TRIALS[0]
    compare = cast.at("evidence_compare", study_of(trial).pk)
    cast.ben.opens(own_page(cast, trial))
    cast.ben.page.fill("#reopen-reason", "A mean was typed wrongly")
    cast.ben.follows("text=Reopen")
    for person, other in ((cast.ben, "anna"), (cast.anna, "ben"), (cast.cleo, "anna"), (cast.cleo, "ben")):
        answer = person.asks(compare)
        assert MARKS[other, "numbers"] not in answer.text, f"While Ben corrects, {person.name} reads {other}'s numbers."
        assert "Which arms are the same" not in answer.text, f"While Ben corrects, {person.name} compares."
    place, name, value = plan.CORRECTED
    cast.ben.page.fill(f"#id_armresult-{place}-{name}", value)
    cast.ben.follows("input[name=_continue]")
    submit(cast.ben, trial)


def compare(cast: Cast) -> None:
    """Cleo compares the two side by side with the keyboard, and builds the consensus of each trial."""
    for trial in plan.TRIALS:
        study = study_of(trial)
        path = cast.at("evidence_compare", study.pk)
        settle_by_hand(cast, trial, path)
        page = cast.cleo.opens(path)
        said = " ".join(page.locator(".findings").all_inner_texts())
        assert FAULTS[trial.number] in said, f"{trial.name}: the page should name the fault, not only: {said}"
        decide(cast.cleo, trial)
        cast.cleo.hears("saved", f"Comparing {trial.name}")
        assert page.inner_text("#open-count") == "0", f"{trial.name}: something is still open."
        cast.cleo.follows("text=Build the consensus")
        cast.cleo.hears("The consensus is built", f"Building {trial.name}")
        assert_consensus(trial, study)


def settle_by_hand(cast: Cast, trial: Trial, path: str) -> None:
    """Neither reader settles what they differ in themselves, nor does the viewer."""
    before = Adjudication.objects.count()
    for person in (cast.anna, cast.ben, cast.vera):
        person.is_refused(path, f"Comparing {trial.name}", **{f"take-{number}": "A" for number in range(60)})
        person.is_refused(cast.at("evidence_compare_build", study_of(trial).pk), f"Building {trial.name}")
    assert Adjudication.objects.count() == before, f"{trial.name}: a reader has settled what is theirs."
    cast.vera.asks(path)
    cast.anna.opens(path)
    assert "You are one of the two readers" in cast.anna.reads(), "Anna is not told why she may not settle."


def decide(person: Person, trial: Trial) -> None:
    """Take A for everything that differs; in the first trial write a third label for the first arm, with a reason."""
    page = person.page
    labels = page.locator(".item.is-open", has=page.locator(".item-label", has_text="Label"))
    page.keyboard.press("ArrowDown")
    for place in range(page.locator(".item.is-open").count()):
        label = page.locator("[data-item]:focus .item-label").inner_text()
        if trial.number == 1 and place == 0:
            assert labels.count(), f"The labels of {trial.name} should differ, not {label}."
            page.keyboard.press("o")
            page.keyboard.type("Motor control exercise")
            page.keyboard.press("Tab")
            page.keyboard.type("As the registration names it.")
            page.keyboard.press("Escape")
        else:
            page.keyboard.press("a")
        page.keyboard.press("ArrowDown")
    person.follows("text=Save decisions")


def assert_consensus(trial: Trial, study: Study) -> None:
    """The consensus has the right numbers."""
    rows = ArmResult.objects.filter(arm__extraction__study=study, arm__extraction__is_consensus=True)
    found = {(row.arm.number, row.instrument.name): (row.n, float(row.mean), float(row.sd)) for row in rows}
    wanted = {(line.arm, line.instrument): (int(line.n), float(line.mean), float(line.sd)) for line in trial.lines}
    assert found == wanted, f"{trial.name}: the consensus has {found}, not {wanted}."
