"""The start page shows every table once, in the order of the work."""

import pytest
from django.contrib import admin
from django.test import Client

from config.site import SECTIONS
from tests import factories

pytestmark = pytest.mark.django_db


def sections_for(client: Client) -> list:
    """Give the sections of the start page."""
    return client.get("/admin/").context["app_list"]


def test_start_page_shows_every_registered_table_once():
    client = Client()
    client.force_login(factories.make_user(is_superuser=True))
    shown = [row["object_name"] for section in sections_for(client) for row in section["models"]]
    assert sorted(shown) == sorted(model.__name__ for model in admin.site._registry)


def test_start_page_begins_with_reviews_and_studies():
    review = factories.make_review()
    client = Client()
    client.force_login(factories.make_membership(review).user)
    first = sections_for(client)[0]
    assert (first["name"], [row["object_name"] for row in first["models"]][:2]) == ("Review", ["Review", "Study"])


def test_sections_name_only_tables_that_exist():
    known = {model.__name__ for model in admin.site._registry}
    assert {name for names in SECTIONS.values() for name in names} <= known
