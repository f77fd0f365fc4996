"""The lists of analyses and what comes of them: their number of queries does not grow with their rows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.analysis.test_admin_permissions import SHOWN, address, full_world
from tests.factories import make_user

pytestmark = pytest.mark.django_db

# Queries of each list. A higher number needs a reason in the change that brings it.
QUERIES = {
    "Analysis": 12,
    "Certainty": 6,
    "Block": 6,
    "Claim": 6,
    "Dataset": 6,
    "Delivery": 6,
    "EligibilityRule": 6,
    "FindingAnswer": 6,
    "FindingsWording": 6,
    "Freeze": 6,
    "IndependentRating": 7,
    "Manuscript": 6,
    "Notice": 9,
    "NoticeRead": 6,
    "NoticeSubscription": 6,
    "Paper": 6,
    "PlanClosure": 5,
    "PlanEvent": 6,
    "PrintedClaim": 6,
    "Publication": 7,
    "RatingPolicy": 6,
    "Refresh": 6,
    "RefreshEnd": 6,
    "Run": 7,
    "RunPart": 6,
    "Schedule": 6,
    "ScheduleRun": 6,
    "SignOff": 7,
    "Snapshot": 6,
    "SnapshotRun": 7,
    "Step": 7,
    "Waiver": 6,
    "Webhook": 6,
    "WebhookSecret": 6,
}


def count_queries(client: Client) -> dict[str, int]:
    """Give the number of queries of each list, seen a second time."""
    counts = {}
    for model in SHOWN:
        place = address(model, "changelist")
        client.get(place)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(place).status_code == 200
        counts[model.__name__] = len(queries)
    return counts


def test_lists_of_two_reviews_take_the_queries_of_one():
    client = Client()
    client.force_login(make_user(is_superuser=True))
    full_world()
    rows = {model.__name__: model._default_manager.count() for model in SHOWN}
    assert count_queries(client) == QUERIES
    full_world()

    assert all(model._default_manager.count() > rows[model.__name__] for model in SHOWN)
    assert count_queries(client) == QUERIES
