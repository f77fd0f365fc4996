"""The pages of the doors in a real browser: light and dark, on a phone and on a wide screen, and played through."""

import re
import time
from typing import Any

import pytest
from django.test import Client

from access.models import Invitation
from access.services.inviting import invite
from access.totp import code_at, counter_at
from tests import factories
from tests.access.people import PASSWORD, give_step, make_person
from tests.browser.test_page_matrix import ROLES, Inspector, enter
from tests.in_a_browser import IN_A_BROWSER, arrive, listen

pytestmark = IN_A_BROWSER


def test_pages_of_the_doors_in_every_dress(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review = factories.make_review(title="Exercise therapy for chronic low back pain")
    olga = make_person("olga", email="olga@example.org", is_superuser=True)
    factories.make_membership(review, olga, "owner")
    _, token = invite(by=olga, review=review, email="dora.falkenstein@hospital.example.org", role="reviewer")
    inspector = Inspector(live_server.url, complaints)
    inspector.look_through(browser.new_page())
    for name, path in (("sign in", "/admin/login/"), ("join", f"/join/{token}/")):
        assert inspector.inspect(name, path, picture=name.replace(" ", "-")) == 200
    without = Client()
    without.force_login(olga)
    window = browser.new_context()
    inspector.look_through(window.new_page())
    enter(inspector.page, live_server.url, without)
    one = Invitation.objects.get().pk
    pages = {
        "account": "/admin/account/",
        "set up": "/admin/account/second-step/",
        "invite": "/admin/access/invitation/add/",
        "invitations": "/admin/access/invitation/",
        "invitation": f"/admin/access/invitation/{one}/change/",
        "security events": "/admin/evidence/securityevent/",
        "failed attempts": "/admin/access/attempt/",
        "join as a member": f"/join/{token}/",
    }
    for name, path in pages.items():
        assert inspector.inspect(name, path, picture=f"door-{name.replace(' ', '-')}") == 200, name
    give_step(olga)
    for name, path in (("code", "/admin/code/"),):
        assert inspector.inspect(name, path, picture=f"door-{name}") == 200
    window.close()
    assert not inspector.problems, "\n".join(inspector.problems)


def test_pages_of_the_second_step_as_every_role(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review = factories.make_review(title="Exercise therapy for chronic low back pain")
    inspector = Inspector(live_server.url, complaints)
    for role in ROLES:
        person = factories.make_membership(review, make_person(role), role).user
        client = Client()
        client.force_login(person)
        codes = give_step(person)
        window = browser.new_context()
        inspector.look_through(window.new_page())
        enter(inspector.page, live_server.url, client)
        assert inspector.inspect(f"code as {role}", "/admin/code/", picture="door-code") == 200
        inspector.put_on(("dark", 375))
        inspector.page.fill("#id_code", codes[0])
        inspector.page.click("[type=submit][value='Go on']")
        arrive(inspector.page, "#user-tools")
        for name in ("", "second-step/remove/"):
            path = f"/admin/account/{name}"
            assert inspector.inspect(f"{path} as {role}", path, picture=f"door-own-{len(name)}") == 200
        inspector.page.goto(f"{live_server.url}/admin/account/")
        inspector.put_on(("dark", 375))
        inspector.page.click("text=Make new recovery codes")
        arrive(inspector.page, ".access-codes")
        assert inspector.page.evaluate("document.documentElement.scrollWidth") == 375
        window.close()
    assert not inspector.problems, "\n".join(inspector.problems)


def test_invited_person_makes_an_account_and_sets_up_the_second_step(
    live_server: Any, browser: Any, page: Any, complaints: list[str]
) -> None:
    review = factories.make_review(title="Back pain")
    owner = factories.make_membership(review, make_person("olga"), "owner").user
    _, token = invite(by=owner, review=review, email="dora@example.org", role="reviewer")
    page.goto(f"{live_server.url}/join/{token}/")
    for name, text in (("username", "dora"), ("name", "Dora Falk"), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"#id_{name}", text)
    page.click("[type=submit]")
    arrive(page, ".messagelist")
    assert "you are its reviewer" in page.inner_text(".messagelist")
    page.goto(f"{live_server.url}/admin/account/second-step/")
    assert page.locator(".access-picture svg").bounding_box()["width"] > 150
    secret = re.sub(r"\s", "", page.inner_text(".access-secret"))
    page.fill("#id_code", code_at(secret, counter_at(time.time())))
    page.click("[type=submit][value='Set up']")
    arrive(page, ".access-codes")
    codes = page.locator(".access-codes code").all_inner_texts()
    assert len(codes) == 10
    other = browser.new_context().new_page()
    listen(other, complaints)
    other.goto(f"{live_server.url}/admin/login/")
    other.fill("#id_username", "dora")
    other.fill("#id_password", PASSWORD)
    other.click("[type=submit]")
    arrive(other, "#id_code")
    other.fill("#id_code", codes[0])
    other.click("[type=submit]")
    arrive(other, "#user-tools")
    assert not complaints


@pytest.mark.parametrize("width", [375, 1440])
def test_link_that_is_shown_once_fits_the_page(live_server: Any, page: Any, width: int) -> None:
    review = factories.make_review(title="Back pain")
    owner = factories.make_membership(review, make_person("olga"), "owner").user
    client = Client()
    client.force_login(owner)
    page.set_viewport_size({"width": width, "height": 900})
    enter(page, live_server.url, client)
    page.goto(f"{live_server.url}/admin/access/invitation/add/?review={review.pk}")
    page.fill("#id_email", "dora@example.org")
    page.select_option("#id_role", "reviewer")
    page.click("[name=_save]")
    arrive(page, ".messagelist .warning")
    assert "/join/" in page.inner_text(".messagelist")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
