"""Everybody, at every address, by every verb: who gets in is what the table says, and nothing is written by others."""

from typing import Any

import pytest

from tests.access.matrix.counting import TRIPLES
from tests.access.matrix.ground import Ground
from tests.access.matrix.table import OTHER, PEOPLE, lines, who
from tests.access.matrix.walking import Answer, ask, routes

pytestmark = [pytest.mark.walk, pytest.mark.timeout(900)]
GROUPS = (PEOPLE[:3], PEOPLE[3:6], PEOPLE[6:])
READING = ("GET", "POST")
# A reader who opens the queue has a record in hand.
HANDED_OUT = {"admin/evidence/record/screening/<slug:slug>/queue/<slug:stage>/": {"evidence_screeningticket"}}
# Addresses with a part that open to people who are not of the review: they lead on, or are meant for everybody.
LEAD_ON = ("<path:object_id>/", "<path:content_type_id>/<path:object_id>/")
FOR_EVERYBODY = ("join/", "published/", "admin/^(?P<app_label>")


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    table, known = lines(), routes()
    without = [route for route in known if route not in table]
    assert not without, "Say in who_may.txt who may do what at:\n" + "\n".join(without)
    assert set(table) == set(known)


def test_no_row_of_a_review_opens_to_who_is_not_of_it() -> None:
    outside = {"nobody", "stranger", OTHER}
    opened = [route for route, words in lines().items() if any(who(word) & outside for word in words)]
    of_rows = [route for route in opened if "<" in route and not route.startswith(FOR_EVERYBODY)]
    assert [route for route in of_rows if not route.endswith(LEAD_ON)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("people", GROUPS, ids=", ".join)
def test_who_gets_in_is_what_the_table_says(people: tuple[str, ...], record_property: Any) -> None:
    ground, table, wrong, count = Ground(), lines(), [], 0
    for person in people:
        client = ground.browser_of(person)
        for route in routes():
            for verb, word in zip(READING, table[route], strict=True):
                answer = ask(client, verb, ground.address_of(route))
                said = complaint(answer, may=person in who(word), reads=verb == "GET", route=route)
                wrong += [f"{person}, {verb} {route}: {said} (the table says {word})"] if said else []
                count += 1
    record_property(TRIPLES, count)
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["owner", "administrator"])
def test_other_verbs_write_nothing_even_for_who_may_everything(person: str, record_property: Any) -> None:
    ground, wrong, count = Ground(), [], 0
    client = ground.browser_of(person)
    for route in routes():
        for verb in ("PUT", "PATCH", "DELETE"):
            answer = ask(client, verb, ground.address_of(route))
            written = answer.written - HANDED_OUT.get(route, set())
            if answer.status >= 500 or written:
                wrong.append(f"{person}, {verb} {route}: {answer.status}, writes to {sorted(written)}")
            count += 1
    record_property(TRIPLES, count)
    assert not wrong, "\n".join(wrong)


def complaint(answer: Answer, *, may: bool, reads: bool, route: str) -> str:
    """Say what is wrong with an answer, "" where nothing is."""
    if answer.status >= 500:
        return f"fails with {answer.status}"
    if answer.is_in != may:
        return f"{'gets in' if answer.is_in else 'is refused'} with {answer.status} {answer.location}".rstrip()
    written = answer.written - (HANDED_OUT.get(route, set()) if may else set())
    if written and (reads or not may):
        return f"writes to {', '.join(sorted(written))}"
    return ""
