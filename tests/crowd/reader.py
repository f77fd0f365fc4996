"""One simulated reviewer: reads pages, changes fields, saves, and does it again where a save was refused."""

import http.client
import time
import urllib.parse
from collections import Counter
from typing import NamedTuple

from tests.evidence.browsing import read_fields

REFUSED = "while you had it open"
MOST_TRIES = 200


class Answer(NamedTuple):
    """What the site answered."""

    status: int
    text: str


class Reader:
    """A browser with its session; counts what it was answered, and the seconds that saving took."""

    def __init__(self, address: str, session: str) -> None:
        self.host = address.removeprefix("http://")
        self.cookies = {"sessionid": session}
        self.answers: Counter[str] = Counter()
        self.seconds: list[float] = []

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        """Send one request."""
        connection = http.client.HTTPConnection(self.host, timeout=120)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return Answer(response.status, text)

    def change(self, study: int, field: str, token: str) -> None:
        """Add a token to a text field of a study's page, as often as it takes."""
        path = f"/admin/evidence/study/{study}/change/?extraction=consensus"
        for _ in range(MOST_TRIES):
            page = read_fields(self.ask("GET", path).text)
            page[field] = f"{page[field]} {token}".strip()
            if self.save(path, page):
                return
        raise AssertionError(f"{token} was refused {MOST_TRIES} times: {self.answers}")

    def save(self, path: str, fields: dict[str, str]) -> bool:
        """Save a page; whether it was saved. Anything but saved or refused with a sentence is an error."""
        started = time.monotonic()
        answer = self.ask("POST", path, fields)
        self.seconds.append(time.monotonic() - started)
        kind = "saved" if answer.status == 302 else "refused" if _is_refusal(answer) else f"status {answer.status}"
        self.answers[kind] += 1
        assert kind in ("saved", "refused"), f"{kind}: {answer.text[:2000]}"
        return kind == "saved"


def _is_refusal(answer: Answer) -> bool:
    return answer.status == 200 and (REFUSED in answer.text or "errorlist" in answer.text)
