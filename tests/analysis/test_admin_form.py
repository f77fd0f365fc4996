"""The form of an analysis: typed fields made of the schemas, sentences beside them, saved through the service."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import Analysis, Claim
from tests import factories
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db


def form_data(world: World, client: Client, analysis: Analysis | None = None, **changes: Any) -> dict[str, Any]:
    """Give what a browser would send after opening the page."""
    address = change_url(analysis) if analysis else add_url(world)
    form = client.get(address).context["adminform"].form
    data: dict[str, Any] = {}
    for name, field in form.fields.items():
        value = field.prepare_value(form.get_initial_for_field(field, name))
        if value is not None and value is not False:
            data[name] = "on" if value is True else value
    rules = {f"rule_{name}": value for name, value in world.rules().items()}
    given = {} if analysis else {"title": "Pain", "slug": "pain", "kind": "main", "position": "0", **rules}
    claims = {"claims-TOTAL_FORMS": "0", "claims-INITIAL_FORMS": "0"}
    if analysis:
        claims["claims-INITIAL_FORMS"] = claims["claims-TOTAL_FORMS"] = str(analysis.claims.count())
    values = {**data, **given, **claims, **changes}
    return {name: value for name, value in values.items() if value is not None}


def add_url(world: World) -> str:
    return f"{reverse('admin:analysis_analysis_add')}?review={world.review.pk}"


def change_url(analysis: Analysis) -> str:
    return reverse("admin:analysis_analysis_change", args=[analysis.pk])


def errors_of(client: Client, url: str, data: dict[str, Any]) -> dict[str, list[str]]:
    """Post a form that is refused; give its sentences by field."""
    response = client.post(url, data)
    assert response.status_code == 200, "the form was accepted"
    return {name: list(errors) for name, errors in response.context["adminform"].form.errors.items()}


def test_adding_asks_for_the_review_where_there_are_several() -> None:
    world = make_world()
    factories.make_membership(user=world.owner)
    response = world.client("owner").get(reverse("admin:analysis_analysis_add"))
    assert f"?review={world.review.pk}" in response.content.decode()


def test_adding_saves_rules_and_steps_with_every_default() -> None:
    world = make_world()
    client = world.client("statistician")
    response = client.post(add_url(world), form_data(world, client))
    assert response.status_code == 302, response.context["errors"]
    analysis = Analysis.objects.get()
    assert analysis.rules["outcome"] == world.outcome.code
    assert analysis.rules["source_order"] == ["contrast", "arms"]
    assert analysis.rules["change_correlation"] is None
    assert {step.plugin for step in analysis.steps.all()} == {"pooling", "sensitivity", "grade"}
    assert analysis.steps.get(plugin="pooling").params == {
        "model": "inverse_variance",
        "tau2_method": "REML",
        "ci_method": "hksj",
        "pi_method": "ci",
        "tau2_interval": "q_profile",
        "level": 0.95,
    }
    assert analysis.history.get().history_user == world.people["statistician"]


def test_changing_keeps_the_history_and_the_other_parameters() -> None:
    world = make_world()
    analysis = world.analysis()
    client = world.client("owner")
    data = form_data(world, client, analysis, title="New title", pooling__level="0.9", reason="Wider question")
    assert client.post(change_url(analysis), data).status_code == 302
    analysis.refresh_from_db()
    assert analysis.title == "New title"
    assert analysis.steps.get(plugin="pooling").params["level"] == 0.9
    assert analysis.history.count() == 2
    assert analysis.history.first().history_change_reason == "Wider question"


def test_unticking_a_plugin_removes_its_step_and_forgives_its_parameters() -> None:
    world = make_world()
    analysis = world.analysis()
    client = world.client("owner")
    data = form_data(world, client, analysis, run_grade=None, grade__power="nonsense")
    assert client.post(change_url(analysis), data).status_code == 302
    assert not analysis.steps.filter(plugin="grade").exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("pooling__level", "1.5", "Level must be less than 1; 1.5 was entered."),
        ("pooling__level", "high", "Level must be a number, such as 0.5."),
        ("rule_outcome", "zzz", "“zzz” is not one of the choices for outcome; choose one from the list."),
        ("rule_comparators", None, "Comparators is missing."),
        ("rule_change_correlation", "2", "Change correlation must be less than or equal to 1; 2.0 was entered."),
        ("sensitivity__scenarios", "[{", "This is not JSON"),
        ("sensitivity__scenarios", "{}", "Enter a list of rows, in square brackets"),
        (
            "sensitivity__scenarios",
            '[{"name": "a", "title": "A", "conditions": [], "colour": "red"}]',
            "Scenarios, row 1 has a part “colour”, which is not known.",
        ),
        ("sensitivity__scenarios", '[{"name": "a", "title": "A"}]', "Scenarios, row 1 has no “conditions”."),
        (
            "sensitivity__scenarios",
            '[{"name": "a", "title": "A", "conditions": [{"field": "year", "op": "like"}]}]',
            "Scenarios, row 1, conditions, row 1, op must be",
        ),
    ],
)
def test_wrong_value_gives_a_sentence_at_its_field(field: str, value: str | None, sentence: str) -> None:
    world = make_world()
    client = world.client("owner")
    errors = errors_of(client, add_url(world), form_data(world, client, **{field: value}))
    assert list(errors) == [field]
    assert errors[field][0].startswith(sentence)
    assert len(errors[field]) == 1
    assert not Analysis.objects.exists()


def test_condition_with_unknown_field_gives_a_sentence_at_the_conditions() -> None:
    world = make_world(2)
    client = world.client("owner")
    condition = '[{"field": "rainfall", "op": "gt", "value": 3}]'
    errors = errors_of(client, add_url(world), form_data(world, client, rule_include=condition))
    assert errors["rule_include"][0].startswith("A rule of the analysis names the field “rainfall”")
    assert not Analysis.objects.exists()


def test_window_of_another_outcome_gives_a_sentence_at_the_window() -> None:
    world = make_world()
    other = factories.make_window(factories.make_outcome(world.review), code="late", name="late")
    client = world.client("owner")
    errors = errors_of(client, add_url(world), form_data(world, client, rule_window=other.code))
    assert errors["rule_window"][0].startswith("Pain intensity has no such follow-up window; it has: Window")


def test_plugin_without_what_it_reads_gives_a_sentence_at_its_tick() -> None:
    world = make_world()
    client = world.client("owner")
    errors = errors_of(client, add_url(world), form_data(world, client, run_sensitivity=None))
    assert errors == {"run_grade": ["This reads the results of “Sensitivity analyses”; run that too."]}


def test_no_plugin_at_all_gives_a_sentence() -> None:
    world = make_world()
    client = world.client("owner")
    nothing = {"run_pooling": None, "run_sensitivity": None, "run_grade": None}
    errors = errors_of(client, add_url(world), form_data(world, client, **nothing))
    assert errors == {"run_pooling": ["Choose at least one plugin to run."]}


def test_short_name_is_used_once_in_a_review() -> None:
    world = make_world()
    analysis, other = world.analysis(), world.analysis()
    client = world.client("owner")
    errors = errors_of(client, change_url(analysis), form_data(world, client, analysis, slug=other.slug))
    assert "The review already has an analysis with this short name." in str(errors)


def test_printed_numbers_are_added_changed_and_removed_on_the_page() -> None:
    world = make_world()
    analysis = world.analysis()
    client = world.client("owner")
    row = {"claims-0-quantity": "estimate", "claims-0-as_printed": "−1.07", "claims-0-measure": "MD"}
    new = form_data(world, client, analysis) | {"claims-TOTAL_FORMS": "1", **row}
    assert client.post(change_url(analysis), new).status_code == 302
    claim = Claim.objects.get()
    assert (claim.as_printed, claim.history.get().history_user) == ("−1.07", world.owner)
    stored = {"claims-0-id": claim.pk, "claims-0-analysis": analysis.pk, **row}
    changed = form_data(world, client, analysis) | stored | {"claims-0-as_printed": "−1.08"}
    assert client.post(change_url(analysis), changed).status_code == 302
    assert Claim.objects.get().as_printed == "−1.08"
    gone = form_data(world, client, analysis) | stored | {"claims-0-DELETE": "on"}
    assert client.post(change_url(analysis), gone).status_code == 302
    assert not Claim.objects.exists()


def test_history_of_an_analysis_can_be_read() -> None:
    world = make_world()
    analysis = world.analysis()
    client = world.client("owner")
    assert client.get(reverse("admin:analysis_analysis_history", args=[analysis.pk])).status_code == 200
    version = analysis.history.get()
    address = reverse("admin:analysis_analysis_simple_history", args=[analysis.pk, version.pk])
    assert client.get(address).status_code == 200
