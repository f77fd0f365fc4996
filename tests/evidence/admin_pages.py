"""What a browser sends and shows on the admin's pages, for tests that go through the test client."""

import re
from typing import Any

from django.test import Client

from evidence.models import Review, Study
from tests.factories import make_membership, make_user

SETS = ("reports", "arms", "interventioncomponent", "armresult", "contrasts", "characteristics", "adverse_events")
DEFAULTS: dict[str, dict[str, str]] = {
    "armresult": {"value_kind": "final", "sign": "scale", "ci_level": "0.95"},
    "contrasts": {"value_kind": "final", "sign": "scale", "ci_level": "0.95", "measure": "MD", "p_relation": "="},
    "adverse_events": {"seriousness": "unclear"},
}
Rows = list[dict[str, Any]]


def member_client(review: Review, role: str = "adjudicator", **account: Any) -> Client:
    """Give a browser in which a new member of the review is logged in; `client.person` is that member."""
    client = Client()
    client.person = make_user(**account)  # type: ignore[attr-defined]
    make_membership(review, client.person, role)  # type: ignore[attr-defined]
    client.force_login(client.person)  # type: ignore[attr-defined]
    return client


def filled_in(
    review: Review, sets: dict[str, Rows], initial: dict[str, int] | None = None, **fields: Any
) -> dict[str, str]:
    """Give what the study's page sends for these rows; the first `initial` rows of a set are saved ones."""
    data = {"review": review.pk, "label": "Aasa 2015", "code": "Aasa_2015", "year": "2015", "design": "rct", **fields}
    for name in SETS:
        rows = sets.get(name, [])
        data |= {f"{name}-TOTAL_FORMS": len(rows), f"{name}-INITIAL_FORMS": (initial or {}).get(name, 0)}
        for place, row in enumerate(rows):
            values = {**DEFAULTS.get(name, {}), **row}
            data |= {f"{name}-{place}-{field}": value for field, value in values.items()}
    return {name: str(value) for name, value in data.items() if value is not None}


def two_arms(comparator_type: Any) -> Rows:
    """Give an experimental arm 1 and a comparator arm 2."""
    return [
        {"number": 1, "label": "Motor control", "role": "experimental", "n_randomised": 35},
        {"number": 2, "label": "Lifting", "role": "comparator", "comparator_type": comparator_type.pk},
    ]


def errors_at(response: Any, field_id: str) -> list[str]:
    """Give the sentences that the page shows beside the field."""
    html = response.content.decode()
    found = re.search(rf'<ul class="errorlist" id="{field_id}_error">(.*?)</ul>', html, re.DOTALL)
    return [_plain(item) for item in re.findall(r"<li>(.*?)</li>", found.group(1), re.DOTALL)] if found else []


def errors_of_row(response: Any, row_id: str) -> list[str]:
    """Give the sentences about a row as a whole."""
    html = response.content.decode()
    found = re.search(rf'id="{row_id}">.*?<ul class="errorlist nonfield"[^>]*>(.*?)</ul>', html, re.DOTALL)
    return [_plain(item) for item in re.findall(r"<li>(.*?)</li>", found.group(1), re.DOTALL)] if found else []


def listed_errors(response: Any) -> list[str]:
    """Give the list of errors at the top of the study's page, each with its section, row and field."""
    html = response.content.decode()
    found = re.search(r'class="listed-errors".*?<ol>(.*?)</ol>', html, re.DOTALL)
    return [_plain(item) for item in re.findall(r"<li>(.*?)</li>", found.group(1), re.DOTALL)] if found else []


def _plain(html: str) -> str:
    text = re.sub(r"<[^>]+>", "", html)
    for code, letter in (("&#x27;", "'"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(code, letter)
    return " ".join(text.split())


def add_address(review: Review) -> str:
    """Give the address of the page for a new study."""
    return f"/admin/evidence/study/add/?review={review.pk}"


def change_address(study: Study, query: str = "") -> str:
    """Give the address of a study's page."""
    return f"/admin/evidence/study/{study.pk}/change/{query}"
