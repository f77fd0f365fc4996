"""Programs that ask: a client with the token of a person, and a world of rows of all kinds."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from evidence.models import Review
from evidence.permissions import Scope
from evidence.services.tokens import issue_token
from tests.factories import make_membership, make_user, next_number

ROOT = "/api/v1"
ALL_SCOPES = tuple(Scope)


@dataclass
class Program:
    """What sends requests in the name of a person."""

    person: User
    headers: dict[str, str]
    client: Client

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request with JSON; `path` is below the version, or a whole address."""
        address = path if path.startswith(("/api", "http")) else f"{ROOT}/{path}"
        options: dict[str, Any] = {"headers": {**self.headers, **{n.replace("_", "-"): v for n, v in headers.items()}}}
        if body is not None:
            options |= {"data": body, "content_type": "application/json"}
        return self.client.generic(method, address, **_raw(options))

    def get(self, path: str, **headers: str) -> Any:
        """Ask for something."""
        return self.ask("GET", path, **headers)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Give the rows of a list."""
        response = self.get(path)
        assert response.status_code == 200, response.content
        found: list[dict[str, Any]] = response.json()["results"]
        return found

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Send something new."""
        return self.ask("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, etag: str | None = None) -> Any:
        """Change something: the version that is there, unless another is named."""
        tag = self.get(path)["ETag"] if etag is None else etag
        return self.ask("PATCH", path, body, If_Match=tag)

    def delete(self, path: str) -> Any:
        """Remove something as it is."""
        return self.ask("DELETE", path, If_Match=self.get(path)["ETag"])


def _raw(options: dict[str, Any]) -> dict[str, Any]:
    """Give the options of a request, with a body of plain data as JSON."""
    if "data" in options and not isinstance(options["data"], str | bytes):
        options["data"] = json.dumps(options["data"])
    return options


def program_of(person: User, scopes: Any = ALL_SCOPES) -> Program:
    """Give a program with a token of the person."""
    _, key = issue_token(by=person, name=f"token {next_number()}", scopes=scopes, days=30)
    return Program(person, {"Authorization": f"Bearer {key}"}, Client(raise_request_exception=True))


def member_program(review: Review, role: str = "adjudicator", scopes: Any = ALL_SCOPES) -> Program:
    """Give a program of a new member of the review."""
    person = make_user()
    make_membership(review, person, role)
    return program_of(person, scopes)


def says(response: Any) -> str:
    """Give the sentences of a refusal, and see that it is one."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert body["status"] == response.status_code
    return str(body["detail"])
