"""The headers of every answer, and that no page needs a rule to be looser."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests import factories
from tests.access.people import browser, make_person

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("/admin/login/", "/admin/", "/admin/account/", "/admin/evidence/study/", "/join/none/", "/no-such-page/")
LONG_KEY = "k9Qw-only-for-this-test-0123456789-abcdefghijklmnop-XYZ"
READ_PRODUCTION = """
import json, django; django.setup()
from django.conf import settings
from django.test import Client
client = Client(SERVER_NAME="localhost")
plain = client.get("/join/none/")
answer = client.get("/no-such-page/", secure=True, headers={"X-Forwarded-Proto": "https"})
print(json.dumps({"plain": [plain.status_code, plain["Location"]], "headers": dict(answer.headers),
    "cookies": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE,
                settings.CSRF_COOKIE_SECURE]}))
"""


def in_production(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with the settings of a server."""
    given = {"PRODUCTION": "1", "SECRET_KEY": LONG_KEY, "DATABASE_URL": "sqlite://:memory:", **env}
    kept = {name: value for name, value in os.environ.items() if name not in ("DEBUG", "BROKER_URL")}
    kept |= {"DJANGO_SETTINGS_MODULE": "config.settings", **given}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_strict_rules(path):
    client = browser()
    client.force_login(factories.make_membership(factories.make_review(), make_person(), "owner").user)
    headers = client.get(path).headers
    rules = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
    assert rules["base-uri"] == rules["object-src"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
def test_pages_of_people_are_kept_by_no_cache():
    client = browser()
    client.force_login(make_person())
    for path in ("/admin/", "/admin/account/", "/admin/login/", "/join/none/"):
        assert "no-store" in client.get(path)["Cache-Control"], path


def test_no_template_holds_a_script_or_a_style_of_its_own():
    own = (r"<style\b", r"\bstyle\s*=", r"<script(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)", r"\son\w+\s*=")
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if "manuscripts" in path.parts:
            continue  # files to be kept, which no page of the site shows
        markup = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for pattern in (*own, r"javascript:"):
            found += [f"{path.relative_to(ROOT)}: {one}" for one in re.findall(pattern, markup)]
    assert not found


def test_nothing_of_the_site_is_fetched_from_elsewhere():
    found = []
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".css", ".js") and "manuscripts" not in path.parts:
            text = path.read_text(encoding="utf-8")
            found += [
                f"{path.name}: {one}" for one in re.findall(r"(?:src=|url\(|import\s)[\"']?https?://[^\s\"')]+", text)
            ]
    assert not found


def test_production_speaks_https_only_and_its_cookies_are_of_this_host():
    ran = in_production("-c", READ_PRODUCTION)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["plain"] == [301, "https://localhost/join/none/"]
    assert told["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert told["cookies"] == ["__Host-sessionid", "__Host-csrftoken", True, True]


def test_production_passes_the_checks_of_django_without_a_warning():
    ran = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert ran.returncode == 0, ran.stderr
    assert "System check identified no issues (0 silenced)." in ran.stdout


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"SECRET_KEY": ""}, "PRODUCTION needs SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters"),
        ({"SECRET_KEY": "ab" * 30}, "only 2 different characters"),
        ({"SECRET_KEY": "django-insecure-" + LONG_KEY}, "like one from an example"),
        ({"DEBUG": "1"}, "DEBUG shows everybody"),
        ({"DATABASE_URL": "postgresql://quorum:quorum@localhost/quorum"}, "DATABASE_URL holds the password"),
        ({"BROKER_URL": "redis://:password@localhost/0"}, "BROKER_URL holds the password"),
    ],
)
def test_production_does_not_start_with_a_weak_secret(env, says):
    ran = in_production("-c", "import django; django.setup()", **env)
    assert ran.returncode != 0
    assert says in ran.stderr.splitlines()[-1]
    assert LONG_KEY not in ran.stderr


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"UPLOAD_DIR": str(ROOT / "staticfiles" / "in")}, "access.E001"),
        ({"SECOND_STEP_FOR": "owner,supervisor"}, "access.E002"),
        ({"OIDC_ISSUER": "https://id.example.org"}, "access.E003"),
        ({"OIDC_ISSUER": "http://id.example.org", "OIDC_CLIENT_ID": "q", "OIDC_CLIENT_SECRET": "s"}, "access.E004"),
    ],
)
def test_site_that_would_be_open_does_not_start(env, says):
    ran = in_production("manage.py", "check", **env)
    assert ran.returncode != 0
    assert says in ran.stderr


def test_files_that_people_send_lie_outside_of_what_is_served():
    served = [Path(settings.STATIC_ROOT), *map(Path, settings.STATICFILES_DIRS)]
    assert not any(Path(settings.UPLOAD_DIR).is_relative_to(folder) for folder in served)
    assert not settings.MEDIA_ROOT
