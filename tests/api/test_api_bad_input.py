"""Bad input at every address: nothing falls over, each refusal is a sentence, and what is refused writes nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from evidence.models import Study
from tests.analysis.test_admin_world import make_world
from tests.api.programs import ROOT, Program, program_of
from tests.api.test_api_matrix import COMPUTED, TABLE, Rows

pytestmark = pytest.mark.django_db

WRITING = ("POST", "PATCH", "DELETE")
# As raw bodies: no object, no JSON, no UTF-8, numbers that are none, too deep, a name twice, half letters.
BODIES: dict[str, tuple[bytes, set[int]]] = {
    "nothing": (b"", {200, 400, 422}),  # to a change: nothing is changed
    "a list": (b"[]", {422}),
    "a text": (b'"x"', {422}),
    "a number": (b"1", {422}),
    "null": (b"null", {422}),
    "no JSON": (b"{'a': 1}", {400}),
    "half an object": (b'{"a": ', {400}),
    "XML": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', {400}),
    "Latin 1": ('{"note": "é"}'.encode("latin-1"), {400}),
    "UTF-16": ('{"note": "x"}'.encode("utf-16"), {400}),
    "not a number": (b'{"note": NaN}', {400}),
    "infinity": (b'{"note": -Infinity}', {400}),
    "twice": (b'{"note": 1, "note": 2}', {400}),
    "half a letter": (b'{"note": "\\ud800"}', {400}),
    "deep": (b'{"note": ' + b"[" * 50 + b"]" * 50 + b"}", {400}),
    "bottomless": (b"[" * 200_000, {400}),
    "long number": (b'{"note": ' + b"9" * 10_000 + b"}", {400}),
    "unknown names": (b'{"__class__": 1, "is_superuser": true, "password": "x"}', {422}),
    "huge": (b'{"note": "' + b"x" * 5_000_000 + b'"}', {413}),
}
# As values of each field that can be sent.
VALUES: list[Any] = [
    *([], {}, {"a": 1}, [1], True, False, None, "", " ", -1, 0, 10**30, -(10**30), 1e300, 0.1, "1e999", "NaN"),
    *("\x00", "a\x00b", "x" * 30_000, "\u202eabc", "a\u0301" * 50, "😀" * 90, "\ufeff", "１２"),
    *("'; DROP TABLE evidence_study; --", "1 OR 1=1", '=HYPERLINK("x")', "{{7*7}}", "{% debug %}", "${7*7}"),
    *("<script>alert(1)</script>", "../../../etc/passwd", "a\r\nX-Injected: 1", "file:///etc/passwd", "javascript:x"),
]
QUERIES = (
    *("review=%00", "search=%00", "ordering=%00", "fields=%00", "cursor=%00", "page_size=%00", "format=%00"),
    *("search='%20OR%201=1--", "ordering=id;DROP%20TABLE%20x", "ordering=review__slug", "fields=password"),
    *("review=" + "x" * 3000, "search=" + "x" * 3000, "page_size=1e3", "page_size=-1", "page_size=٣", "cursor=W10"),
    *("cursor=WyJpZCIsIHt9LCAxXQ", "review__owner=1", "id__in=1", "review[]=x", "format=xml", "format=../x", "%00=1"),
    *("search=%F0%9F%98%80", "search=%FF", "study=99999999999999999999", "study=-1", "study=x", "year_gte=x"),
)
KEYS = ("0", "-1", "999999999999999999", "9" * 40, "x", "%00", "..%2f..%2fetc%2fpasswd", "%2e%2e", "1;2", "１", "1%0A")
HEADERS = {
    "If-None-Match": ["x" * 5000, '"', "*", "W/", "\x01"],
    "Accept": ["x" * 2000, "nonsense", "image/*;q=x", "*/*;format=" + "x" * 500],
}
WRITING_HEADERS = {
    "Idempotency-Key": ["", " ", "x" * 201, "a\r\nX-Injected: 1", "é", "\x00"],
    "If-Match": ["", '"x"', "*", "x" * 5000, 'W/"x"', "a\r\nX-Injected: 1"],
}


def fine(response: Any, told: str) -> None:
    """See that an answer is no crash, that a refusal is a sentence, and that no header came in from outside."""
    assert response.status_code < 500, told
    assert "X-Injected" not in response.headers, told
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json", (told, response.content)
        body = response.json()
        assert body["status"] == response.status_code, told
        assert body["detail"].strip(), told
        assert body["detail"].strip()[-1] in ".!?", (told, body["detail"])
        assert "Traceback" not in body["detail"], told


def attempt(program: Program, verb: str, path: str, body: Any, **headers: str) -> Any:
    """Send a request and take back what it wrote; see that a refused one wrote nothing."""
    point = transaction.savepoint()
    before = Study.objects.count()
    response = program.ask(verb, path, body, **headers)
    if response.status_code >= 400:
        assert Study.objects.count() == before
    transaction.savepoint_rollback(point)
    return response


def writing(word: str, rows: Rows) -> Iterator[tuple[str, str, Any]]:
    """Give verb, address and a good body of each request of a resource that writes."""
    for part, verbs in TABLE[word].items():
        for verb in verbs:
            if verb in WRITING:
                address, body = rows.request(word, part, verb)
                if part == "detail" and verb == "PATCH" and word not in ("assessments", "reviews"):
                    body = {name: value for name, value in rows.sent.get(word, {}).items() if name != "review"}
                yield verb, address, body


@pytest.fixture
def no_limit(settings: Any) -> None:
    """Let a program send as much as it likes."""
    settings.API_PERSON_RATE = settings.API_ADDRESS_RATE = "1000000/minute"


@pytest.mark.usefixtures("no_limit")
@pytest.mark.parametrize("word", TABLE)
def test_bad_input_is_refused_with_a_sentence(word: str) -> None:
    world = make_world(2 if word in COMPUTED else 0)
    rows, program = Rows(world, word), program_of(world.owner)
    for verb, address, good in writing(word, rows):
        tag = program.get(address).headers.get("ETag", "") if verb in ("PATCH", "DELETE") else ""
        headers = {"If_Match": tag} if tag else {}
        if verb != "DELETE":
            has_body = good != {} or verb == "PATCH"
            for name, (raw, statuses) in BODIES.items() if has_body else ():
                response = attempt(program, verb, address, raw, **headers)
                fine(response, f"{verb} {address} {name}")
                assert response.status_code in statuses, (verb, address, name, response.content[:300])
            for field in good:
                for value in VALUES:
                    response = attempt(program, verb, address, json.dumps({**good, field: value}), **headers)
                    fine(response, f"{verb} {address} {field}={value!r:.60}")
            response = program.client.generic(
                verb, address, b"<a/>", content_type="text/xml", headers={**program.headers, "If-Match": tag}
            )
            fine(response, f"{verb} {address} XML")
            assert response.status_code in ((415,) if has_body else (200, 415, 422)), response.content
        for name, values in WRITING_HEADERS.items():
            for value in values:
                odd = attempt(program, verb, address, good, **{**headers, name.replace("-", "_"): value})
                fine(odd, f"{verb} {address} {name}: {value!r:.60}")


@pytest.mark.usefixtures("no_limit")
@pytest.mark.parametrize("word", TABLE)
def test_odd_questions_and_keys_are_answered_or_refused_with_a_sentence(word: str) -> None:
    world = make_world(2 if word in COMPUTED else 0)
    rows, program = Rows(world, word), program_of(world.owner)
    for part, verbs in TABLE[word].items():
        if "GET" not in verbs:
            continue
        address = rows.request(word, part, "GET")[0].split("?")[0]
        for query in QUERIES:
            response = program.get(f"{address}?{query}")
            fine(response, f"{address}?{query}")
            assert response.status_code in (200, 400, 404, 422), (address, query)
        for name, values in HEADERS.items():
            for value in values:
                fine(program.get(address, **{name.replace("-", "_"): value}), f"{address} {name}: {value:.60}")
    for key in KEYS:
        for verb in ("GET", *WRITING):
            response = program.ask(verb, f"{ROOT}/{word}/{key}/", None if verb == "GET" else {}, If_Match='"x"')
            fine(response, f"{verb} {word} {key}")
            assert response.status_code in (404, 405), (verb, word, key, response.content)
