"""The lists of the admin: every model has one, and its number of queries does not grow with its rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.models import EvidenceRow, Review
from tests import factories, screening_factories, teamwork_factories
from tests.evidence.admin_pages import member_client

pytestmark = pytest.mark.django_db

# Queries of each list page. A higher number needs a reason in the change that brings it.
QUERIES = {
    "adverseevent": 8,
    "arm": 8,
    "armresult": 8,
    "assessment": 9,  # the filter offers the tools of the review's own
    "assessmentdecision": 9,
    "assignment": 8,
    "authorcontact": 8,
    "changebatch": 8,
    "characteristic": 8,
    "characteristicfield": 8,
    "comparatortype": 8,
    "componenttype": 8,
    "contrastresult": 8,
    "doubtanswer": 8,
    "doubtfulpair": 8,
    "exclusionreason": 8,
    "extraction": 8,
    "extractionpolicy": 6,
    "flowcount": 8,
    "followupwindow": 8,
    "formdraft": 6,
    "instrument": 8,
    "interventioncomponent": 8,
    "judgement": 9,
    "membership": 8,
    "outcome": 8,
    "record": 8,
    "report": 8,
    # as a superuser, who sees twenty without being a member of each; two are of the cards that lead to homes
    "review": 7,
    "reviewtool": 8,
    "screeningpolicy": 6,
    "searchround": 8,
    "searchsource": 8,
    "settlement": 8,
    "signallinganswer": 9,
    "study": 9,  # one is of the links to pages about all studies of the review
    "studypair": 8,
}

# Of these a review has one: they are listed to a superuser, who sees those of many.
ONE_A_REVIEW = {"review", "screeningpolicy", "extractionpolicy", "formdraft"}

MAKERS: dict[str, Callable[[Review], Any]] = {
    "adverseevent": lambda review: factories.make_adverse_event(arm=_arm(review)),
    "arm": lambda review: _arm(review),
    "armresult": lambda review: factories.make_arm_result(_arm(review)),
    "assessment": lambda review: _assessment(review),
    "assessmentdecision": lambda review: factories.make_assessment_decision(_assessment(review)),
    "assignment": lambda review: teamwork_factories.make_assignment(factories.make_study(review)),
    "authorcontact": lambda review: factories.make_author_contact(factories.make_study(review)),
    "changebatch": teamwork_factories.make_change_batch,
    "characteristic": lambda review: factories.make_characteristic(_extraction(review)),
    "characteristicfield": factories.make_characteristic_field,
    "comparatortype": factories.make_comparator_type,
    "componenttype": factories.make_component_type,
    "contrastresult": lambda review: factories.make_contrast_result(_arm(review)),
    "doubtanswer": lambda review: factories.make_doubt_answer(factories.make_study(review)),
    "doubtfulpair": screening_factories.make_doubtful_pair,
    "exclusionreason": screening_factories.make_reason,
    "extraction": lambda review: _extraction(review),
    "extractionpolicy": lambda review: factories.make_extraction_policy(_without(review, "extraction_policy")),
    "flowcount": lambda review: factories.make_flow_count(factories.make_search_round(review)),
    "formdraft": lambda review: factories.make_form_draft(_without(review, "form_draft")),
    "followupwindow": lambda review: factories.make_window(factories.make_outcome(review)),
    "instrument": lambda review: factories.make_instrument(factories.make_outcome(review)),
    "interventioncomponent": lambda review: factories.make_component(_arm(review)),
    "judgement": lambda review: factories.make_judgement(_assessment(review)),
    "membership": lambda review: factories.make_membership(review),
    "outcome": factories.make_outcome,
    "record": screening_factories.make_record,
    "report": lambda review: factories.make_report(factories.make_study(review)),
    "review": lambda review: factories.make_review(),
    "reviewtool": factories.make_review_tool,
    "screeningpolicy": lambda review: screening_factories.make_policy(_without(review, "screening_policy")),
    "searchround": factories.make_search_round,
    "searchsource": lambda review: screening_factories.make_source(factories.make_search_round(review)),
    "settlement": lambda review: _settlement(review),
    "signallinganswer": lambda review: factories.make_signalling_answer(_assessment(review)),
    "study": lambda review: factories.make_judgements(_assessment(review), "low"),
    "studypair": factories.make_study_pair,
}


def _without(review: Review, name: str) -> Review:
    """Give the review, or a new one where it has its one row of this kind."""
    return factories.make_review() if hasattr(Review.objects.get(pk=review.pk), name) else review


def _extraction(review: Review) -> Any:
    return factories.make_extraction(factories.make_study(review))


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
    client = member_client(review, is_superuser=model in ONE_A_REVIEW)
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


def test_studies_of_one_review_lead_to_the_pages_about_all_of_them() -> None:
    review = factories.make_review()
    client = member_client(review)
    link = f'href="/admin/evidence/studypair/of/{review.slug}/"'
    assert link in client.get("/admin/evidence/study/").content.decode()
    other = factories.make_review()
    factories.make_membership(other, User.objects.get(pk=client.session["_auth_user_id"]), "viewer")

    assert link not in client.get("/admin/evidence/study/").content.decode()
    assert link in client.get(f"/admin/evidence/study/?review={review.pk}").content.decode()
    assert link not in client.get(f"/admin/evidence/study/?review={other.pk}").content.decode()
    assert link not in client.get("/admin/evidence/study/?review=999999999").content.decode()


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
