"""Who asked for what by which verb, and whether they got in; and that a request wrote what it may write only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from tests.test_doors import walk

# What is sent everywhere: that a person is sure, and why, as pages that ask for it send it.
SENT = {"post": "yes", "reason": "x"}
WRITES = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO) "(\w+)"')
PROGRAMS = "api/"
# Sessions, the log, and rows that say how a person reads.
TRACES = {"django_session", "evidence_securityevent", "evidence_editingmark", "analysis_noticeread"}


@dataclass(slots=True)
class Answer:
    """What came of one request."""

    status: int
    location: str = ""
    written: set[str] = field(default_factory=set)

    @property
    def is_in(self) -> bool:
        """Whether the person got in: was shown something, or led on after a deed; a form that is wrong was read."""
        if self.status in (301, 302):
            return not self.location.startswith(("/admin/login/", "/admin/code/")) and self.location != "/admin/"
        return self.status in (200, 204, 400, 409, 422)


class Recorder:
    """Notes which tables a request writes to, beside sessions, the log and traces of reading."""

    def __init__(self) -> None:
        self.written: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Look at a statement on its way to the database."""
        found = WRITES.match(sql)
        if found and found[1] not in TRACES:
            self.written.add(found[1])
        return execute(sql, params, many, context)


def ask(client: Client, verb: str, address: str, sent: dict[str, Any] | None = None) -> Answer:
    """Ask once, and take back whatever it did, to the data and to the browser."""
    recorder, cookies = Recorder(), {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic(), connection.execute_wrapper(recorder):
        send = getattr(client, verb.lower())
        answer = send(address, {**SENT, **(sent or {})} if verb == "POST" else {} if verb == "GET" else "")
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    client.cookies.clear()
    for name, value in cookies.items():
        client.cookies[name] = value
    return Answer(answer.status_code, answer.headers.get("Location", ""), recorder.written)


def routes() -> list[str]:
    """Give every route of the site that people open; those of programs have a table of their own."""
    return [route for route in dict.fromkeys(walk(get_resolver())) if not route.startswith(PROGRAMS)]


def names_for_programs() -> set[str]:
    """Give the names of the routes that programs ask."""
    (resolver,) = (one for one in get_resolver().url_patterns if str(one.pattern) == PROGRAMS)
    return set(_names(resolver))


def _names(resolver: URLResolver) -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _names(one)
        else:
            yield str(one.name)
