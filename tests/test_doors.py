"""Every address of the site, walked: strangers and other reviews learn and change nothing, viewers change nothing.

The addresses are read from the site itself, so that a new page is walked as soon as it is there.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db.models import QuerySet
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from analysis.models import Analysis, Block, Run, Snapshot
from evidence.models import Review, Study, Upload
from tests.analysis.test_admin_permissions import full_world
from tests.analysis.test_admin_world import World, make_world
from tests.factories import make_user
from tests.teamwork_factories import make_upload

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

MARK = "Zebrafinch"
# Rows that say how a person reads, not what the evidence is.
OWN_TRACES = {"SecurityEvent", "NoticeRead", "NoticeSubscription", "EditingMark", "HistoricalNoticeSubscription"}
FIXED = {"slug": "slug", "act": "drop", "name": "dataset.json", "app_label": "evidence", "url": "no-such-page/"}
FIXED |= {"format": "review-folder", "export": "studies-csv", "deed": "discard"}
BY_NAME = {"block_id": Block, "study_id": Study, "analysis_id": Analysis, "snapshot_id": Snapshot, "review_id": Review}
BY_NAME |= {"upload_id": Upload}
# Addresses of a person's own, which hold nothing of any review.
OWN = ("/admin/account/", "/admin/code/", "/admin/login/", "/admin/logout/", "/admin/password_change/")
OWN += ("/admin/jsi18n/",)


@pytest.fixture(scope="module")
def patterns() -> list[str]:
    """The addresses of the site, as the routes that they are."""
    return [route for route in walk(get_resolver()) if route.startswith("admin/")]


def walk(resolver: Any, before: str = "") -> Iterator[str]:
    """Give the routes below a resolver."""
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from walk(one, route)
        elif isinstance(one, URLPattern):
            yield route


def marked_world() -> World:
    """Make a review with rows of all kinds, whose names give away where they are shown."""
    world = full_world()
    make_upload(world.review, name=f"{MARK}.zip")
    pooling = Run.objects.filter(plugin="pooling").order_by("pk")
    # The snapshots that notices are about are stored without computing; pages that read them need a whole result.
    QuerySet.update(pooling, result=pooling[0].result)
    for model, fields in ((Review, ("title",)), (Study, ("label",)), (Analysis, ("title", "question"))):
        for row in model.objects.all():
            marks = {name: f"{MARK} {getattr(row, name)}"[:100] for name in fields}
            QuerySet.update(model.objects.filter(pk=row.pk), **marks)
    return world


def addresses(patterns: list[str], world: World) -> Iterator[str]:
    """Give an address of each route that leads to a row of the world."""
    for route in patterns:
        if "(?P" in route or route.startswith("admin/r/"):
            continue
        path = route
        while "<" in path:
            start, end = path.index("<"), path.index(">")
            name = path[start + 1 : end].split(":")[-1]
            path = f"{path[:start]}{value_of(name, route, world)}{path[end + 1 :]}"
        yield f"/{path}"


def value_of(name: str, route: str, world: World) -> Any:
    """Give a value for a part of a route: the key of a row, or a word."""
    if name == "slug":
        return world.review.slug
    if name in FIXED:
        return FIXED[name]
    _, app, model, *_ = route.split("/")
    kind = BY_NAME.get(name) or apps.all_models[app][model]
    row = kind._default_manager.order_by("pk").first()
    return row.pk if row is not None else 1


def everything() -> dict[str, int]:
    """Count all rows that hold evidence, results or their history."""
    models = [model for app in ("evidence", "analysis", "access") for model in apps.get_app_config(app).get_models()]
    return {model.__name__: model._base_manager.count() for model in models if model.__name__ not in OWN_TRACES}


def stranger() -> Client:
    """Give the browser of somebody who has an account and no review."""
    client = Client(raise_request_exception=False)
    client.force_login(make_user("stranger", is_staff=True))
    return client


def owner_of_another() -> Client:
    """Give the browser of somebody who owns another review."""
    client = make_world(1).client("owner")
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("who", [stranger, owner_of_another])
def test_who_is_not_of_the_review_learns_and_changes_nothing(who: Any, patterns: list[str]) -> None:
    world = marked_world()
    client = who()
    before = everything()
    wrong = []
    for address in addresses(patterns, world):
        if address.startswith(OWN):
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if answer.status_code >= 500:
                wrong.append(f"{method} {address}: {answer.status_code}")
            elif MARK.encode() in text:
                wrong.append(f"{method} {address} shows names of the review")
    assert not wrong, "\n".join(wrong)
    assert everything() == before


def test_viewer_changes_nothing_by_any_address(patterns: list[str]) -> None:
    world = marked_world()
    client = world.client("viewer")
    client.raise_request_exception = False
    before = everything()
    wrong = []
    for address in addresses(patterns, world):
        if address.startswith(OWN):
            continue
        for data in ({}, {"post": "yes", "reason": "x", "action": "run_selected"}):
            status = client.post(address, data).status_code
            wrong += [f"post {address}: {status}"] if status >= 500 else []
    assert not wrong, "\n".join(wrong)
    assert everything() == before


def test_nobody_comes_in_without_an_account(patterns: list[str]) -> None:
    world = marked_world()
    client = Client(raise_request_exception=False)
    before = everything()
    wrong = []
    for address in addresses(patterns, world):
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            is_sent_away = answer.status_code in (302, 403, 404, 405)
            if not is_sent_away and not address.startswith(OWN):
                wrong.append(f"{method} {address}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert everything() == before


# What is open to everybody: the way to the log-in, and what a review has published. A new one is added here by intent.
OPEN = {
    "",
    "join/<str:token>/",
    "published/<slug:review>/<slug:analysis>/latest/",
    "published/<slug:review>/<slug:analysis>/<int:number>/",
    "published/<slug:review>/<slug:analysis>/<int:number>/citation.<str:kind>",
    "published/<slug:review>/<slug:analysis>/<int:number>/forest.svg",
}


def test_who_has_no_account_finds_what_is_published_and_nothing_else():
    world = marked_world()
    world.snapshot()
    # The interface for programs lets in nobody without an account either: see tests/api/test_api_matrix.py.
    routes = {route for route in walk(get_resolver()) if not route.startswith(("admin/", "api/"))}
    assert routes == OPEN
    client, before = Client(raise_request_exception=False), everything()
    published = set(Snapshot.objects.filter(publication__isnull=False).values_list("analysis__slug", "number"))
    assert 0 < len(published) < Snapshot.objects.count()
    wrong = []
    for snapshot in Snapshot.objects.all():
        known = {"slug:review": world.review.slug, "slug:analysis": snapshot.analysis.slug}
        known |= {"int:number": snapshot.number, "str:kind": "ris"}
        for route in sorted(OPEN - {"", "join/<str:token>/"}):
            path = "/" + "".join(str(known.get(part, part)) for part in re.split(r"[<>]", route))
            is_open = (snapshot.analysis.slug, snapshot.number) in published
            is_open |= "latest" in path and snapshot.analysis.slug in {slug for slug, _ in published}
            status = client.get(path).status_code
            wrong += [f"get {path}: {status}"] if (status in (200, 302)) != is_open else []
            status = client.post(path).status_code
            wrong += [f"post {path}: {status}"] if status not in (404, 405) else []
    assert not wrong, "\n".join(wrong)
    assert everything() == before


def test_walk_knows_the_pages(patterns: list[str]) -> None:
    assert len(patterns) > 300
    assert "admin/evidence/study/<path:object_id>/change/" in patterns
