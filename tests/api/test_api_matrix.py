"""Roles x routes x verbs: what each may do at every address. A route without a line in the table fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from analysis.models import Webhook
from analysis.services import record_claim
from analysis.services.notifying import save_webhook
from evidence.permissions import Scope
from tests import factories, screening_factories
from tests.analysis.test_admin_world import World, make_world
from tests.api.programs import ROOT, Program, program_of
from tests.claims.test_papers import make_paper

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MEMBERS = ("viewer", "statistician", "reviewer", "adjudicator", "owner")
WHO = ("nobody", "outsider", *MEMBERS, "token to read")
RECORD, ADJUDICATE = {"reviewer", "adjudicator", "owner"}, {"adjudicator", "owner"}
ANALYSE, MANAGE, ALL = {"statistician", "adjudicator", "owner"}, {"owner"}, set(MEMBERS)


class Line(NamedTuple):
    """Who may do something, what they are answered then, and what somebody of another review is answered."""

    roles: set[str]
    status: int
    outsider: int


LIST, ROW = Line(ALL, 200, 200), Line(ALL, 200, 404)
NEW, NEW_AGREED = Line(RECORD, 201, 422), Line(ADJUDICATE, 201, 422)
MANY, MANY_AGREED = Line(RECORD, 200, 403), Line(ADJUDICATE, 200, 403)
CHANGE, CHANGE_AGREED = Line(RECORD, 200, 404), Line(ADJUDICATE, 200, 404)
GONE, GONE_AGREED = Line(RECORD, 204, 404), Line(ADJUDICATE, 204, 404)
# An agreed row (of a consensus) needs an adjudicator; rows of the review itself are anybody's who records.
RECORDED = {"list": {"GET": LIST, "POST": NEW}, "detail": {"GET": ROW, "PATCH": CHANGE, "DELETE": GONE}}
AGREED = {
    "list": {"GET": LIST, "POST": NEW_AGREED},
    "detail": {"GET": ROW, "PATCH": CHANGE_AGREED, "DELETE": GONE_AGREED},
}
READ = {"list": {"GET": LIST}, "detail": {"GET": ROW}}
HISTORY = {"history": {"GET": ROW}}
REFUSED_TURN = {"POST": Line(ADJUDICATE, 422, 404)}
TABLE: dict[str, dict[str, dict[str, Line]]] = {
    "reviews": {
        "list": {"GET": LIST, "POST": Line(ALL, 201, 201)},
        "detail": {"GET": ROW, "PATCH": Line(MANAGE, 200, 404), "DELETE": Line(MANAGE, 409, 404)},
        **HISTORY,
    },
    "records": {"list": {"GET": LIST}, "detail": {"GET": ROW, "PATCH": CHANGE}, **HISTORY},
    "screening-decisions": {"list": {"GET": LIST, "POST": NEW}, "detail": {"GET": Line({"owner"}, 200, 404)}},
    "studies": {**RECORDED, "bulk": {"POST": MANY}, **HISTORY},
    "reports": {**RECORDED, **HISTORY},
    "outcomes": {**RECORDED, "bulk": {"POST": MANY}, **HISTORY},
    "windows": {**RECORDED, **HISTORY},
    "instruments": {**RECORDED, **HISTORY},
    "extractions": {
        "list": {"GET": LIST, "POST": NEW_AGREED},
        "detail": {"GET": ROW},
        "complete": {"POST": Line(ADJUDICATE, 200, 404)},
        "reopen": REFUSED_TURN,
        **HISTORY,
    },
    "arms": {**AGREED, "bulk": {"POST": MANY_AGREED}, **HISTORY},
    "components": {**AGREED, **HISTORY},
    "arm-results": {**AGREED, "bulk": {"POST": MANY_AGREED}, **HISTORY},
    "contrast-results": {**AGREED, "bulk": {"POST": MANY_AGREED}, **HISTORY},
    "assessments": {
        "list": {"GET": LIST, "POST": NEW_AGREED},
        "detail": {"GET": ROW, "PATCH": CHANGE_AGREED},
        "submit": REFUSED_TURN,
        "reopen": REFUSED_TURN,
        **HISTORY,
    },
    "judgements": {**READ, **HISTORY},
    "analyses": {**READ, **HISTORY},
    "runs": READ,
    "snapshots": READ,
    "effects": {"list": {"GET": LIST}},
    "jobs": {
        "list": {"GET": LIST, "POST": Line(ANALYSE, 202, 422)},
        "detail": {"GET": ROW},
        "cancel": {"POST": Line(ANALYSE, 422, 404)},
    },
    "papers": {**READ, "findings": {"GET": ROW}, **HISTORY},
    "claims": {**READ, **HISTORY},
    "analysis-claims": {**READ, **HISTORY},
    "webhooks": {
        "list": {"GET": LIST, "POST": Line(MANAGE, 201, 422)},
        "detail": {"GET": ROW, "PATCH": Line(MANAGE, 200, 404)},
        "secret": {"POST": Line(MANAGE, 200, 404)},
        "history": {"GET": Line(MANAGE, 200, 404)},
    },
    "plugins": {"list": {"GET": LIST}, "detail": {"GET": LIST}},
}
COMPUTED = ("analyses", "runs", "snapshots", "effects", "jobs")
DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"
# Addresses that are of no review: the root, the description and its page, and all that is not there.
OTHERS = {"api-root", "api-schema", "api-docs", "api-nothing"}


def routes() -> Iterator[str]:
    """Give the names of all routes of the interface."""

    def walk(resolver: Any, before: str) -> Iterator[str]:
        for one in resolver.url_patterns:
            path = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one, path)
            elif isinstance(one, URLPattern) and path.startswith("api/"):
                yield str(one.name)

    return walk(get_resolver(), "")


def test_every_route_has_its_line_and_every_line_its_route() -> None:
    lines = {f"api-{word}-{part}" for word, parts in TABLE.items() for part in parts}
    assert set(routes()) == lines | OTHERS


class Rows:
    """A review with a row of each kind, and what is sent to make another."""

    def __init__(self, world: World, word: str) -> None:
        review, self.world = world.review, world
        study, free = factories.make_study(review), factories.make_study(review)
        outcome = factories.make_outcome(review)
        instrument = factories.make_instrument(factories.make_outcome(review))
        extraction = factories.make_extraction(study)
        first, second = factories.make_arm(extraction), factories.make_arm(extraction, "comparator")
        other = factories.make_arm(extraction)
        component = factories.make_component(first)
        result = factories.make_arm_result(first, instrument)
        contrast = factories.make_contrast_result(first, second, instrument)
        assessment = factories.make_assessment(study)
        judgement = factories.make_judgement(assessment)
        record = screening_factories.make_record(review)
        decision = decided(world.owner, record)
        snapshot = world.snapshot() if word in COMPUTED else None
        self.keys: dict[str, Any] = {
            "reviews": review.pk,
            "records": record.pk,
            "screening-decisions": decision.pk,
            "studies": free.pk,
            "reports": factories.make_report(study).pk,
            "outcomes": outcome.pk,
            "windows": factories.make_window(instrument.outcome).pk,
            "instruments": factories.make_instrument(factories.make_outcome(review)).pk,
            "extractions": extraction.pk,
            "arms": other.pk,
            "components": component.pk,
            "arm-results": result.pk,
            "contrast-results": contrast.pk,
            "assessments": assessment.pk,
            "judgements": judgement.pk,
            "plugins": "pooling",
            **ledger(world),
        }
        if snapshot is not None:
            self.keys |= {"analyses": snapshot.analysis_id, "runs": snapshot.runs.first().pk, "snapshots": snapshot.pk}
            self.keys |= {"jobs": snapshot.analysis.refreshes.get().pk}
        self.sent = sent_for(world, instrument, extraction, (other, second))
        self.sent["jobs"] = {"analysis": self.keys.get("analyses")}

    def request(self, word: str, part: str, verb: str) -> tuple[str, Any]:
        """Give the address and the body of a request."""
        base = f"{ROOT}/{word}/"
        row = f"{base}{self.keys.get(word)}/"
        if part == "list":
            query = f"?review={self.world.review.slug}" if word == "effects" and verb == "GET" else ""
            return base + query, self.sent.get(word, {})
        if part == "bulk":
            return f"{base}bulk/", {"review": self.world.review.slug, "rows": [self.sent[word]]}
        if part == "detail":
            body = {"judgements": {"deviations": {"judgement": "low"}}} if word == "assessments" else {}
            return row, body
        return f"{row}{part}/", {"reason": "A slip."} if part == "reopen" else {}


def ledger(world: World) -> dict[str, int]:
    """Give keys of a paper with claims, of a number that an analysis is held beside, and of a webhook."""
    paper = make_paper(world)
    held = record_claim(by=world.owner, analysis=world.analysis(), quantity="k", as_printed="3")
    webhook = Webhook(review=world.review, url="https://hooks.example.org/quorum")
    save_webhook(by=world.owner, webhook=webhook)
    claim = paper.claims.order_by("position")[0]
    return {"papers": paper.pk, "claims": claim.pk, "analysis-claims": held.pk, "webhooks": webhook.pk}


def sent_for(world: World, instrument: Any, extraction: Any, arms: Any) -> dict[str, Any]:
    """Give what is sent to make another row of each kind."""
    review, (first, second) = world.review, arms
    study, empty = factories.make_study(review), factories.make_study(review)
    at_week_12 = {"instrument": instrument.pk, "week": 12}
    of_extraction = {"extraction": extraction.pk, "first_arm": first.pk, "second_arm": second.pk}
    window = {"name": "Late", "target_week": 60, "from_week": 50, "to_week": 70}
    words = {"code": "new", "name": "New", "direction": "lower"}
    kind, record = factories.make_component_type(review), screening_factories.make_record(review)
    return {
        "reviews": {"slug": "another", "title": "Another"},
        "studies": {"review": review.slug, "code": "New", "label": "New"},
        "reports": {"study": study.pk, "citation": "New. A trial."},
        "outcomes": {"review": review.slug, **words},
        "windows": {"outcome": instrument.outcome_id, "code": "late", **window},
        "instruments": {"outcome": instrument.outcome_id, **words},
        "extractions": {"study": empty.pk, "is_consensus": True},
        "arms": {"extraction": extraction.pk, "number": 9, "label": "Nine", "role": "experimental"},
        "components": {"arm": first.pk, "type": kind.pk},
        "arm-results": {"arm": second.pk, **at_week_12, "mean": 3},
        "contrast-results": {**of_extraction, **at_week_12, "estimate": 1},
        "assessments": {"study": empty.pk, "tool": "rob2", "effect": "assignment", "is_consensus": True},
        "screening-decisions": {"record": record.pk, "stage": "title_abstract", "answer": "include"},
        "webhooks": {"review": review.slug, "url": "https://hooks.example.org/other"},
    }


def decided(person: Any, record: Any) -> Any:
    """Let a person answer about a record; give the decision."""
    screening_factories.settle(record, "include", [person])
    return record.decisions.get()


def people(world: World) -> dict[str, Program]:
    """Give a program for each of those who ask."""
    found = {"nobody": Program(world.owner, {}, Client())}
    other = make_world()
    found["outsider"] = program_of(other.owner)
    for role in MEMBERS:
        world.client(role)
        found[role] = program_of(world.people[role])
    found["token to read"] = program_of(world.owner, [Scope.READ])
    return found


def expected(who: str, verb: str, line: Line | None) -> int:
    """Give the status that the table says."""
    if who == "nobody":
        return 401
    if who == "token to read":
        return 403 if verb != "GET" else 405 if line is None else line.status
    if line is None:
        return 405
    if who == "outsider":
        return line.outsider
    if who in line.roles:
        return line.status
    return 404 if verb == "GET" else 403


@pytest.mark.parametrize("word", TABLE)
def test_table_holds_for_every_role_route_and_verb(word: str) -> None:
    world = make_world(2 if word in COMPUTED else 0)
    rows, programs = Rows(world, word), people(world)
    tags: dict[str, str] = {}
    wrong = []
    for part, verbs in TABLE[word].items():
        for verb in VERBS:
            address, body = rows.request(word, part, verb)
            if part == "detail" and verb in ("PATCH", "DELETE") and address not in tags:
                tags[address] = programs["owner"].get(address).headers.get("ETag", "")
            for who, program in programs.items():
                headers = {"If_Match": tags[address]} if tags.get(address) else {}
                point = transaction.savepoint()
                status = program.ask(verb, address, None if verb == "GET" else body, **headers).status_code
                transaction.savepoint_rollback(point)
                told = expected(who, verb, verbs.get(verb))
                if status != told:
                    wrong.append(f"{verb} {part} of {word} by {who}: {status}, not {told}")
    assert not wrong, "\n".join(wrong)


def test_walk_is_as_long_as_the_docs_say() -> None:
    triples = len(WHO) * len(VERBS) * sum(map(len, TABLE.values()))
    assert f"{triples} triples of role, route and verb" in DOCS.read_text(encoding="utf-8")


def test_addresses_of_no_review() -> None:
    world = make_world()
    programs = people(world)
    for who in ("nobody", "outsider", "viewer"):
        status = 401 if who == "nobody" else 200
        assert programs[who].get("").status_code == status
        assert programs[who].get("nothing/").status_code == 404
    for path in ("schema/", "docs/"):
        assert programs["nobody"].get(path).status_code == 401
        assert programs["nobody"].get(path)["Content-Type"] == "application/problem+json"
        assert programs["viewer"].post(path).status_code == 405
        assert programs["token to read"].post(path).status_code == 403
    assert programs["viewer"].get("docs/").status_code == 200
