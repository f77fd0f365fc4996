"""A review with a row of every table, the people who come to it, and where each route leads in it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from access.models import Attempt
from access.services.inviting import invite
from access.services.locking import begin_attempt, fail
from analysis.models import PluginWithdrawal, Publication, Run
from evidence.models import EditingMark, KeptAnswer, ScreeningRanking, ScreeningState, ScreeningTicket
from evidence.services.screening import decide
from evidence.services.tokens import issue_token
from tests import factories, screening_factories
from tests.access.matrix.sending import keys_at, what_is_sent
from tests.access.people import give_step, make_person
from tests.analysis.test_admin_world import World, make_world
from tests.browser.pages import complete
from tests.test_doors import BY_NAME, marked_world

TABLES = ("auth", "evidence", "analysis", "access")
# Parts of addresses that are words and no keys.
WORDS = {"act": "drop", "app_label": "evidence", "deed": "discard", "export": "studies-csv", "form": "html"}
WORDS |= {"format": "review-folder", "kind": "text", "name": "dataset.json", "stage": "title_abstract"}
WORDS |= {"url": "no-such-page/", "work": "screening"}
# The same below some addresses, where a word is another.
WORDS_AT = {"admin/analysis/paper/": {"act": "remove", "kind": "csv"}, "published/": {"kind": "ris"}}
WORDS_AT |= {"admin/analysis/manuscript/": {"act": "remove", "form": "html"}}
# What is asked beside the address, where it gives nothing without.
ASKED = {"admin/autocomplete/": "?app_label=evidence&model_name=study&field_name=companion_of"}
FIGURE = "pooling-1.svg"
NO_KEY = "987654321"
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)|\(\[\^/\]\+\)")


class Ground:
    """The review and its people."""

    def __init__(self) -> None:
        self.world = marked_world()
        complete(self.world)
        self.token = add_the_rest(self.world)
        self.waiting = make_person("with-step")
        factories.make_membership(self.world.review, self.waiting, "owner")
        give_step(self.waiting)
        self.sent, self.keys = what_is_sent(self.world), keys_at(self.world)
        self.rows = {model: self._row_of(model) for app in TABLES for model in apps.get_app_config(app).get_models()}

    def browser_of(self, person: str) -> Client:
        """Give the browser of one of PEOPLE, signed in."""
        client = Client()
        if person == "owner of another":
            client = make_world(1).client("owner")
        elif person == "administrator":
            client.force_login(factories.make_user(is_superuser=True))
        elif person == "owner before the code":
            client.force_login(self.waiting)
        elif person != "nobody":
            client = self.world.client(person)
        client.raise_request_exception = False
        return client

    def address_of(self, route: str, *, exists: bool = True) -> str:
        """Give the address that a route has for the rows of this review, or for rows that are not there."""
        plain = re.sub(r"(?<=/)\^|\$$", "", route)
        row = self._row_on(route)
        keys = iter([row.pk, row.history.first().pk] if row is not None and "([^/]+)/history" in route else ())

        def value(part: re.Match[str]) -> str:
            name = part[1] or part[2]
            found = self._value(name, route, row, keys)
            if exists or not (isinstance(found, int) or name in ("slug", "review")):
                return str(found)
            return NO_KEY if isinstance(found, int) else "no-such-review"

        path = PART.sub(value, plain)
        return f"/{path}{ASKED.get(route, '')}"

    def _value(self, name: str | None, route: str, row: Any, keys: Iterator[Any]) -> Any:
        """Give the value for a part of a route: the key of a row, or a word."""
        if name is None:
            return next(keys)
        if (route, name) in self.keys:
            return self.keys[route, name]
        if name in ("content_type_id", "object_id") and route.startswith("admin/r/"):
            review = self.world.review
            return ContentType.objects.get_for_model(review).pk if name == "content_type_id" else review.pk
        if name in ("slug", "review"):
            return self.world.review.slug
        if name == "token":
            return self.token
        if name == "second" and row is not None:
            return row.pk
        if name in ("analysis", "number"):
            public = Publication.objects.filter(snapshot__analysis__review=self.world.review)[0].snapshot
            return public.analysis.slug if name == "analysis" else public.number
        for start, words in WORDS_AT.items():
            if route.startswith(start) and name in words:
                return words[name]
        if name == "name" and "/figures/" in route:
            return FIGURE
        if name in BY_NAME:
            return self.rows[BY_NAME[name]].pk
        return WORDS[name] if name in WORDS else row.pk  # noqa: SIM401  (there may be no row)

    def _row_on(self, route: str) -> Any:
        """Give the row of the table whose pages a route is among."""
        parts = route.split("/")
        return self.rows.get(apps.all_models.get(parts[1], {}).get(parts[2])) if len(parts) > 3 else None

    def _row_of(self, model: type[Model]) -> Any:
        """Give the first row of the review, or of the site where the table belongs to no review."""
        rows = model._base_manager.order_by("pk")
        path = getattr(model, "review_path", None)
        if path is not None:
            rows = rows.filter(**{path or "pk": self.world.review.pk})
        if model is Run:
            rows = rows.filter(plugin="pooling")
        return rows.first()


def add_the_rest(world: World) -> str:
    """Make rows of the tables that are still empty; give the token of an invitation."""
    owner, review = world.owner, world.review
    Group.objects.create(name="Readers")
    now = timezone.now()
    EditingMark(review=review, page="evidence.study.1", seen_at=now, seen_by=owner).save()
    record = screening_factories.make_record(review)
    decide(by=owner, record=record, stage="title_abstract", answer="include")
    state = ScreeningState.objects.get(record=record, stage="title_abstract")
    ScreeningTicket(state=state, reader=owner, lease_until=now + timedelta(hours=1)).save()
    ScreeningRanking(review=review, method="ours", learned_from=2, included=1, ranked=1, ranked_by=owner).save()
    factories.make_adjudication(factories.make_study(review))
    factories.make_extraction_form(review)
    PluginWithdrawal(plugin="network", version="0.0.1", reason="Wrong signs.", withdrawn_by=owner).save()
    fail(begin_attempt(Attempt.Door.PASSWORD, "someone"))
    give_step(make_person("another-with-step"))
    issue_token(by=owner, name="R", scopes=["read"], days=30)
    KeptAnswer(key="k", request_digest="0" * 64, review=review, status=201, body="{}", asked_by=owner).save()
    _, token = invite(by=owner, review=review, email="dora@example.org", role="viewer")
    return token
