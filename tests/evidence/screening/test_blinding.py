"""Nobody can tell what another reader has answered before every required reader has.

The reader changes their mind while the other is waited for. If any page of anybody else then differs, it tells
something that it must not.
"""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils.formats import date_format

from evidence.models import Record, Review, ScreeningDecision, ScreeningState
from evidence.services import screening
from tests.evidence.admin_pages import member_client
from tests.factories import make_review, make_user
from tests.screening_factories import make_policy, make_reason, make_record, make_records, make_team, settle

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

ABSTRACT, FULL_TEXT = "title_abstract", "full_text"
NOTE, REASON = "childrenonly", "wrongpopulation"
# What a page holds that changes by itself.
RESTLESS = (
    r'name="csrfmiddlewaretoken" value="\w+"',
    # A moment as Django writes it: "9 a.m." on the hour, "noon" and "midnight" besides "9:05 a.m.".
    r"\d{1,2} \w+\.? \d{4},? (at )?(midnight|noon|\d{1,2}(:\d{2}){0,2}( [ap]\.m\.)?)",
    r'name="seen_at"[^>]*>',
    r"based_on.*?>",
)


# Tables that hold decisions or what follows from them; all others are looked at by one person.
NEAR = (
    *("record", "recordtext", "screeningdecision", "screeningstate", "screeningticket", "screeningranking"),
    *("exclusionreason", "flowcount", "report", "study"),
)


def seen_by(client: Client, address: str) -> str:
    """Give what a person sees at an address, but for what changes by itself."""
    response = client.get(address, follow=True)
    assert response.status_code in (200, 403, 404), (address, response.status_code)
    return calm(response.content.decode())


def calm(html: str) -> str:
    """Give a page without what changes by itself."""
    for pattern in RESTLESS:
        html = re.sub(pattern, "", html)
    return html


def addresses(review: Review, record: Record) -> list[str]:
    """Give every address that may tell something of a record's decisions, searches and filters among them."""
    decisions = ScreeningDecision.objects.filter(record=record).values_list("pk", flat=True)
    states = ScreeningState.objects.filter(record=record).values_list("pk", flat=True)
    board = f"/admin/evidence/record/screening/{review.slug}/"
    found = [board, "/admin/"]
    found += [f"{board}{page}" for page in ("records/", "flow/", f"record/{record.pk}/")]
    found += [f"{board}{page}/{stage}/" for page in ("queue", "conflicts") for stage in (ABSTRACT, FULL_TEXT)]
    found += [f"{board}records/?status={one}" for one in ("mine", "waiting", "conflict", "included", "excluded")]
    found += [f"{board}records/?q={word}" for word in (NOTE, REASON)]
    found += [f"/admin/analysis/snapshot/priority/{review.slug}/"]
    lists = [f"/admin/evidence/{model}/" for model in NEAR]
    found += lists + [f"{one}?q={word}" for one in lists for word in (NOTE, REASON)]
    table = "/admin/evidence/screeningdecision/"
    filters = ("answer__exact=exclude", "answer__exact=include", "stage__exact=title_abstract", "_facets=True", "o=3")
    found += [f"{table}?{one}" for one in filters]
    found += ["/admin/evidence/screeningstate/?status__exact=excluded", "/admin/evidence/screeningstate/?_facets=True"]
    found += [f"{table}{pk}/{page}/" for pk in decisions for page in ("change", "history", "delete")]
    found += [f"/admin/evidence/screeningstate/{pk}/change/" for pk in states]
    found += [f"/admin/evidence/record/{record.pk}/{page}/" for page in ("change", "history")]
    found += [f"/admin/evidence/review/{review.pk}/{page}/" for page in ("change", "history")]
    for model, field in (("searchsource", "search_round"), ("flowcount", "search_round")):
        found.append(f"/admin/autocomplete/?app_label=evidence&model_name={model}&field_name={field}&term={NOTE}")
    return found


def all_models() -> list[str]:
    """Give the names of all tables of evidence."""
    return [str(model._meta.model_name) for model in admin.site._registry if model._meta.app_label == "evidence"]


# Who looks at each stage; the second is like the first, but for what its pages hold.
ROLES = {ABSTRACT: ("owner", "adjudicator", "reviewer", "viewer"), FULL_TEXT: ("owner", "reviewer")}


def watchers(review: Review, stage: str) -> dict[str, Client]:
    """Give browsers of those who may look: those who screen, who adjudicate, who only read, and a superuser."""
    clients = {role: member_client(review, role) for role in ROLES[stage]}
    clients["superuser"] = Client()
    clients["superuser"].force_login(make_user(is_superuser=True))
    return clients


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (11, 59), (12, 0), (18, 59), (19, 0)])
def test_a_page_without_what_changes_by_itself_holds_no_moment(hour: int, minute: int) -> None:
    moment = datetime(2026, 11, 30, hour, minute, tzinfo=UTC)

    assert calm(f"in hand until {date_format(moment, 'DATETIME_FORMAT')}.") == "in hand until ."


@pytest.mark.parametrize("stage", [ABSTRACT, FULL_TEXT])
def test_no_page_of_anybody_else_shows_a_change_of_mind(stage: str) -> None:
    review = make_review()
    make_records(review, 3)
    record = review.records.order_by("pk").first()
    assert record is not None
    make_policy(review, order="priority")
    ben, carl, dora = make_team(review, "ben", "carl", "dora")
    reason = make_reason(review, name=REASON)
    if stage == FULL_TEXT:
        settle(record, "include", [carl, dora])
    clients = watchers(review, stage)
    settle(record, "include", [ben], stage)
    places = addresses(review, record)
    queues = [place for place in places if "/queue/" in place]
    for name in clients:
        for place in queues:
            seen_by(clients[name], place)  # each has a record in hand now, so that the queue stands still

    doors = [(name, place) for name in clients for place in places]
    doors += [("owner", f"/admin/evidence/{model}/") for model in all_models()]

    before = {(name, place): seen_by(clients[name], place) for name, place in doors}
    settle(record, "exclude", [ben], stage, reason=reason, note=NOTE)
    more = [place for place in addresses(review, record) if place not in places]
    after = {(name, place): seen_by(clients[name], place) for name, place in doors}

    told = [key for key in before if before[key] != after[key]]
    assert told == []
    assert more
    for name in clients:
        for place in more:
            assert NOTE not in seen_by(clients[name], place), (name, place)


def test_the_page_that_the_reader_sees_does_change() -> None:
    """Else the test above could not fail."""
    review = make_review()
    record = make_record(review)
    client = member_client(review, "reviewer")
    settle(record, "include", [client.person])  # type: ignore[attr-defined]
    place = f"/admin/evidence/record/screening/{review.slug}/record/{record.pk}/"
    before = seen_by(client, place)
    reason = make_reason(review, name=REASON)

    settle(record, "exclude", [client.person], reason=reason, note=NOTE)  # type: ignore[attr-defined]

    assert NOTE in seen_by(client, place)
    assert before != seen_by(client, place)
    last = ScreeningDecision.objects.latest("pk")
    assert NOTE in seen_by(client, f"/admin/evidence/screeningdecision/{last.pk}/change/")


def test_once_all_have_answered_every_member_sees_who_said_what_and_why() -> None:
    review = make_review()
    record = make_record(review)
    ben, carl = make_team(review, "ben", "carl")
    settle(record, "exclude", [ben], reason=make_reason(review, name=REASON), note=NOTE)
    settle(record, "include", [carl])

    for role in ("owner", "adjudicator", "reviewer", "statistician", "viewer"):
        client = member_client(review, role)
        page = seen_by(client, f"/admin/evidence/record/screening/{review.slug}/record/{record.pk}/")
        for words in (str(ben), str(carl), NOTE, REASON):
            assert words in page, role
        assert REASON in seen_by(client, "/admin/evidence/screeningdecision/")
    stranger = member_client(make_review(), "owner")
    assert str(ben) not in seen_by(stranger, "/admin/evidence/screeningdecision/")


def test_rows_of_decisions_are_narrowed_wherever_they_are_read_for_a_person() -> None:
    review = make_review()
    record, other = make_records(review, 2)
    ben, carl, dora = make_team(review, "ben", "carl", "dora")
    boss = make_user(is_superuser=True)
    settle(record, "include", [ben])
    settle(other, "include", [ben, carl])

    def seen(person: Any) -> set[tuple[int, int]]:
        rows = ScreeningDecision.objects.visible_to(person).values_list("record", "decided_by")  # type: ignore[attr-defined]
        return set(rows)

    open_to_all = {(other.pk, ben.pk), (other.pk, carl.pk)}
    assert seen(dora) == seen(boss) == open_to_all
    assert seen(ben) == open_to_all | {(record.pk, ben.pk)}
    assert screening.readable_decisions(by=dora, record=record) == []
    settle(record, "exclude", [dora])
    assert seen(carl) == open_to_all | {(record.pk, ben.pk), (record.pk, dora.pk)}
    assert seen(make_user()) == set()


def test_the_stages_are_blinded_apart() -> None:
    review = make_review()
    record = make_record(review)
    ben, carl = make_team(review, "ben", "carl")
    settle(record, "include", [ben, carl])
    settle(record, "include", [ben], FULL_TEXT)

    said = screening.readable_decisions(by=carl, record=record)

    assert {(row.stage, row.decided_by) for row in said} == {(ABSTRACT, ben), (ABSTRACT, carl)}


def test_an_answer_of_an_only_reader_is_blinded_again_once_it_is_taken_back() -> None:
    review = make_review()
    record = make_record(review)
    make_policy(review, title_abstract_readers="single")
    ben, carl = make_team(review, "ben", "carl")
    settle(record, "include", [ben])
    assert screening.readable_decisions(by=carl, record=record) != []

    screening.undo(by=ben, review=review, stage=ABSTRACT)

    assert screening.readable_decisions(by=carl, record=record) == []
