"""Who opens which page of screening, who changes what, and that pages grow with nothing."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.models import FlowCount, Record, ScreeningDecision
from tests.evidence.admin_pages import member_client
from tests.evidence.screening.test_pages import ABSTRACT, at, text_of
from tests.factories import make_review
from tests.screening_factories import make_reason, make_record, make_records, make_team, settle

pytestmark = pytest.mark.django_db

ROLES = ("owner", "adjudicator", "reviewer", "statistician", "viewer")
MAY_OPEN = {
    "": ROLES,
    "records/": ROLES,
    "flow/": ROLES,
    "record/{record}/": ROLES,
    "queue/title_abstract/": ("owner", "adjudicator", "reviewer"),
    "add/": ("owner", "adjudicator", "reviewer"),
    "conflicts/title_abstract/": ("owner", "adjudicator"),
}


@pytest.mark.parametrize("role", [*ROLES, "stranger"])
def test_each_role_opens_its_pages_and_no_other(role: str) -> None:
    review = make_review()
    record = make_record(review)
    client = member_client(make_review() if role == "stranger" else review, "owner" if role == "stranger" else role)

    for page, roles in MAY_OPEN.items():
        status = client.get(at(review, page.format(record=record.pk))).status_code
        assert status == (404 if role == "stranger" else 200 if role in roles else 403), page
    for page in ("queue/nowhere/", "record/99999999/"):
        assert client.get(at(review, page)).status_code == 404


@pytest.mark.parametrize("role", ["statistician", "viewer"])
def test_who_only_reads_changes_nothing(role: str) -> None:
    review = make_review()
    record = make_record(review)
    client = member_client(review, role)
    sent: dict[str, dict[str, Any]] = {
        "queue/title_abstract/": {"record": record.pk, "answer": "include"},
        "conflicts/title_abstract/": {"record": record.pk, "answer": "include"},
        "records/": {"record": record.pk, "stage": ABSTRACT, "answer": "exclude"},
        "add/": {"search_round": record.search_round_id, "lines": "A title"},
        "flow/": {"round": record.search_round_id},
    }
    acts = ("duplicate", "restore", "study", "link", "unlink", "overrule", "answer")
    for page, data in sent.items():
        assert client.post(at(review, page), data).status_code == 403, page
    for act in acts:
        data = {"act": act, "of": record.pk, "why": "x", "study": "x", "stage": ABSTRACT, "answer": "include"}
        response = client.post(at(review, f"record/{record.pk}/"), data, follow=True)
        assert response.status_code == 403 or "Choose the study" in text_of(response), act

    assert (ScreeningDecision.objects.count(), FlowCount.objects.count(), Record.objects.count()) == (0, 0, 1)


# Queries of each page, whatever the number of records. A higher number needs a reason in the change that brings it.
PINNED = {
    "": 19,
    "records/": 14,
    "queue/title_abstract/": 18,
    "conflicts/title_abstract/": 12,
    "flow/": 16,
    "record/": 12,
}


@pytest.mark.parametrize("page", sorted(PINNED))
@pytest.mark.parametrize("count", [4, 40])
def test_a_page_has_its_pinned_number_of_queries(page: str, count: int) -> None:
    review = make_review()
    make_reason(review)
    client = member_client(review, "owner")
    records = make_records(review, count)
    anna, ben = make_team(review, "anna", "ben")
    for record in records[: count // 2]:
        settle(record, "include", [anna])
        settle(record, "exclude", [ben])
    for record in records[count // 2 : -1]:
        settle(record, "include", [anna])
    address = at(review, f"record/{records[0].pk}/" if page == "record/" else page)
    assert client.get(address).status_code == 200

    with CaptureQueriesContext(connection) as queries:
        client.get(address)

    assert len(queries) == PINNED[page], "\n".join(query["sql"][:200] for query in queries)
