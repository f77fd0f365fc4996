"""Many readers of one review at once, each in a thread with a connection of its own, against a real database.

Run as a program: the database is that of DATABASE_URL; what happened is printed as JSON.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PEOPLE, RECORDS, CHAOS_STEPS = 12, 60, 25
ABSTRACT, FULL_TEXT = "title_abstract", "full_text"


def main() -> None:
    """Prepare the tables, let everybody read, and print what is to be checked."""
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}  # tables straight from the models
    call_command("migrate", run_syncdb=True, verbosity=0)
    sys.stdout.write(json.dumps({"orderly": _orderly(), "chaos": _chaos()}) + "\n")


def _in_threads(work: Callable[[Any, random.Random, Counter[str]], None], people: list[Any]) -> Counter[str]:
    """Let each person do the work in a thread; give what happened, by its name."""
    from django.db import DatabaseError, connection

    happened: list[Counter[str]] = [Counter() for _ in people]

    def run(number: int) -> None:
        try:
            work(people[number], random.Random(number), happened[number])
        except (DatabaseError, TypeError, ValueError, LookupError, AttributeError, TimeoutError) as error:
            happened[number][f"{type(error).__name__}: {error}"[-300:]] += 1
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(run, range(len(people))))
    return sum(happened, Counter())


def _orderly() -> dict[str, Any]:
    """Everybody takes what they are given and answers it: nobody may be refused, and nothing may be left over."""
    from django.core.exceptions import ValidationError

    from evidence.services import screening
    from tests.factories import make_review
    from tests.screening_factories import make_policy, make_records, make_team

    review = make_review()
    people = make_team(review, *(f"reader{number}_" for number in range(PEOPLE)))
    make_records(review, RECORDS)
    make_policy(review, title_abstract_readers="sample", title_abstract_share=60)

    def read(person: Any, chance: random.Random, happened: Counter[str]) -> None:
        while (state := screening.next_record(by=person, review=review, stage=ABSTRACT)) is not None or _left(review):
            if state is None:
                time.sleep(0.02)  # what is left is in other hands, or answered by this person
                happened["empty"] += 1
                if happened["empty"] > 2000:
                    raise TimeoutError("the queue does not come to its end")
                continue
            answer = chance.choice(("include", "exclude"))
            try:
                screening.decide(by=person, record=state.record, stage=ABSTRACT, answer=answer)
                happened["answered"] += 1
            except ValidationError as error:
                happened[f"refused: {error.messages}"[:300]] += 1

    happened = _in_threads(read, people)
    del happened["empty"]
    return {"happened": happened, **_checked(review)}


def _left(review: Any) -> bool:
    from evidence.models import ScreeningState

    return bool(ScreeningState.objects.filter(review=review, stage=ABSTRACT, status="waiting").exists())


def _chaos() -> dict[str, Any]:
    """Everybody does everything, and the owner changes rules and order meanwhile; refusals with a sentence are fine."""
    from django.core.exceptions import PermissionDenied, ValidationError

    from tests.factories import make_review
    from tests.screening_factories import make_owner, make_policy, make_reason, make_records, make_team

    review = make_review()
    people = make_team(review, *(f"judge{number}_" for number in range(PEOPLE)), role="adjudicator")
    records = make_records(review, RECORDS)
    owner, reason = make_owner(review), make_reason(review)
    make_policy(review, order="priority")

    def work(person: Any, chance: random.Random, happened: Counter[str]) -> None:
        for _ in range(CHAOS_STEPS):
            try:
                if person == owner:
                    _rule(owner, review, chance)
                else:
                    _act(person, chance, happened, records, reason)
            except (ValidationError, PermissionDenied):
                happened["refused"] += 1

    happened = _in_threads(work, [*people, owner])
    return {"happened": happened, **_checked(review)}


def _rule(owner: Any, review: Any, chance: random.Random) -> None:
    """Change how many people read, and the order."""
    from evidence.models import ScreeningState
    from evidence.services import screening

    readers = chance.choice(("single", "dual", "sample"))
    screening.set_policy(by=owner, review=review, title_abstract_readers=readers)
    waiting = ScreeningState.objects.filter(review=review, stage=ABSTRACT, status="waiting")
    pks = list(waiting.values_list("record", flat=True))
    ranks = {pk: place for place, pk in enumerate(chance.sample(pks, len(pks)), start=1)}
    screening.put_ranks(by=owner, review=review, ranks=ranks, method="chance", learned_from=0, included=0)


def _act(person: Any, chance: random.Random, happened: Counter[str], records: list[Any], reason: Any) -> None:
    """Do one thing by chance."""
    from evidence.services import screening

    review, record = records[0].review, chance.choice(records)
    stage = chance.choice((ABSTRACT, ABSTRACT, FULL_TEXT))
    answer = chance.choice(("include", "include", "exclude", "unsure"))
    given = {"answer": answer, "reason": reason if answer == "exclude" else None}
    what = chance.choice(("next", "next", "decide", "many", "undo", "adjudicate", "skip", "duplicate"))
    happened[what] += 1
    if what in ("next", "skip"):
        state = screening.next_record(by=person, review=review, stage=stage)
        if state is not None and what == "next":
            screening.decide(by=person, record=state.record, stage=stage, **given)
        elif state is not None:
            screening.skip(by=person, state=state)
    elif what == "decide":
        screening.decide(by=person, record=record, stage=stage, **given)
    elif what == "many":
        some = [screening.Given(one, **given) for one in chance.sample(records, 4)]
        screening.decide_many(by=person, review=review, stage=stage, given=some)
    elif what == "undo":
        screening.undo(by=person, review=review, stage=stage)
    elif what == "adjudicate":
        screening.adjudicate(by=person, record=record, stage=stage, **given, note="so", overrule=True)
    else:
        fresh, other = type(record).objects.get(pk=record.pk), chance.choice([None, chance.choice(records)])
        screening.mark_duplicate(by=person, record=fresh, of=other)


def _checked(review: Any) -> dict[str, Any]:
    """Give what is stored: how many readers each record has, and which states are not those of their decisions."""
    from evidence.models import ScreeningState
    from tests.evidence.screening.test_states_agree import expected, readers_of

    readers: Counter[str] = Counter()
    wrong = []
    for record in review.records.order_by("pk"):
        states = {state.stage: state for state in ScreeningState.objects.filter(record=record)}
        for stage, state in states.items():
            stored = (state.status, state.answered, state.first_reader_id, state.reason_id, state.is_disclosed)
            if stored != expected(record, stage, states):
                wrong.append([record.pk, stage, *stored])
            readers[f"{readers_of(record, stage)} of {state.needed}, {state.status}"] += 1
    return {"readers": readers, "wrong": wrong}


if __name__ == "__main__":
    sys.exit(main())
