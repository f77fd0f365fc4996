"""The description of the interface: OpenAPI 3.1 without a warning, and pages that keep the content policy."""

import io
import json

from django.core.management import call_command

from tests.api.programs import ROOT
from tests.factories import make_membership, make_study, make_user
from tests.in_a_browser import IN_A_BROWSER, arrive

TEXT = {"type": "string"}


def test_description_is_openapi_without_a_warning():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    schema = json.loads(out.getvalue())
    assert schema["openapi"].startswith("3.1")
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    parts = schema["components"]["schemas"]
    assert parts["ArmResultRow"]["properties"]["sd"]["type"] == ["number", "null"]
    assert answer_of(schema, "/api/v1/effects/") == {"$ref": "#/components/schemas/EffectPage"}
    assert answer_of(schema, "/api/v1/plugins/") == {"$ref": "#/components/schemas/PluginList"}
    asked = {one["name"]: one["schema"] for one in schema["paths"]["/api/v1/arms/"]["get"]["parameters"]}
    assert asked["is_consensus"] == {"type": "boolean"}
    assert asked["fields"]["items"]["enum"][:2] == ["id", "review"]
    assert asked["extraction"]["minimum"] == 0
    assert asked["page_size"] == {"type": "integer", "minimum": 1, "maximum": 500}
    assert asked["cursor"]["type"] == "string"
    assert asked["ordering"]["enum"] == ["id", "number", "label", "-id", "-number", "-label"]
    assert {"review", "code", "label"} <= set(parts["StudySentRequest"]["required"])
    assert "id" not in parts["StudySentRequest"]["properties"]
    assert all(part["additionalProperties"] is False for name, part in parts.items() if name.endswith("Request"))
    for path, operations in schema["paths"].items():
        assert path.startswith("/api/v1/")
        for method, operation in operations.items():
            answers = operation["responses"]
            assert operation["description"], (method, path)
            assert answers["403"]["content"] == {"application/problem+json": problem}
            assert answers["414"]["content"] == {"application/problem+json": problem, "text/html": {"schema": TEXT}}
            headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
            assert ("If-Match" in headers) == (method in ("patch", "delete")), path
            assert ("412" in answers) == ("If-Match" in headers)


def answer_of(schema, path):
    """Give what an address is said to answer."""
    return schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


class TestPages:
    """The pages in a browser."""

    pytestmark = IN_A_BROWSER

    def test_pages_for_people_keep_the_content_policy(self, page, complaints, live_server, client):
        study = make_study(label="Aasa 2015")
        person = make_user()
        make_membership(study.review, person, "owner")
        client.force_login(person)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(f"{live_server.url}{ROOT}/studies/")
        arrive(page, "pre.answer")
        assert "Aasa 2015" in page.inner_text("pre.answer")
        assert page.locator("nav a").count() >= 2
        page.goto(f"{live_server.url}{ROOT}/docs/")
        arrive(page, ".opblock-tag")
        assert page.locator(".opblock-tag").count() > 15
        assert complaints == []
