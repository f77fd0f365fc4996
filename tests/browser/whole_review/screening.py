"""Forty records: two readers with the keyboard, an adjudicator for what they differ in, three studies in the end."""

from collections.abc import Callable

from evidence.models import Record, ScreeningDecision, ScreeningState, Study
from tests.browser.whole_review import plan
from tests.browser.whole_review.cast import Cast
from tests.browser.whole_review.people import Person
from tests.browser.whole_review.plan import MARKS, number_of, title_of
from tests.browser.whole_review.prying import is_open, pry

TITLES, TEXTS = "title_abstract", "full_text"


def find(number: int) -> Record:
    """Give a record by its number."""
    return Record.objects.get(title=title_of(number))


def paste_records(cast: Cast) -> None:
    """Ben adds what the search found, one line each; the viewer cannot."""
    path = cast.at("evidence_screening_add", cast.review.slug)
    cast.vera.is_refused(path, "Adding records", lines=plan.line_of(1))
    page = cast.ben.opens(path)
    page.fill("#id_lines", "\n".join(plan.line_of(number) for number in range(1, plan.RECORDS + 1)))
    cast.ben.follows("text=Add the records")
    cast.ben.hears("40 record(s) added.", "Adding records")


def answer_queue(person: Person, cast: Cast, stage: str, answer: Callable[[Person, int], None]) -> int:
    """Answer everything that waits for a person; give how many records that were."""
    page = person.opens(cast.at("evidence_screening_queue", cast.review.slug, stage))
    count = 0
    while page.locator("[data-queue]").count():
        answer(person, number_of(page.inner_text("#record-title")))
        count += 1
        assert count < 2 * plan.RECORDS, f"The queue of {person.name} does not end."
    assert "You have answered all that waits at this stage." in person.reads(), f"{person.name} is not done."
    return count


def with_note(person: Person, note: str, answer: str) -> None:
    """Write a note and answer with the button, all by keyboard."""
    person.page.locator("#note").press_sequentially(note)
    person.follows(f"button[value={answer}]")


def screen_titles(cast: Cast) -> None:
    """Anna reads first, and nobody learns what she says before Ben has read too."""
    skipped = []

    def anna(person: Person, number: int) -> None:
        if number == plan.ANNA_CHANGED:
            person.presses("e")
            person.presses("z")
            assert person.reads("#record-title") == title_of(number), "Undo gives Anna the record again."
        if number == 30 and not skipped:
            skipped.append(number)
            person.presses("n")
        elif number == 20:
            with_note(person, f"no trial, {MARKS['anna', 'titles']}", "exclude")
        else:
            person.presses("i" if number in plan.ANNA_INCLUDES else "e")

    def ben(person: Person, number: int) -> None:
        person.presses("i" if number in plan.BEN_INCLUDES else "u" if number in plan.BEN_UNSURE else "1")

    assert answer_queue(cast.anna, cast, TITLES, anna) == plan.RECORDS + 1, "A record that is put off comes again."
    pry(cast, cast.ben, "anna", "titles")
    for person in (cast.cleo, cast.dora, cast.vera):
        pry(cast, person, "anna", "titles", quickly=True)
    seen = cast.ben.asks(cast.at("evidence_screeningdecision_changelist"))
    assert 'id="result_list"' not in seen.text, "Titles: Ben sees decisions before he has made any."
    queue = cast.at("evidence_screening_queue", cast.review.slug, TITLES)
    cast.vera.is_refused(queue, "Titles", record=str(find(1).pk), answer="include")
    assert answer_queue(cast.ben, cast, TITLES, ben) == plan.RECORDS
    assert not ScreeningDecision.objects.exclude(decided_by__in=(cast.anna.account, cast.ben.account)).exists()
    is_open(cast.ben, cast.at("evidence_screening_record", cast.review.slug, find(20).pk), "quagga", "Titles")


def settle(cast: Cast, stage: str, conflicts: set[int], decide: Callable[[int], str]) -> None:
    """Cleo settles what the two differ in. Ben may not adjudicate at all, Anna not what she has read herself."""
    found = ScreeningState.objects.filter(stage=stage, status="conflict").select_related("record")
    assert {number_of(state.record.title) for state in found} == conflicts, f"{stage}: other conflicts than planned."
    path = cast.at("evidence_screening_conflicts", cast.review.slug, stage)
    for person in (cast.anna, cast.ben, cast.vera):
        one = str(found[0].record.pk)
        person.is_refused(path, f"Conflicts at {stage}", record=one, answer="include", note="mine is right")
        over = {"act": "overrule", "stage": stage, "answer": "include", "why": "mine is right"}
        person.is_refused(cast.at("evidence_screening_record", cast.review.slug, one), f"Overruling at {stage}", **over)
    cast.anna.opens(path)
    assert "No conflict waits for you" in cast.anna.reads(), "Anna is offered what she has read herself."
    page = cast.cleo.opens(path)
    while page.locator("form.answers[aria-label='Your decision']").count():
        said = set(page.locator(".one-answer h3").all_inner_texts())
        assert said == {"anna", "ben"}, f"Conflicts at {stage}: Cleo reads what both said, not only {said}."
        number = number_of(page.inner_text("#record-title"))
        reason = decide(number)
        page.fill("#note", "Read again by Cleo.")
        if reason:
            page.get_by_label(reason).press("Space")
        cast.cleo.follows(f"button[value={'exclude' if reason else 'include'}]")
        conflicts = conflicts - {number}
    assert not conflicts, f"Conflicts at {stage}: {conflicts} are left."


def settle_titles(cast: Cast) -> None:
    """The conflicts of titles."""
    settle(
        cast, TITLES, plan.TITLE_CONFLICTS, lambda number: "" if number in plan.CLEO_INCLUDES else "wrong population"
    )


def read_texts(cast: Cast) -> None:
    """Ben reads the full texts first, and nobody learns what he says before Anna has read them too."""

    def ben(person: Person, number: int) -> None:
        if number == 6:
            person.page.locator("#note").press_sequentially(f"children only, {MARKS['ben', 'texts']}")
            person.page.locator("[data-number='1']").press("Space")
            person.follows("button[value=exclude]")
        else:
            person.presses(str(plan.BEN_READS[number]) if plan.BEN_READS[number] else "i")

    def anna(person: Person, number: int) -> None:
        if plan.ANNA_READS[number]:
            person.page.keyboard.press("e")
            person.page.wait_for_selector("[data-asks-reason]:not([hidden])")
            person.presses(str(plan.ANNA_READS[number]))
        else:
            person.presses("i")

    assert answer_queue(cast.ben, cast, TEXTS, ben) == len(plan.FULL_TEXTS)
    for person in (cast.anna, cast.cleo, cast.dora, cast.vera):
        pry(cast, person, "ben", "texts", quickly=True)
    path = cast.at("evidence_screening_record", cast.review.slug, find(1).pk)
    early = cast.anna.sends(path, act="study", code="Aasa_1991", label="Aasa 1991")
    assert "is not included at the full-text stage" in early.text, "Anna makes a study before she has read the report."
    assert answer_queue(cast.anna, cast, TEXTS, anna) == len(plan.FULL_TEXTS)
    settle(cast, TEXTS, plan.TEXT_CONFLICTS, lambda number: plan.REASONS[1 if number == 5 else 0])


def make_studies(cast: Cast) -> None:
    """Ben makes studies of the three that are included; the board counts what became of all forty."""
    page = cast.ben.opens(cast.at("evidence_screening_board", cast.review.slug))
    tiles = page.locator(".tiles").nth(1).inner_text().split()
    assert [word for word in tiles if word.isdecimal()] == ["0", "0", "0", "3", "3"], f"The board counts {tiles}."
    for trial in plan.TRIALS:
        path = cast.at("evidence_screening_record", cast.review.slug, find(trial.number).pk)
        cast.vera.is_refused(path, "Making a study", act="study", code="mine", label="Mine")
        cast.ben.opens(path)
        cast.ben.follows("button[value=study]")
        cast.ben.hears("The study is made", "Making a study")
    labels = sorted(Study.objects.values_list("label", flat=True))
    assert labels == [trial.name for trial in plan.TRIALS], f"Studies: {labels}."
