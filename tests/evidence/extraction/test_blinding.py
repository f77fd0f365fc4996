"""Nobody who may still read a study sees what another reader entered: through no door before both have submitted.

Anna has submitted her extraction; every text and number in it is a secret that stands nowhere else. Each door is opened
by each person, and no page may hold a secret. The same doors are opened once both have submitted, where they must.
"""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analysis import canonical
from analysis.freezing import take_content
from evidence import services
from evidence.admin.standing import holder_path
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Characteristic,
    ContrastResult,
    Extraction,
    InterventionComponent,
    Settlement,
)
from evidence.permissions import may_read_extraction
from tests import factories as make
from tests.evidence.admin_pages import filled_in
from tests.evidence.extraction.trial import Trial, make_trial

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

WORDS = ("Zwxarm", "Zwxterm", "Zwxquote", "Zwxnote", "Zwxprinted", "Zwxanswer")
NUMBERS = ("7.3131", "1.9797", "83.1717", "6.2929")
SECRETS = (*WORDS, *NUMBERS)
HELD = (Arm, InterventionComponent, ArmResult, ContrastResult, Settlement, Characteristic, AdverseEvent, Extraction)


@pytest.fixture
def trial() -> Trial:
    trial = make_trial()
    text = make.make_characteristic_field(trial.review, code="words", name="Words", kind="text")
    reading = services.open_extraction(by=trial.anna, study=trial.study)
    arm = make.make_arm(reading, label="Zwxarm", quote="Zwxquote", note="Zwxnote", n_randomised=4447)
    other = make.make_arm(reading, "comparator", label="Zwxarm control", comparator_type=trial.usual)
    make.make_arm_result(arm, trial.nrs, mean="7.3131", sd="1.9797", quote="Zwxquote")
    contrast = make.make_contrast_result(
        arm, other, trial.nrs, estimate=3, is_printed_so=True, measure_as_printed="Zwxprinted"
    )
    make.make_settlement(contrast, value="-1", reason="Zwxnote")
    make.make_component(arm, type=trial.exercise, weeks="6.2929", note="Zwxnote")
    make.make_characteristic(reading, trial.age, number="83.1717")
    make.make_characteristic(reading, text, text="Zwxanswer")
    make.make_adverse_event(reading, arm=arm, term="Zwxterm")
    services.complete_extraction(by=trial.anna, extraction=reading)
    return trial


def held_rows() -> list[models.Model]:
    """Give Anna's rows, one or more of each kind that an extraction holds."""
    rows: list[models.Model] = []
    for model in HELD:
        path = holder_path(model)
        lookup = f"{path}__is_consensus" if path else "is_consensus"
        of_one = {lookup: False, f"{path}__status" if path else "status": "complete"}
        found = list(model.objects.filter(**of_one))
        assert found, model
        rows += found
    return rows


def test_every_kind_of_row_of_an_extraction_is_walked(trial):
    of_extractions = {
        model
        for model in apps.get_app_config("evidence").get_models()
        if not model.__name__.startswith("Historical")
        if str(getattr(model, "review_path", "")).endswith("extraction__study__review") or model is Extraction
    }
    assert of_extractions == set(HELD)


def doors(trial: Trial) -> Iterator[str]:
    """Give every address that could show something of an extraction."""
    for model in {*HELD, *(type(row) for row in others_of(trial))}:
        name = model._meta.model_name
        lists = reverse(f"admin:evidence_{name}_changelist")
        yield lists
        yield f"{lists}?q=Zwx"
        yield f"{lists}?extraction=single"
    for row in (*held_rows(), *others_of(trial)):
        for page in ("change", "delete", "history"):
            yield reverse(f"admin:evidence_{row._meta.model_name}_{page}", args=[row.pk])
    for row in held_rows():
        for entry in row.history.all():
            yield reverse(f"admin:evidence_{row._meta.model_name}_simple_history", args=[row.pk, entry.pk])
    yield from autocompletes(trial)
    yield from pages(trial)


def others_of(trial: Trial) -> list[models.Model]:
    """Give rows that are not part of an extraction and that rows of extractions refer to."""
    return [
        *(trial.review, trial.study, trial.nrs, trial.usual, trial.exercise, trial.age, trial.setting),
        trial.nrs.outcome,
    ]


def autocompletes(trial: Trial) -> Iterator[str]:
    """Give what every reference to an extraction's rows offers."""
    for model, made in admin.site._registry.items():
        for field in model._meta.fields:
            if (
                field.is_relation
                and field.related_model in HELD
                and field.name in getattr(made, "autocomplete_fields", ())
            ):
                for term in ("", "Zwx"):
                    yield (
                        f"/admin/autocomplete/?app_label={model._meta.app_label}&model_name={model._meta.model_name}"
                        f"&field_name={field.name}&term={term}&review={trial.review.pk}"
                    )


def pages(trial: Trial) -> Iterator[str]:
    """Give the pages that show a study whole."""
    reading = Extraction.objects.get(reviewer=trial.anna)
    study = reverse("admin:evidence_study_change", args=[trial.study.pk])
    for asked in ("own", "consensus", str(reading.pk), str(trial.anna.pk), "x"):
        yield f"{study}?extraction={asked}"
        yield f"{study}?extraction={asked}&tool=rob1"
    yield reverse("admin:evidence_compare", args=[trial.study.pk])
    yield f"{reverse('admin:evidence_compare', args=[trial.study.pk])}?show=all"
    yield reverse("admin:evidence_extraction_board", args=[trial.review.slug])
    yield reverse("admin:evidence_extractionform_review", args=[trial.review.slug])
    yield reverse("admin:evidence_authorcontact_study", args=[trial.study.pk])
    yield reverse("admin:evidence_adjudication_changelist")
    for name, row in (("arm_result", ArmResult), ("contrast_result", ContrastResult)):
        yield f"{reverse('admin:evidence_settlement_add')}?{name}={row.objects.get().pk}"
    when = timezone.localtime().strftime("%Y-%m-%d")
    yield f"{reverse('admin:evidence_review_as_of', args=[trial.review.pk])}?when={when}&study={trial.study.pk}"
    yield reverse("admin:index")


def seen_through(client: Client, address: str) -> set[str]:
    """Give the secrets that a page shows; what was asked for in the address may be shown back."""
    response = client.get(address, follow=True)
    html = response.content.decode()
    return {secret for secret in SECRETS if secret in html and secret not in address}


PEOPLE = ["ben in work", "ben before", "stranger to the study", "cara", "owner", "statistician", "viewer", "superuser"]


def client_as(trial: Trial, who: str) -> Client:
    """Log a person in."""
    person = {"ben in work": trial.ben, "ben before": trial.ben, "cara": trial.cara, "owner": trial.owner}.get(who)
    if who == "ben in work":
        services.open_extraction(by=trial.ben, study=trial.study)
    if who == "superuser":
        person = make.make_user(is_superuser=True)
    if person is None:
        role = "reviewer" if who == "stranger to the study" else who
        person = make.make_membership(trial.review, role=role).user
    client = Client()
    client.force_login(person)
    client.person = person  # type: ignore[attr-defined]
    return client


@pytest.mark.parametrize("who", PEOPLE)
def test_no_door_shows_an_extraction_before_both_have_submitted(trial, who):
    client = client_as(trial, who)
    leaks = {address: found for address in doors(trial) if (found := seen_through(client, address))}
    assert leaks == {}
    assert not may_read_extraction(client.person, Extraction.objects.get(reviewer=trial.anna))


def test_the_reader_themself_sees_their_own_through_these_doors(trial):
    client = Client()
    client.force_login(trial.anna)
    found = set().union(*(seen_through(client, address) for address in doors(trial)))
    assert found == set(SECRETS)


@pytest.mark.parametrize("who", ["cara", "ben in work", "superuser"])
def test_doors_open_once_both_have_submitted(trial, who):
    client = client_as(trial, who)
    own = services.open_extraction(by=trial.ben, study=trial.study)
    services.complete_extraction(by=trial.ben, extraction=own)
    found = set().union(*(seen_through(client, address) for address in doors(trial)))
    assert found == set(SECRETS)


@pytest.mark.parametrize("who", ["stranger to the study", "statistician"])
def test_extractions_of_single_readers_are_for_readers_and_adjudicators_only(trial, who):
    client = client_as(trial, who)
    own = services.open_extraction(by=trial.ben, study=trial.study)
    services.complete_extraction(by=trial.ben, extraction=own)
    assert {address for address in doors(trial) if seen_through(client, address)} == set()


@pytest.mark.parametrize("who", ["ben", "cara"])
def test_doors_close_again_while_an_extraction_is_reopened(trial, who):
    own = services.open_extraction(by=trial.ben, study=trial.study)
    services.complete_extraction(by=trial.ben, extraction=own)
    services.reopen_extraction(by=trial.ben, extraction=own, reason="a table was missed")
    client = Client()
    client.force_login(getattr(trial, who))
    assert {address for address in doors(trial) if seen_through(client, address)} == set()


def test_rows_of_another_cannot_be_taken_over_by_guessing_their_keys(trial):
    client = client_as(trial, "ben in work")
    before, arm, result = len(held_rows()), Arm.objects.get(label="Zwxarm"), ArmResult.objects.get()
    rows = {
        "arms": [{"id": arm.pk, "number": 1, "label": "Mine now", "role": "experimental"}],
        "armresult": [{"id": result.pk, "arm_no": 1, "instrument": trial.nrs.pk, "week": 12, "mean": 5}],
    }
    address = reverse("admin:evidence_study_change", args=[trial.study.pk])
    response = client.post(
        f"{address}?extraction=own",
        filled_in(trial.review, rows, {"arms": 1, "armresult": 1}, code=trial.study.code, label=trial.study.label),
    )
    html = response.content.decode()
    assert [secret for secret in SECRETS if secret in html] == []
    arm.refresh_from_db()
    assert arm.label == "Zwxarm"
    for row in held_rows():
        for page in ("change", "delete"):
            client.post(reverse(f"admin:evidence_{row._meta.model_name}_{page}", args=[row.pk]), {"post": "yes"})
    assert len(held_rows()) == before


@pytest.mark.parametrize(
    ("listed", "lookup"),
    [
        ("study", "extractions__arms__label__startswith=Zwx"),
        ("study", "extractions__characteristics__number__gt=80"),
        ("characteristicfield", "characteristic__number__gt=80"),
        ("instrument", "armresult__mean__gt=7"),
        ("report", "study__extractions__arms__label__startswith=Z"),
        ("extraction", "arms__label__startswith=Z"),
    ],
)
def test_lists_cannot_be_asked_about_what_they_do_not_show(trial, listed, lookup):
    client = client_as(trial, "cara")
    response = client.get(f"/admin/evidence/{listed}/?{lookup}")
    assert response.status_code in (302, 400)


def test_freeze_holds_single_extractions_only_once_all_are_submitted(trial):
    assert not any(secret in canonical.to_text(take_content(trial.review)) for secret in SECRETS)
    own = services.open_extraction(by=trial.ben, study=trial.study)
    services.complete_extraction(by=trial.ben, extraction=own)
    content = take_content(trial.review)["studies"][trial.study.code]
    assert set(content["readings"]) == {"A", "B"}
    assert content["extraction"] is None


def test_under_single_extraction_others_read_it_once_it_is_submitted(trial):
    make.make_extraction_policy(trial.review)
    reading = Extraction.objects.get(reviewer=trial.anna)
    assert may_read_extraction(trial.cara, reading)
    assert not may_read_extraction(trial.ben, reading)
    services.reopen_extraction(by=trial.anna, extraction=reading, reason="a table was missed")
    assert not may_read_extraction(trial.cara, reading)


def test_deleting_something_tells_only_that_extractions_use_it(trial):
    client = client_as(trial, "owner")
    for row in (trial.nrs, trial.age, trial.exercise):
        address = reverse(f"admin:evidence_{row._meta.model_name}_delete", args=[row.pk])
        for response in (client.get(address), client.post(address, {"post": "yes"})):
            html = response.content.decode()
            assert [secret for secret in SECRETS if secret in html] == []
    html = client.get(reverse("admin:evidence_instrument_delete", args=[trial.nrs.pk])).content.decode()
    assert "rows in extractions or assessments of single readers, which are not open yet" in html
