"""The second step: what opens with it, and what stays shut without it."""

import re
import time

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from access.models import RecoveryCode, SecondStep
from access.sealing import CannotOpen, seal, unseal
from access.services.stepping import remove
from access.totp import address_for_telephone, code_at, counter_at, matching_counter
from tests import factories
from tests.access.people import browser, code_of, give_step, is_in, kinds, make_person, try_to_sign_in

# RFC 6238, appendix B: the secret “12345678901234567890” in base 32, and the last six of the eight digits there.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = ((59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"))
RFC_CODES += ((2000000000, "279037"), (20000000000, "353130"))


@pytest.mark.parametrize(("moment", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(moment, code):
    assert code_at(RFC_SECRET, counter_at(moment)) == code
    assert matching_counter(RFC_SECRET, code, moment=moment) == counter_at(moment)


def test_clock_of_a_telephone_may_be_half_a_minute_off_and_no_more():
    now = 2000000000
    found = [
        matching_counter(RFC_SECRET, code_at(RFC_SECRET, counter_at(now) + off), moment=now) for off in range(-2, 3)
    ]
    assert [one is not None for one in found] == [False, True, True, True, False]


def test_address_for_the_telephone_quotes_what_stands_in_names():
    address = address_for_telephone(RFC_SECRET, account="a&b?c/d", issuer="Quorum of X")
    assert address.startswith("otpauth://totp/Quorum%20of%20X%3Aa%26b%3Fc/d?secret=")


def test_what_is_sealed_opens_with_the_key_or_an_earlier_one_only(settings):
    sealed = seal("secret")
    assert "secret" not in sealed
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert unseal(sealed) == "secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CannotOpen):
        unseal(sealed)


@pytest.mark.django_db
class TestPages:
    """Through the pages."""

    def test_set_up_on_the_page_then_sign_in_with_a_code(self):
        user, client = make_person(), browser()
        try_to_sign_in(client)
        page = client.get("/admin/account/second-step/").content.decode()
        assert "<svg" in page
        secret = re.search(r'access-secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
        code = code_at(secret, counter_at(time.time()))
        answer = client.post("/admin/account/second-step/", {"code": code})
        codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", answer.content.decode())
        assert len(set(codes)) == 10
        assert "no-store" in answer["Cache-Control"]
        assert is_in(client)
        stored = SecondStep.objects.get().sealed_secret
        assert secret not in stored
        assert not RecoveryCode.objects.filter(digest__in=[*codes, *(one.replace("-", "") for one in codes)]).exists()
        again = browser()
        try_to_sign_in(again)
        assert again.get("/admin/evidence/study/").status_code == 302
        assert again.post("/admin/code/", {"code": code_of(user)}).status_code == 302
        assert is_in(again)
        assert kinds() == ["signed_in", "step_set_up", "signed_in", "step_passed"]

    def test_wrong_first_code_sets_nothing_up(self):
        make_person()
        client = browser()
        try_to_sign_in(client)
        client.get("/admin/account/second-step/")
        answer = client.post("/admin/account/second-step/", {"code": "abcdef"})
        assert "not the code that your telephone shows" in answer.content.decode()
        assert not SecondStep.objects.exists()

    def test_password_alone_opens_no_page_and_no_door(self):
        user = make_person(is_superuser=True)
        give_step(user)
        client = browser()
        try_to_sign_in(client)
        for path in ("/admin/", "/admin/auth/user/", "/admin/account/", "/admin/password_change/", "/"):
            answer = client.get(path)
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/code/"), path
        assert client.post("/admin/evidence/review/add/", {}).status_code == 403
        fetched = client.get("/admin/", headers={"Sec-Fetch-Mode": "cors"})
        assert (fetched.status_code, b"second step" in fetched.content) == (403, True)
        assert client.post("/admin/logout/").status_code == 200

    def test_code_counts_once(self):
        user = make_person()
        give_step(user)
        code = code_of(user)
        first, second = browser(), browser()
        for client in (first, second):
            try_to_sign_in(client)
            client.post("/admin/code/", {"code": code})
        assert (is_in(first), is_in(second)) == (True, False)

    def test_recovery_code_stands_in_once(self):
        user = make_person()
        codes = give_step(user)
        first, second = browser(), browser()
        for client in (first, second):
            try_to_sign_in(client)
            client.post("/admin/code/", {"code": codes[0].lower()})
        assert (is_in(first), is_in(second)) == (True, False)
        assert RecoveryCode.objects.filter(used_by=user).count() == 1

    def test_five_wrong_codes_lock(self):
        user = make_person()
        give_step(user)
        client = browser()
        try_to_sign_in(client)
        for _ in range(5):
            client.post("/admin/code/", {"code": "x00000"})
        assert "too many attempts" in client.post("/admin/code/", {"code": code_of(user)}).content.decode()
        assert not is_in(client)
        assert kinds().count("step_failed") == 5
        assert kinds().count("locked_out") == 1

    def test_session_gets_another_key_and_leads_on_within_the_site(self):
        user = make_person()
        give_step(user)
        client = browser()
        try_to_sign_in(client)
        before = client.cookies["sessionid"].value
        answer = client.post("/admin/code/", {"code": code_of(user), "next": "https://evil.example/"})
        assert answer["Location"] == "/admin/"
        assert client.cookies["sessionid"].value != before

    def test_other_sessions_need_the_code_once_it_is_set_up(self):
        user = make_person()
        client = browser()
        try_to_sign_in(client)
        assert is_in(client)
        give_step(user)
        assert not is_in(client)

    def test_removing_ones_own_needs_a_code_and_that_of_another_an_administrator(self):
        user, chief = make_person(), make_person("chief", is_superuser=True)
        give_step(user)
        client = browser()
        try_to_sign_in(client)
        client.post("/admin/code/", {"code": code_of(user)})
        client.post("/admin/account/second-step/remove/", {"code": "x00000"})
        assert SecondStep.objects.exists()
        admin = browser()
        admin.force_login(chief)
        chosen = [SecondStep.objects.get().pk]
        admin.post("/admin/access/secondstep/", {"action": "remove_steps", "_selected_action": chosen})
        assert not SecondStep.objects.exists()
        assert kinds()[-1] == "step_removed"
        give_step(chief)
        with pytest.raises(PermissionDenied):
            remove(by=user, user=chief)

    def test_new_recovery_codes_replace_the_old(self):
        user = make_person()
        old = give_step(user)
        client = browser()
        try_to_sign_in(client)
        client.post("/admin/code/", {"code": old[0]})
        page = client.post("/admin/account/second-step/codes/").content.decode()
        new = re.findall(r"<code>([A-Z2-7-]{19})</code>", page)
        assert len(new) == 10
        assert not set(new) & set(old)
        late = browser()
        try_to_sign_in(late)
        late.post("/admin/code/", {"code": old[1]})
        assert not is_in(late)
        late.post("/admin/code/", {"code": new[0]})
        assert is_in(late)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "role", "is_superuser", "must"),
    [
        (["owner"], "owner", False, True),
        (["owner"], "reviewer", False, False),
        (["superuser"], "owner", False, False),
        (["superuser"], "viewer", True, True),
        ([], "owner", True, False),
    ],
)
def test_role_that_needs_a_second_step_is_led_to_set_it_up(settings, asked, role, is_superuser, must):
    settings.SECOND_STEP_FOR = asked
    user = make_person(is_superuser=is_superuser)
    factories.make_membership(factories.make_review(), user, role)
    client = browser()
    try_to_sign_in(client)
    answer = client.get("/admin/")
    assert (answer.status_code == 302) is must
    if must:
        assert answer["Location"].startswith("/admin/account/second-step/")
        assert client.get("/admin/account/second-step/").status_code == 200
        assert client.get("/admin/auth/user/").status_code == 302


@pytest.mark.django_db
def test_step_that_was_sealed_with_a_lost_key_says_so():
    user = make_person()
    codes = give_step(user)
    QuerySet.update(SecondStep.objects.all(), sealed_secret="lost")
    client = browser()
    try_to_sign_in(client)
    assert "the key of the site was changed" in client.post("/admin/code/", {"code": "123456"}).content.decode()
    client.post("/admin/code/", {"code": codes[3]})
    assert is_in(client)
