"""The forest plot of a snapshot: what is offered beside its rows, what is shown, and that no number depends on it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from analysis.forests import choices_of, chosen_columns, forest_of
from analysis.importing import AnalysisFile, import_analyses
from analysis.models import Analysis, PlanEvent, Snapshot
from analysis.reading import Reading
from analysis.services import save_analysis
from tests import factories
from tests.analysis.test_admin_snapshot import add_event_studies
from tests.analysis.test_admin_world import STEPS, World, make_world

pytestmark = pytest.mark.django_db


def names_of(reading: Reading) -> list[str]:
    return [choice.name for choice in choices_of(reading)]


def add_components(world: World) -> None:
    """Give every experimental arm a component, the first one another than the rest."""
    kinds = (("aerobic", "Walking (code 3 in the plots)."), ("smt", "As the table calls it."))
    types = [
        factories.make_component_type(world.review, family="exercise", code=code, name=code, definition=definition)
        for code, definition in kinds
    ]
    for place, study in enumerate(world.review.studies.order_by("pk")):
        arm = study.extractions.get().arms.get(number=1)
        factories.make_component(arm, type=types[min(place, 1)])


def drawn(reading: Reading, *columns: str) -> str:
    forest = forest_of(reading, columns)
    assert forest is not None
    return forest.svg


def test_usual_columns_are_sizes_of_arms_judgements_estimate_and_weight() -> None:
    reading = Reading(make_world(2).snapshot())
    forest = forest_of(reading)
    assert forest is not None
    assert forest.columns == ("n", "estimate", "weight", "rob")
    assert forest.svg.count('class="forest-light"') == 2 * 6 + 1  # five domains and all, and one in the legend
    assert ">D5</text>" in forest.svg
    assert ">Weight</text>" in forest.svg


def test_only_what_the_snapshot_has_is_offered() -> None:
    world = make_world(2)
    assert not {"groups", "not_pooled", "fact:exercise", "code:exercise"} & set(names_of(Reading(world.snapshot())))
    world.add_studies(1, week=40)
    add_components(world)
    assert {"not_pooled", "fact:exercise", "code:exercise", "arms"} <= set(names_of(Reading(world.snapshot())))


def test_unknown_columns_are_left_out_and_the_order_is_that_of_the_plot() -> None:
    reading = Reading(make_world(2).snapshot())
    assert chosen_columns(reading, ["weight", "n", "nonsense", "n"]) == ("n", "weight")
    assert chosen_columns(reading, []) == ()


def test_data_of_arms_are_the_numbers_that_were_pooled() -> None:
    svg = drawn(Reading(make_world(1).snapshot()), "arms")
    for cell in ("50", "3.00", "1.50", "4.10", "1.40"):
        assert f">{cell}</text>" in svg
    assert "Estimate [" not in svg


def test_events_and_totals_stand_where_effects_come_from_counts() -> None:
    world = make_world()
    add_event_studies(world)
    svg = drawn(Reading(world.snapshot(measure="RR")), "arms", "estimate")
    assert svg.count(">Events</text>") == 2
    for cell in ("20", "11", "30", "14", "50", "25", "100"):  # 20 + 30 and 11 + 14 of 50 + 50
        assert f">{cell}</text>" in svg


def test_codes_are_those_that_definitions_name_and_letters_for_the_others() -> None:
    world = make_world(3)
    add_components(world)
    svg = drawn(Reading(world.snapshot()), "code:exercise")
    assert "Exercise: 3 aerobic; a smt" in svg
    assert svg.count(">a</text>") == 2
    assert svg.count(">3</text>") == 1
    assert drawn(Reading(Snapshot.objects.get()), "fact:exercise").count(">smt</text>") == 2


def test_studies_that_are_not_pooled_keep_their_facts_and_say_why() -> None:
    world = make_world(2)
    world.add_studies(1, week=40)
    silent = factories.make_pooled_study(
        world.review, world.instrument, 30, 3, 1, 31, 4, 1, comparator_type=world.comparator, label="Silent 2019"
    )
    for arm in silent.extractions.get().arms.all():
        arm.results.all().delete()
    svg = drawn(Reading(world.snapshot()), "n", "rob", "estimate", "not_pooled")
    assert "Not pooled (2)" in svg
    assert ">not public</text>" in svg
    assert "No result for the outcome is public." in svg
    assert "none in the window" in svg
    assert ">30</text>" in svg
    assert ">130</text>" not in svg
    assert svg.count('class="forest-light"') == 4 * 6 + 1


def test_without_any_effect_there_is_a_plot_only_of_what_is_not_pooled() -> None:
    world = make_world()
    world.add_studies(2, week=40)
    reading = Reading(world.snapshot())
    assert forest_of(reading) is None
    assert "Not pooled (2)" in drawn(reading, "not_pooled")


def test_smallest_important_difference_is_marked_on_both_sides() -> None:
    svg = drawn(Reading(make_world(3).snapshot()), "estimate")
    assert svg.count('class="forest-mark"') == 1 + ("MCID 1.50" in svg)
    assert "MCID −1.50" in svg
    assert "Heterogeneity: Q = " in svg


def test_studies_stand_in_the_groups_of_the_subgroup_analysis() -> None:
    world = make_world(4)
    for place, study in enumerate(world.review.studies.order_by("pk")):
        study.design = "cluster_rct" if place % 2 else "rct"
        study.save()
    steps: dict[str, dict[str, Any]] = {**STEPS, "subgroups": {"field": "design"}}
    row = Analysis(review=world.review, slug="groups", title="Groups", rules=world.rules())
    reading = Reading(world.snapshot(save_analysis(by=world.owner, analysis=row, steps=steps)))
    assert "groups" in names_of(reading)
    svg = drawn(reading, "groups", "estimate", "weight")
    assert svg.count('class="forest-subtotal"') == 2
    assert svg.count('class="forest-row"') == 4
    assert "Test for subgroup differences: Q = " in svg


def test_specification_that_does_not_fit_the_result_gives_no_plot() -> None:
    reading = Reading(make_world(2).snapshot())
    reading.results["pooling"]["figures"][0]["rows"] = "nowhere"
    assert forest_of(reading) is None
    reading.results["pooling"]["figures"][0] = {"kind": "forest", "title": 3, "rows": "studies"}
    assert forest_of(reading) is None


def test_saved_columns_are_shown_and_change_neither_numbers_nor_plan() -> None:
    world = make_world(2)
    analysis = world.analysis()
    before = world.snapshot(analysis)
    events = PlanEvent.objects.count()
    analysis.forest_columns = ["year", "estimate"]
    save_analysis(by=world.owner, analysis=analysis)
    assert chosen_columns(Reading(Snapshot.objects.get(pk=before.pk))) == ("year", "estimate")
    assert world.snapshot(analysis).pk == before.pk
    assert PlanEvent.objects.count() == events
    assert analysis.history.latest().forest_columns == ["year", "estimate"]


@pytest.mark.parametrize("columns", ["n", [1], [""], ["n" * 81], {"n": 1}])
def test_columns_are_a_list_of_short_names(columns: Any) -> None:
    analysis = make_world(1).analysis()
    analysis.forest_columns = columns
    with pytest.raises(ValidationError, match="a list of short names"):
        analysis.full_clean()


def test_file_of_analyses_sets_the_columns_and_leaves_saved_ones_where_it_names_none() -> None:
    world = make_world(2)
    row = {"slug": "pain", "title": "Pain", "rules": world.rules(), "steps": {"pooling": {}}}
    head = {"format": "quorum-analyses", "format_version": 1}

    def load(**more: Any) -> int:
        file = AnalysisFile.model_validate(head | {"analyses": [row | more]})
        return import_analyses(by=world.owner, review=world.review, file=file)

    assert load(forest_columns=["n", "rob"]) == 1
    assert load() == 0
    assert Analysis.objects.get(slug="pain").forest_columns == ["n", "rob"]
    assert load(forest_columns=[]) == 1
    assert Analysis.objects.get(slug="pain").forest_columns == []


def test_page_draws_the_columns_of_the_address_and_links_files_with_them() -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    client = world.client("viewer")
    page = reverse("admin:analysis_snapshot_change", args=[snapshot.pk])
    usual = client.get(page).content.decode()
    asked = client.get(page, {"forest": "1", "column": ["arms", "estimate"]}).content.decode()
    empty = client.get(page, {"forest": "1"}).content.decode()
    assert ">Mean</text>" not in usual
    assert ">Mean</text>" in asked
    assert "forest.png?forest=1&amp;column=arms&amp;column=estimate" in asked
    assert 'value="arms" checked' in asked
    assert 'value="weight" checked' in usual
    assert 'value="weight" checked' not in asked
    assert "Estimate [95% CI]</text>" not in empty.split('class="figure forest-figure"')[1].split("</svg>")[0]
    assert 'href="#effect-2"' in usual
    assert 'id="effect-2"' in usual


def test_files_have_the_columns_of_the_address_in_three_kinds() -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    client = world.client("viewer")
    beginnings = {"svg": b"<svg ", "png": b"\x89PNG", "pdf": b"%PDF-"}
    kinds = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
    for kind, beginning in beginnings.items():
        address = reverse("admin:analysis_snapshot_file", args=[snapshot.pk, f"forest.{kind}"])
        response = client.get(address, {"column": ["arms", "rob"]})
        assert response.content.startswith(beginning)
        assert response["Content-Type"] == kinds[kind]
        assert response.content == client.get(address, {"column": ["arms", "rob"]}).content
    svg = client.get(reverse("admin:analysis_snapshot_file", args=[snapshot.pk, "forest.svg"]), {"column": ["arms"]})
    assert b">Mean</text>" in svg.content
    assert b"href=" not in svg.content


def test_picture_for_print_has_300_dots_on_an_inch() -> None:
    world = make_world(1)
    address = reverse("admin:analysis_snapshot_file", args=[world.snapshot().pk, "forest.png"])
    content = world.client("viewer").get(address).content
    at = content.index(b"pHYs") + 4
    assert round(int.from_bytes(content[at : at + 4], "big") * 0.0254) == 300


def test_snapshot_without_a_plot_has_no_such_file() -> None:
    world = make_world()
    address = reverse("admin:analysis_snapshot_file", args=[world.snapshot().pk, "forest.pdf"])
    assert world.client("viewer").get(address).status_code == 404


def test_analysis_page_saves_the_columns_for_those_who_may_analyse() -> None:
    world = make_world(2)
    analysis = world.analysis()
    address = reverse("admin:analysis_analysis_change", args=[analysis.pk])
    page = world.client("owner").get(address)
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in values.items() if value is not None and value is not False}
    inlines = {
        f"{one.formset.prefix}-{name}": value
        for one in page.context["inline_admin_formsets"]
        for name, value in one.formset.management_form.initial.items()
    }
    answer = world.client("owner").post(address, {**data, **inlines, "forest_columns": ["year", "rob"]})
    assert answer.status_code == 302, answer.context["errors"]
    assert Analysis.objects.get(pk=analysis.pk).forest_columns == ["year", "rob"]
    shown = world.client("viewer").get(address).content.decode()
    assert "year, rob" in shown
    assert 'name="forest_columns"' not in shown
