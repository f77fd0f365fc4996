"""The lists of the admin: every model has one, and its number of queries does not grow with its rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.models import EvidenceRow, Review
from tests import factories
from tests.evidence.admin_pages import member_client

pytestmark = pytest.mark.django_db

# Queries of each list page. A higher number needs a reason in the change that brings it.
QUERIES = {
    "adverseevent": 8,
    "arm": 8,
    "armresult": 8,
    "assessment": 8,
    "characteristic": 8,
    "characteristicfield": 8,
    "comparatortype": 8,
    "componenttype": 8,
    "contrastresult": 8,
    "extraction": 8,
    "flowcount": 8,
    "followupwindow": 8,
    "instrument": 8,
    "interventioncomponent": 8,
    "judgement": 8,
    "membership": 8,
    "outcome": 8,
    "report": 8,
    "review": 5,  # as a superuser, who sees twenty without being a member of each
    "searchround": 8,
    "settlement": 8,
    "study": 8,
}

MAKERS: dict[str, Callable[[Review], Any]] = {
    "adverseevent": lambda review: factories.make_adverse_event(arm=_arm(review)),
    "arm": lambda review: _arm(review),
    "armresult": lambda review: factories.make_arm_result(_arm(review)),
    "assessment": lambda review: _assessment(review),
    "characteristic": lambda review: factories.make_characteristic(_extraction(review)),
    "characteristicfield": factories.make_characteristic_field,
    "comparatortype": factories.make_comparator_type,
    "componenttype": factories.make_component_type,
    "contrastresult": lambda review: factories.make_contrast_result(_arm(review)),
    "extraction": lambda review: _extraction(review),
    "flowcount": lambda review: factories.make_flow_count(factories.make_search_round(review)),
    "followupwindow": lambda review: factories.make_window(factories.make_outcome(review)),
    "instrument": lambda review: factories.make_instrument(factories.make_outcome(review)),
    "interventioncomponent": lambda review: factories.make_component(_arm(review)),
    "judgement": lambda review: factories.make_judgement(_assessment(review)),
    "membership": lambda review: factories.make_membership(review),
    "outcome": factories.make_outcome,
    "report": lambda review: factories.make_report(factories.make_study(review)),
    "review": lambda review: factories.make_review(),
    "searchround": factories.make_search_round,
    "settlement": lambda review: _settlement(review),
    "study": lambda review: factories.make_judgements(_assessment(review), "low"),
}


def _extraction(review: Review) -> Any:
    return factories.make_extraction(factories.make_study(review), consensus=False)


def _arm(review: Review) -> Any:
    return factories.make_arm(_extraction(review))


def _assessment(review: Review) -> Any:
    return factories.make_assessment(factories.make_study(review))


def _settlement(review: Review) -> Any:
    result = factories.make_contrast_result(_arm(review), estimate=1, ci_lower=-2, ci_upper=0, is_printed_so=True)
    return factories.make_settlement(result)


def rows_of_evidence() -> set[str]:
    """Names of all models of evidence."""
    models = apps.get_app_config("evidence").get_models()
    return {str(model._meta.model_name) for model in models if issubclass(model, EvidenceRow)}


def test_every_model_is_registered_searchable_and_pinned() -> None:
    registered = {model._meta.model_name: made for model, made in admin.site._registry.items()}

    assert rows_of_evidence() == set(QUERIES) == set(MAKERS)
    assert rows_of_evidence() <= set(registered)
    for name in rows_of_evidence():
        assert registered[name].search_fields, name
        assert registered[name].list_filter, name


@pytest.mark.parametrize("model", sorted(QUERIES))
@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_page_has_its_pinned_number_of_queries(model: str, rows: int) -> None:
    review = factories.make_review()
    client = member_client(review, is_superuser=model == "review")
    for _ in range(rows):
        MAKERS[model](review)
    address = f"/admin/evidence/{model}/"
    assert client.get(address).status_code == 200

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(address)

    assert len(queries) == QUERIES[model], "\n".join(query["sql"][:200] for query in queries)


def test_a_search_finds_and_leaves_out() -> None:
    review = factories.make_review()
    for label in ("Aasa 2015", "Zhang 2020"):
        factories.make_study(review, label=label)

    page = member_client(review).get("/admin/evidence/study/?q=aasa").content.decode()

    assert "Aasa 2015" in page
    assert "Zhang 2020" not in page


@pytest.mark.parametrize("model", sorted(QUERIES))
def test_every_page_of_a_row_opens(model: str) -> None:
    review = factories.make_review()
    client = member_client(review, "owner")
    made = MAKERS[model](review)
    row = made[0].assessment.study if model == "study" else made
    if model == "review":
        row = review

    for page in ("change", "history"):
        response = client.get(f"/admin/evidence/{model}/{row.pk}/{page}/")
        assert response.status_code == 200
        assert " style=" not in response.content.decode()
