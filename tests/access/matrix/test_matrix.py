"""Everybody, at every address, by every verb: who gets in is what the table says, and nothing is written by others."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.matrix.counting import TRIPLES
from tests.access.matrix.ground import Ground
from tests.access.matrix.table import LOOKING, OTHER, OTHER_VERBS, PEOPLE, READING, lines, triples, who
from tests.access.matrix.walking import Answer, ask, names_for_programs, routes
from tests.api.test_api_matrix import OTHERS as OTHERS_FOR_PROGRAMS
from tests.api.test_api_matrix import TABLE as TABLE_FOR_PROGRAMS

pytestmark = [pytest.mark.walk, pytest.mark.timeout(900)]
DOCS = Path(__file__).resolve().parents[3] / "docs" / "security.md"
# Those who come into a review cost most, as pages are made for them.
GROUPS = (PEOPLE[:4], PEOPLE[4:6], PEOPLE[6:8], PEOPLE[8:9], PEOPLE[9:])
KEPT = ("", "historical")
# What is written although somebody only looks, or in rows of their own: a reader who opens the queue has a record in
# hand, a member has e-mails of a review or none, and whoever has the link of an invitation takes it.
WRITTEN = {
    "admin/evidence/record/screening/<slug:slug>/queue/<slug:stage>/": {"evidence_screeningticket"},
    "admin/analysis/notice/email/<slug:slug>/": {f"analysis_{kept}noticesubscription" for kept in KEPT},
    "join/<str:token>/": {
        f"{app}_{kept}{name}" for app, name in (("access", "invitation"), ("evidence", "membership")) for kept in KEPT
    },
}
# Addresses with a part that open to people who are not of the review: they lead on, or are meant for everybody.
LEAD_ON = ("<path:object_id>/", "<path:content_type_id>/<path:object_id>/")
# Tables of no review: members of any read which plugins were withdrawn, and which groups there are is no secret.
OF_NO_REVIEW = ("admin/auth/group/", "admin/analysis/pluginwithdrawal/")
FOR_EVERYBODY = ("join/", "published/", "admin/^(?P<app_label>")


@pytest.fixture(autouse=True)
def no_lines_for_refusals() -> Iterator[None]:
    """Refusals are what is looked for: a line of the log with a traceback for each costs as much as the page."""
    logger = logging.getLogger("django.request")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    table, known = lines(), routes()
    without = [route for route in known if route not in table]
    assert not without, "Say in who_may.txt who may do what at:\n" + "\n".join(without)
    assert set(table) == set(known)


def test_routes_of_programs_stand_in_their_own_table() -> None:
    told = {f"api-{word}-{part}" for word, parts in TABLE_FOR_PROGRAMS.items() for part in parts} | OTHERS_FOR_PROGRAMS
    assert names_for_programs() == told


def test_docs_say_how_many_triples_are_walked() -> None:
    assert f"{triples():,} triples of person, address and verb" in DOCS.read_text(encoding="utf-8")


def test_no_row_of_a_review_opens_to_who_is_not_of_it() -> None:
    outside = {"nobody", "stranger", OTHER}
    opened = [route for route, words in lines().items() if any(who(word) & outside for word in words)]
    of_rows = [route for route in opened if "<" in route and not route.startswith((*FOR_EVERYBODY, *OF_NO_REVIEW))]
    assert [route for route in of_rows if not route.endswith(LEAD_ON)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("people", GROUPS, ids=", ".join)
def test_who_gets_in_is_what_the_table_says(people: tuple[str, ...], record_property: Any) -> None:
    ground, table, wrong, count = Ground(), lines(), [], 0
    for person in people:
        client = ground.browser_of(person)
        for route in routes():
            for verb, word in zip(READING, table[route], strict=True):
                answer = ask(client, verb, ground.address_of(route), ground.sent.get(route))
                said = complaint(answer, may=person in who(word), looks=verb == "GET" or word in LOOKING, route=route)
                wrong += [f"{person}, {verb} {route}: {said} (the table says {word})"] if said else []
                count += 1
    record_property(TRIPLES, count)
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_other_verbs_are_refused_to_everybody_at_every_page(record_property: Any) -> None:
    ground, wrong, count = Ground(), [], 0
    addresses = {route: ground.address_of(route) for route in routes()}
    for person in PEOPLE:
        client = ground.browser_of(person)
        for route, address in addresses.items():
            for verb in OTHER_VERBS:
                answer = ask(client, verb, address)
                if answer.status != 405 or answer.written:
                    wrong.append(f"{person}, {verb} {route}: {answer.status}, writes to {sorted(answer.written)}")
                count += 1
    record_property(TRIPLES, count)
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_row_of_another_review_is_answered_as_no_row() -> None:
    ground, wrong, count = Ground(), [], 0
    client = ground.browser_of(OTHER)
    for route in routes():
        address, nowhere = ground.address_of(route), ground.address_of(route, exists=False)
        if address == nowhere or route.startswith((*FOR_EVERYBODY, *OF_NO_REVIEW)):
            continue
        for verb in READING:
            there, missing = (ask(client, verb, one, ground.sent.get(route)) for one in (address, nowhere))
            if plainly(there) != plainly(missing):
                wrong.append(f"{verb} {route}: {plainly(there)}, where there is none {plainly(missing)}")
            count += 1
    assert count > 1000
    assert not wrong, "\n".join(wrong)


def complaint(answer: Answer, *, may: bool, looks: bool, route: str) -> str:
    """Say what is wrong with an answer, "" where nothing is."""
    if answer.status >= 500:
        return f"fails with {answer.status}"
    if answer.is_in != may:
        return f"{'gets in' if answer.is_in else 'is refused'} with {answer.status} {answer.location}".rstrip()
    written = answer.written - (WRITTEN.get(route, set()) if may else set())
    return f"writes to {', '.join(sorted(written))}" if written and (looks or not may) else ""


def plainly(answer: Answer) -> tuple[int, str]:
    """Give what an answer tells, without the keys that it was asked for."""
    return answer.status, re.sub(r"\d+", "", answer.location)
