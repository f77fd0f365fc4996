"""The pages of the form and of questions to authors."""

from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse

from evidence import services
from evidence.models import CharacteristicField, ExtractionForm, FormDraft
from tests import factories as make
from tests.evidence.extraction.test_pages import client_of, study_address, text_of
from tests.evidence.extraction.trial import Trial, make_trial, read_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial() -> Trial:
    return make_trial()


def form_address(trial: Trial) -> str:
    return reverse("admin:evidence_extractionform_review", args=[trial.review.slug])


def draft_of(response: Any, **changes: dict[str, str]) -> dict[str, str]:
    """Give what the page of the form sends, with changes by the short name of the question."""
    sent: dict[str, str] = {}
    rows = response.context["rows"]
    sent |= {f"questions-{name}": str(value) for name, value in rows.management_form.initial.items()}
    for row in rows.forms:
        values = {name: row[name].value() for name in row.fields if name != "DELETE"}  # as a browser sends them
        values |= changes.get(str(values["code"]), {}) if values["code"] else changes.pop("new", {})
        sent |= {f"{row.prefix}-{name}": str(value) for name, value in values.items() if value is not None}
    return sent


def test_draft_is_saved_previewed_and_published_on_the_page(trial):
    read_as(trial, trial.anna, age="61")
    client = client_of(trial.owner)
    page = client.get(form_address(trial))
    new = {"code": "drop-outs", "name": "Drop-outs", "kind": "number"}
    sent = draft_of(page, age={"maximum": "60"}, new=new)
    assert client.post(form_address(trial), sent).headers["Location"].endswith("#preview")
    page = client.get(form_address(trial))
    said = {change.code: (str(change.change), change.kept_aside) for change in page.context["changes"]}
    assert said == {"age": ("changed", 1), "drop-outs": ("added", 0)}
    assert "maximum: 100 → 60" in text_of(page)
    assert CharacteristicField.objects.filter(review=trial.review).count() == 2
    client.post(
        reverse("admin:evidence_extractionform_review_publish", args=[trial.review.slug]), {"note": "Protocol 2"}
    )
    assert ExtractionForm.objects.filter(review=trial.review).count() == 2
    study = text_of(client_of(trial.anna).get(study_address(trial)))
    assert "kept aside: answer to version 1" in study
    assert "Mean age (years) cannot be above 60; got 61." in study


def test_draft_with_a_broken_question_is_refused_in_sentences(trial):
    client = client_of(trial.owner)
    page = client.get(form_address(trial))
    response = client.post(form_address(trial), draft_of(page, age={"minimum": "80", "maximum": "60"}))
    assert "Mean age, maximum: The maximum must be above the minimum." in text_of(response)
    response = client.post(form_address(trial), draft_of(page, setting={"name": ""}))
    assert "Name is missing." in text_of(response)
    assert not FormDraft.objects.exists()


def test_form_is_changed_by_its_owner_only(trial):
    client = client_of(trial.cara)
    page = client.get(form_address(trial))
    assert "Save the draft" not in text_of(page)
    owner_page = client_of(trial.owner).get(form_address(trial))
    assert client.post(form_address(trial), draft_of(owner_page)).status_code == 403
    for act in ("publish", "discard"):
        make.make_form_draft(trial.review) if act == "publish" else None
        address = reverse(f"admin:evidence_extractionform_review_{act}", args=[trial.review.slug])
        assert client.post(address, {"note": "x"}).status_code == 403
    assert FormDraft.objects.exists()


# Authors -------------------------------------------------------------------------------------------------------------


def missing_address(trial: Trial) -> str:
    return reverse("admin:evidence_authorcontact_study", args=[trial.study.pk])


def test_what_an_extraction_lacks_is_listed_until_it_is_asked_for(trial):
    reading = read_as(trial, trial.anna, sd=None, complete=False)
    reading.characteristics.get(field=trial.setting).delete()
    client = client_of(trial.anna)
    page = client.get(missing_address(trial))
    item = "SD of Motor control, NRS 0-10 (Pain) at week 12"
    assert page.context["missing"] == [item, "Setting"]
    assert f"item={quote(item)}" in text_of(page)
    services.ask_authors(by=trial.anna, study=trial.study, item=item)
    assert client.get(missing_address(trial)).context["missing"] == ["Setting"]
    assert item in text_of(client_of(trial.ben).get(study_address(trial)))


def test_what_a_reading_lacks_is_shown_to_its_reader_only(trial):
    read_as(trial, trial.anna, sd=None)
    for person in (trial.ben, trial.cara, trial.owner):
        page = client_of(person).get(missing_address(trial))
        assert page.context["missing"] == []
        assert "neither a consensus nor an extraction of yours" in text_of(page)


def test_answer_is_entered_and_stamped(trial):
    contact = services.ask_authors(by=trial.anna, study=trial.study, item="SD")
    client = client_of(trial.ben)
    address = reverse("admin:evidence_authorcontact_change", args=[contact.pk])
    sent = {
        "item": "SD",
        "asked_at": str(contact.asked_at),
        "status": "open",
        "answered_at": "",
        "answer": "It is 1.8.",
    }
    assert client.post(address, sent).status_code == 302
    contact.refresh_from_db()
    assert (contact.status, contact.answered_by, contact.answer) == ("answered", trial.ben, "It is 1.8.")
    page = text_of(client.get("/admin/evidence/authorcontact/?status__exact=open"))
    assert "SD" not in page.partition('id="result_list"')[2]
