"""The page of a snapshot: words and numbers for k = 0, 1 and more, for ratios, with lineage, ratings and files."""

import csv
import io
import json
import re
import zipfile
from decimal import Decimal
from math import exp

import pytest
from django.test import Client
from django.urls import reverse

from analysis import canonical
from analysis.admin.downloads import COLUMNS
from analysis.models import DOMAINS, Certainty, SignOff, Snapshot
from analysis.services import record_claim
from tests import factories
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db

RATING = {f"rating-{name}": "1" for name in DOMAINS} | {"rating-justification": "Two of the trials are small."}
RATING |= {f"rating-why_{name}": "As discussed." for name in DOMAINS}


def address_of(snapshot: Snapshot, name: str = "change", *others: str) -> str:
    return reverse(f"admin:analysis_snapshot_{name}", args=[snapshot.pk, *others])


def text_of(page: str) -> str:
    """Give the words of a page as a reader sees them, on one line."""
    words = " ".join(re.sub(r"<[^>]*>", " ", page.split("<article", 1)[1]).split())
    return re.sub(r" ([,.;:])", r"\1", words)


def read(client: Client, snapshot: Snapshot) -> str:
    response = client.get(address_of(snapshot))
    assert response.status_code == 200
    return response.content.decode()


def add_event_studies(world: World) -> None:
    """Add two studies with events, about twice as many in the experimental arm."""
    instrument = factories.make_instrument(world.outcome, kind="dichotomous", scale_min=None, scale_max=None)
    for events in ((20, 11), (30, 14)):
        study = factories.make_pooled_study(
            world.review, world.instrument, 50, 3, 1, 50, 4, 1, week=2, comparator_type=world.comparator
        )
        for arm, count in zip(study.extractions.get().arms.order_by("number"), events, strict=True):
            empty = {"mean": None, "sd": None, "n": None}
            factories.make_arm_result(arm, instrument, events=count, total=50, **empty)


def test_several_studies_are_pooled_in_words_numbers_and_figure() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    page = read(world.client("viewer"), snapshot)
    said = text_of(page)
    result = canonical.from_text(snapshot.runs.get(plugin="pooling").result)
    estimate = f"{result['estimate']:.2f}".replace("-", "−")
    assert said.count(f"3 trials, mean difference {estimate} points (0-10), 95% CI") == 1
    assert "lower is better" in said
    assert f"p value {result['p_value']:.3f}" in said
    assert "95% prediction interval" in said
    assert page.count("<svg") >= 1
    assert page.count('class="lineage"') == 3


def test_page_breaks_no_content_policy() -> None:
    world = make_world(2)
    page = read(world.client("owner"), world.snapshot())
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


def test_lineage_names_steps_sources_and_the_page_of_the_study() -> None:
    world = make_world(2)
    row = world.review.studies.first().extractions.get().arms.get(number=1).results.get()
    row.page, row.table, row.quote = "412", "Table 2", "3.0 (1.5)"
    row.save()
    page = read(world.client("viewer"), world.snapshot())
    study = world.review.studies.first()
    assert reverse("admin:evidence_study_change", args=[study.pk]) in page
    assert "(page 412, Table 2)" in page
    assert "<q>3.0 (1.5)</q>" in page
    assert "n 50, mean 3, SD 1.5" in page


def test_no_study_at_all_renders_an_empty_state() -> None:
    world = make_world()
    said = text_of(read(world.client("viewer"), world.snapshot()))
    assert "No study has a result that can be pooled, so there is no estimate." in said
    assert "Forest plot" not in said


def test_what_is_not_pooled_is_told_by_reason() -> None:
    world = make_world(2)
    world.add_studies(2, week=40)
    said = text_of(read(world.client("viewer"), world.snapshot()))
    assert "Not pooled, because" in said
    assert "Results outside the follow-up window only (2)" in said


def test_one_study_renders_plainly() -> None:
    world = make_world(1)
    said = text_of(read(world.client("viewer"), world.snapshot()))
    label = world.review.studies.get().label
    assert f"1 trial ({label}): mean difference −1.10 points (0-10), 95% CI −1.67 to −0.53" in said
    assert "Nothing was pooled" in said
    assert "Cochran" not in said


def test_ratios_leave_the_log_scale() -> None:
    world = make_world()
    add_event_studies(world)
    snapshot = world.snapshot(measure="RR")
    result = canonical.from_text(snapshot.runs.get(plugin="pooling").result)
    said = text_of(read(world.client("viewer"), snapshot))
    assert f"2 trials, risk ratio {exp(result['estimate']):.2f}, 95% CI {exp(result['ci_lower']):.2f} to" in said
    assert "interval includes 1" in said
    run = world.client("viewer").get(
        reverse("admin:analysis_run_change", args=[snapshot.runs.get(plugin="pooling").pk])
    )
    assert "natural logarithms of ratios" in run.content.decode()


def test_superseded_snapshot_says_so_and_leads_to_the_current_one() -> None:
    world = make_world(2)
    analysis = world.analysis()
    first = world.snapshot(analysis)
    world.add_studies(1)
    second = world.snapshot(analysis)
    client = world.client("owner")
    old, new = read(client, first), read(client, second)
    assert "This is not the current snapshot." in old
    assert address_of(second) in old
    assert 'name="signing-reason"' not in old
    assert "This is not the current snapshot." not in new
    assert f'href="{address_of(first)}" rel="prev"' in new


def test_printed_numbers_stand_beside_the_computed_ones() -> None:
    world = make_world(2)
    analysis = world.analysis()
    for quantity, printed, measure in (("k", "2", ""), ("estimate", "−0.50", "MD"), ("estimate", "−0.4", "SMD")):
        record_claim(
            by=world.owner, analysis=analysis, quantity=quantity, as_printed=printed, measure=measure, place="Fig. 3"
        )
    said = text_of(read(world.client("viewer"), world.snapshot(analysis)))
    assert "Number of studies 2 2 ✓ same Fig. 3" in said
    assert "≠ differs" in said
    assert "another effect measure than this analysis’ MD" in said


def test_rating_is_a_persons_own_and_goes_stale() -> None:
    world = make_world(3)
    analysis = world.analysis()
    first = world.snapshot(analysis)
    client = world.client("adjudicator")
    page = read(client, first)
    selects = re.findall(r'<select name="rating-.*?</select>', page, re.DOTALL)
    assert len(selects) == len(DOMAINS)
    assert all("selected" not in select.split("</option>", 1)[1] for select in selects)
    assert client.post(address_of(first, "rate"), RATING).status_code == 302
    rating = Certainty.objects.get()
    assert (rating.level, rating.rated_by) == ("very_low", world.people["adjudicator"])
    assert 'class="tag is-stale"' not in read(client, first)
    world.add_studies(1)
    assert "This rating looked at other results" in read(client, world.snapshot(analysis))
    changed = client.get(reverse("admin:analysis_analysis_change", args=[analysis.pk])).content.decode()
    assert "stale: rated on earlier results" in changed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rating-justification": ""}, "Say why the evidence is rated this way."),
        ({"rating-imprecision": ""}, "Choose how far imprecision rates down."),
        ({"rating-imprecision": "3"}, "is not one of the choices for imprecision"),
    ],
)
def test_incomplete_rating_is_refused_in_a_sentence(change: dict[str, str], sentence: str) -> None:
    world = make_world(2)
    response = world.client("owner").post(address_of(world.snapshot(), "rate"), RATING | change)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Certainty.objects.exists()


def test_sign_off_needs_grounds_and_happens_once() -> None:
    world = make_world(2)
    snapshot, client = world.snapshot(), world.client("owner")
    refused = client.post(address_of(snapshot, "sign"), {"signing-reason": " "})
    assert "Say on what grounds the snapshot is signed off." in refused.content.decode()
    assert client.post(address_of(snapshot, "sign"), {"signing-reason": "All checked."}).status_code == 302
    assert SignOff.objects.get().signed_by == world.owner
    assert "All checked." in read(client, snapshot)
    again = client.post(address_of(snapshot, "sign"), {"signing-reason": "Again."})
    assert "Snapshot 1 is already signed off." in again.content.decode()


def test_files_are_attachments_with_what_is_stored() -> None:
    world = make_world(2)
    snapshot, client = world.snapshot(), world.client("viewer")
    files = {}
    for name in ("manifest.json", "dataset.json", "results.json", "effects.csv", "forest.svg"):
        response = client.get(address_of(snapshot, "file", name))
        assert response.status_code == 200
        stem = f"{snapshot.analysis.slug}-snapshot-1-{name}"
        assert response["Content-Disposition"] == f'attachment; filename="{stem}"'
        files[name] = response.content.decode()
    assert canonical.digest(files["manifest.json"]) == snapshot.digest
    assert files["dataset.json"] == snapshot.dataset.content
    assert set(json.loads(files["results.json"])["runs"]) == {"pooling", "sensitivity", "grade"}
    assert files["forest.svg"].startswith("<svg")
    rows = list(csv.DictReader(io.StringIO(files["effects.csv"])))
    assert list(rows[0]) == list(COLUMNS)
    effects = json.loads(files["dataset.json"])["effects"]
    assert [Decimal(row["yi"]) for row in rows] == [Decimal(repr(effect["yi"])) for effect in effects]
    assert client.get(address_of(snapshot, "file", "secrets.txt")).status_code == 404
    for name, script in (("recompute-r.zip", "recompute.R"), ("recompute-python.zip", "recompute.py")):
        data = client.get(address_of(snapshot, "file", name)).content
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert sorted(archive.namelist()) == ["effects.csv", script]


def test_cell_that_a_spreadsheet_would_compute_is_text() -> None:
    world = make_world()
    world.add_studies(1, label="=1+1")
    snapshot = world.snapshot()
    text = world.client("viewer").get(address_of(snapshot, "file", "effects.csv")).content.decode()
    assert next(csv.DictReader(io.StringIO(text)))["label"] == "'=1+1"


def test_names_of_studies_are_escaped_everywhere() -> None:
    world = make_world(1)
    world.add_studies(1, label="<script>alert(1)</script>")
    assert "<script>alert" not in read(world.client("owner"), world.snapshot())
