"""Each figure on a page has the data behind it and files to keep: SVG, PDF and PNG, for whom the page is."""

import re
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from analysis import canonical
from analysis.reading import data_behind, figures_of
from tests.analysis.test_admin_world import make_world

pytestmark = pytest.mark.django_db

BEGINNINGS = {
    "svg": (b"<svg", "image/svg+xml"),
    "pdf": (b"%PDF-", "application/pdf"),
    "png": (b"\x89PNG", "image/png"),
}


def address_of(row, name, kind="snapshot"):
    return reverse(f"admin:analysis_{kind}_figure", args=[row.pk, name])


def result_of(snapshot, plugin):
    return canonical.from_text(snapshot.runs.get(plugin=plugin).result)


def test_every_figure_of_a_snapshot_has_its_data_and_its_files_on_the_page():
    world = make_world(3)
    snapshot = world.snapshot()
    client = world.client("viewer")
    page = client.get(reverse("admin:analysis_snapshot_change", args=[snapshot.pk])).content.decode()
    shown = figures_of(result_of(snapshot, "sensitivity"), "sensitivity")

    assert {"panel", "scatter", "forest"} == {
        figure["kind"] for figure in result_of(snapshot, "sensitivity")["figures"]
    }
    addresses = re.findall(r'href="([^"]*/figures/[^"]*)" download', page)
    names = {address.rsplit("/", 1)[1] for address in addresses}
    assert {f"sensitivity-{one.number}.{kind}" for one in shown for kind in BEGINNINGS} <= names
    assert re.findall(r"/files/forest\.(\w+)\?", page) == list(BEGINNINGS), "the forest plot's files have its columns"
    assert page.count("<summary>The data behind this figure") == len(names) / len(BEGINNINGS)
    for address in addresses:
        assert client.head(address).status_code == 200


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_file_is_the_figure_and_equal_each_time(kind):
    world = make_world(3)
    snapshot = world.snapshot()
    number = next(one.number for one in figures_of(result_of(snapshot, "sensitivity")) if "influence" in one.title)
    client, address = world.client("viewer"), address_of(snapshot, f"sensitivity-{number}.{kind}")
    reply = client.get(address)

    beginning, media_type = BEGINNINGS[kind]
    assert (reply.status_code, reply["Content-Type"]) == (200, media_type)
    assert reply.content.startswith(beginning)
    slug = snapshot.analysis.slug
    assert f'attachment; filename="{slug}-snapshot-1-sensitivity-{number}.{kind}"' == reply["Content-Disposition"]
    assert client.get(address).content == reply.content
    if kind == "svg":
        title = ElementTree.fromstring(reply.content).findtext("{http://www.w3.org/2000/svg}title")
        assert title == "Pain intensity: influence of each study"


def test_run_gives_the_same_file_as_its_snapshot():
    world = make_world(3)
    snapshot = world.snapshot()
    run = snapshot.runs.get(plugin="pooling")
    client = world.client("viewer")
    page = client.get(reverse("admin:analysis_run_change", args=[run.pk])).content.decode()

    assert address_of(run, "pooling-1.pdf", "run") in page
    of_run, of_snapshot = (
        client.get(address_of(row, "pooling-1.svg", kind)) for row, kind in ((run, "run"), (snapshot, "snapshot"))
    )
    assert of_run.content == of_snapshot.content
    assert f'filename="run-{run.key[:12]}-pooling-1.svg"' in of_run["Content-Disposition"]


@pytest.mark.parametrize(
    "name", ["pooling-9.svg", "pooling-0.svg", "pooling-1.gif", "grade-1.svg", "nothing-1.png", "x"]
)
def test_what_is_not_drawn_is_not_found(name):
    world = make_world(2)
    snapshot = world.snapshot()
    client = world.client("viewer")

    assert client.get(address_of(snapshot, name)).status_code == 404
    run = snapshot.runs.get(plugin="pooling")
    assert client.get(address_of(run, name, "run")).status_code == 404


def test_strangers_get_no_figure_and_nobody_may_post():
    world = make_world(2)
    snapshot = world.snapshot()
    run = snapshot.runs.get(plugin="pooling")
    for row, kind in ((snapshot, "snapshot"), (run, "run")):
        address = address_of(row, "pooling-1.svg", kind)
        assert world.client("stranger").get(address).status_code in (302, 403, 404)
        assert world.client("owner").post(address).status_code == 405


def test_data_behind_a_figure_are_the_columns_that_it_draws_and_no_others():
    world = make_world(3)
    result = result_of(world.snapshot(), "sensitivity")
    figure = next(one for one in result["figures"] if one["kind"] == "panel")
    table, summary = data_behind(figure, result)

    assert (table.name, table.columns[0]) == ("influence", "label")
    assert set(table.columns) == {
        *("label", "rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat", "weight"),
        *("is_outlier", "is_influential"),
    }
    assert [row[0] for row in table.rows] == [row["label"] for row in result["influence"]]
    assert (summary.columns, summary.rows) == (("cook_threshold",), [[result["cook_threshold"]]])
