"""Another house that vouches for people (OpenID Connect), and what the site does with those who come from there.

Run as a program in a process of its own, since the library is part of the site only where it is configured:
`OIDC_ISSUER=http://127.0.0.1:PORT ... python -m tests.access.house PORT` prints what happened as JSON.
"""

import base64
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET = "quorum", "a-secret-of-the-other-house"
# Who is signed in at the other house at the moment, and what it was asked for.
PERSON: dict[str, Any] = {}
ASKED: list[dict[str, list[str]]] = []


class House(BaseHTTPRequestHandler):
    """The three addresses that a site asks by itself."""

    def do_GET(self) -> None:
        """Answer with what the house says of itself, or of the person."""
        here = f"http://{self.headers['Host']}"
        if self.path.endswith("/openid-configuration"):
            places = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            told = {f"{name}_endpoint": f"{here}/{path}" for name, path in places.items()}
            self._give({**told, "issuer": here, "jwks_uri": f"{here}/keys", "response_types_supported": ["code"]})
        else:
            self._give(PERSON)

    def do_POST(self) -> None:
        """Give a token for a code."""
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        ASKED.append(sent)
        here, now = f"http://{self.headers['Host']}", int(time.time())
        claims = {"iss": here, "aud": CLIENT, "iat": now, "exp": now + 60, **PERSON}
        parts = [
            base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")
            for one in ({"alg": "RS256"}, claims)
        ]
        self._give({"access_token": "t", "token_type": "Bearer", "id_token": f"{parts[0]}.{parts[1]}.c2ln"})

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _give(self, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def come(client: Any, **person: Any) -> dict[str, Any]:
    """Sign in at the other house as a person and come back; give where that ends, and as whom."""
    PERSON.clear()
    PERSON.update(person)
    sent = client.post("/oidc/house/login/")
    query = parse_qs(urlsplit(sent["Location"]).query)
    back = client.get("/oidc/house/login/callback/", {"code": "c", "state": query["state"][0]}, follow=True)
    user = back.wsgi_request.user
    return {
        "sent_to": sent["Location"].partition("?")[0],
        "challenge": query.get("code_challenge_method", [""])[0],
        "ends_at": back.redirect_chain[-1][0] if back.redirect_chain else "",
        "status": back.status_code,
        "is_in": user.get_username() if user.is_authenticated else "",
        "says": [str(one) for one in back.context["messages"]] if back.context and "messages" in back.context else [],
    }


def everything() -> dict[str, Any]:
    """Let people come, one after the other; give what happened to each."""
    from django.contrib.auth.models import User
    from django.test import Client

    from access.services.inviting import invite
    from evidence.models import Membership, SecurityEvent
    from tests import factories
    from tests.access.people import give_step, make_person

    anna = make_person("anna", email="Anna@Example.org")
    olga = make_person("olga", email="olga@example.org", is_superuser=True)
    make_person("gone", email="gone@example.org", is_active=False)
    review = factories.make_review()
    factories.make_membership(review, olga, "owner")
    happened: dict[str, Any] = {"page": Client().get("/admin/login/").content.decode()}
    vouched = {"email_verified": True}
    happened["known"] = come(Client(), sub="1", email="anna@example.org", **vouched)
    happened["known again, by another address"] = come(Client(), sub="1", email="new@example.org", **vouched)
    happened["not vouched for"] = come(Client(), sub="2", email="olga@example.org", email_verified=False)
    happened["unknown"] = come(Client(), sub="3", email="stranger@example.org", **vouched)
    happened["switched off"] = come(Client(), sub="4", email="gone@example.org", **vouched)
    _, token = invite(by=olga, review=review, email="dora@example.org", role="reviewer")
    for name, email in (("another with the link", "eve@example.org"), ("invited", "dora@example.org")):
        client = Client()
        client.post(f"/join/{token}/", {"deed": "other_house"})
        happened[name] = come(client, sub=name, email=email, given_name="Dora", family_name="Falk", **vouched)
    dora = User.objects.get(username="dora")
    happened["dora"] = [dora.has_usable_password(), dora.get_full_name(), Membership.objects.get(user=dora).role]
    give_step(anna)
    happened["with a second step"] = come(Client(), sub="1", email="anna@example.org", **vouched)
    broken = Client().get("/oidc/house/login/callback/", {"code": "c", "state": "forged"}, follow=True)
    happened["forged"] = [broken.redirect_chain[-1][0], broken.wsgi_request.user.is_authenticated]
    happened["no sign-up"] = [
        Client().get(path)["Location"] for path in ("/house/account_signup/", "/house/socialaccount_signup/")
    ]
    happened["accounts"] = sorted(User.objects.values_list("username", flat=True))
    happened["events"] = list(SecurityEvent.objects.order_by("pk").values_list("kind", "account"))
    happened["secret was sent"] = SECRET in str(ASKED) and all("code_verifier" in one for one in ASKED)
    return happened


def main(port: int) -> None:
    """Open the house, make a database, and print what happened."""
    import django
    from django.conf import settings
    from django.test.utils import setup_test_environment

    server = ThreadingHTTPServer(("127.0.0.1", port), House)
    Thread(target=server.serve_forever, daemon=True).start()
    django.setup()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MIGRATION_MODULES = {app.label: None for app in django.apps.apps.get_app_configs()}
    setup_test_environment()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    sys.stdout.write(json.dumps(everything()) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
