"""Reading: every resource, with filters, orders, pages, chosen fields, versions, tables, and the blinding of pages."""

import csv
import io
import json
from datetime import timedelta

import pyarrow.ipc
import pyarrow.parquet
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.registry import all_plugins
from evidence.models import Extraction, Membership, Study
from evidence.services import tokens
from evidence.services.screening import decide
from tests import factories, screening_factories
from tests.analysis.test_admin_world import make_world
from tests.api.programs import member_program, program_of, says

pytestmark = pytest.mark.django_db

EVIDENCE = (
    *("reviews", "records", "screening-decisions", "studies", "reports", "outcomes", "windows", "instruments"),
    *("extractions", "arms", "components", "arm-results", "contrast-results", "assessments", "judgements"),
)
ANALYSIS = ("analyses", "runs", "snapshots", "jobs")
# Queries of each list: the token, the memberships, the rows, and what is read along with them.
QUERIES = dict.fromkeys((*EVIDENCE, *ANALYSIS), 3) | {"assessments": 4, "analyses": 4, "jobs": 4}
QUERIES["screening-decisions"] = 2  # they need no memberships


@pytest.fixture
def world():
    """A review with rows of all kinds, and a snapshot."""
    world = make_world(3)
    fill(world.review)
    world.snapshot()
    return world


def fill(review, times=1):
    """Add rows of the kinds that pooled studies do not bring."""
    for _ in range(times):
        study = factories.make_study(review)
        factories.make_report(study)
        extraction = factories.make_extraction(study)
        first, second = factories.make_arm(extraction), factories.make_arm(extraction, "comparator")
        factories.make_component(first)
        factories.make_contrast_result(first, second)
        factories.make_arm_result(first)
        factories.make_judgement(factories.make_assessment(study))
        record = screening_factories.make_record(review)
        reader = screening_factories.make_team(review, f"reader{factories.next_number()}")[0]
        decide(by=reader, record=record, stage="title_abstract", answer="include")


def program_in(world, role="owner"):
    world.client(role)
    return program_of(world.people[role])


def test_lists_and_rows_are_there_and_queries_do_not_grow(world, monkeypatch):
    monkeypatch.setattr(tokens, "USE_NOTED_EVERY", timedelta(days=1))
    program = program_in(world)
    program.get("")  # notes the use of the token
    record = screening_factories.make_record(world.review)
    decide(by=program.person, record=record, stage="title_abstract", answer="exclude")
    words = [*EVIDENCE, *ANALYSIS]
    few = {word: queries_of(program, word) for word in words}
    for word in words:
        row = program.rows(f"{word}/")[0]
        one = program.get(f"{word}/{row['id']}/")
        assert one["ETag"], word
        assert {name: value for name, value in one.json().items() if name in row} == row, word
        if word in EVIDENCE and word != "screening-decisions":
            entry = program.get(f"{word}/{row['id']}/history/").json()["results"][0]
            assert {"kind", "at", "by", "values"} <= set(entry), word
    fill(world.review, 3)
    record = screening_factories.make_record(world.review)
    decide(by=program.person, record=record, stage="title_abstract", answer="exclude")
    world.snapshot()
    more = {word: queries_of(program, word) for word in words}
    assert more == few
    assert few == QUERIES


def queries_of(program, word):
    """Count the queries of a list, the one for the token among them."""
    with CaptureQueriesContext(connection) as caught:
        assert program.rows(f"{word}/"), word
    return len(caught)


def test_stranger_and_other_reviews_see_nothing(world):
    other = member_program(factories.make_review(), "owner")
    program = program_in(world)
    for word in (*EVIDENCE, *ANALYSIS):
        seen = other.rows(f"{word}/")
        assert all(row.get("review", row.get("slug")) != world.review.slug for row in seen), word
        for row in program.rows(f"{word}/")[:1]:
            for path in (f"{word}/{row['id']}/", f"{word}/{row['id']}/history/"):
                assert other.get(path).status_code == 404, path
    assert other.rows(f"effects/?review={world.review.slug}") == []


def test_others_reading_is_hidden_until_the_pages_show_it():
    study = factories.make_study()
    reader, second = (member_program(study.review, "reviewer") for _ in range(2))
    owner = member_program(study.review, "owner")
    readings = {}
    for program in (reader, second):
        reading = factories.make_extraction(study, consensus=False, reviewer=program.person)
        factories.make_arm_result(factories.make_arm(reading))
        factories.make_judgement(factories.make_assessment(study, consensus=False, reviewer=program.person))
        readings[program.person] = reading
    for word in ("extractions", "arms", "arm-results", "assessments", "judgements"):
        assert len(reader.rows(f"{word}/")) == 1, word
        assert owner.rows(f"{word}/") == [], word
        hidden = second.rows(f"{word}/")[0]["id"]
        for path in (f"{word}/{hidden}/", f"{word}/{hidden}/history/"):
            assert reader.get(path).status_code == 404
            assert owner.get(path).status_code == 404
    table = reader.get("arm-results/?format=csv").content.decode()
    assert len(table.splitlines()) == 2
    stamp = {"status": "complete", "completed_at": "2026-01-01T00:00Z"}
    for person, reading in readings.items():
        Extraction.objects.filter(pk=reading.pk).update(completed_by=person, **stamp)
    assert len(reader.rows("arm-results/")) == len(owner.rows("arm-results/")) == 2


def test_others_decision_is_hidden_until_all_have_answered():
    record = screening_factories.make_record()
    first, second = (member_program(record.review, "reviewer") for _ in range(2))
    owner = member_program(record.review, "owner")
    decide(by=first.person, record=record, stage="title_abstract", answer="include")
    assert len(first.rows("screening-decisions/")) == 1
    assert second.rows("screening-decisions/") == owner.rows("screening-decisions/") == []
    decide(by=second.person, record=record, stage="title_abstract", answer="exclude")
    assert len(first.rows("screening-decisions/")) == len(owner.rows("screening-decisions/")) == 2


def test_filters_search_order_and_fields():
    review = factories.make_review()
    program = member_program(review, "viewer")
    for label, year in (("Berg", 2001), ("Aasa", 2015), ("Ceder", None)):
        factories.make_study(review, label=label, year=year)
    labels = lambda query: [row["label"] for row in program.rows(f"studies/?{query}")]  # noqa: E731
    assert labels("ordering=label") == ["Aasa", "Berg", "Ceder"]
    assert labels("ordering=-year") == ["Aasa", "Berg", "Ceder"]
    assert labels("ordering=year") == ["Berg", "Aasa", "Ceder"]
    assert labels("year_gte=2002") == ["Aasa"]
    assert labels("search=ced") == ["Ceder"]
    assert labels(f"review={review.slug}&design=cluster_rct") == []
    assert program.rows("studies/?fields=code,label&search=Berg")[0].keys() == {"code", "label"}
    one = Study.objects.get(label="Berg").pk
    assert program.get(f"studies/{one}/?fields=label").json() == {"label": "Berg"}


@pytest.mark.parametrize("ordering", ["id", "year", "-year", "label", "-label"])
def test_pages_hold_every_row_once(ordering):
    review = factories.make_review()
    program = member_program(review, "viewer")
    for number in range(7):
        factories.make_study(review, label=f"S{number % 3}", year=None if number % 3 == 0 else 2000 + number % 2)
    whole = [row["id"] for row in program.rows(f"studies/?ordering={ordering}")]
    found, address = [], f"studies/?page_size=2&ordering={ordering}"
    while address:
        body = program.get(address).json()
        found += [row["id"] for row in body["results"]]
        address = body["next"]
    assert found == whole
    assert len(set(found)) == 7


@pytest.mark.parametrize(
    "query",
    [
        *("yeer=2001", "ordering=nonsense", "page_size=0", "page_size=x", "page_size=100000", "cursor=x", "cursor=W10"),
        *("year=abc", f"year={10**30}", "design=nonsense", "fields=nonsense", "search=%00", "companion_of=-1"),
        *("cursor=WyJpZCIsICJ4IiwgMV0", "review=%00", "cursor=WyJpZCIsICIxIiwgMWUzMF0"),
    ],
)
def test_odd_questions_are_refused_with_a_sentence(query):
    program = member_program(factories.make_review())
    response = program.get(f"studies/?{query}")
    assert response.status_code == 400
    assert says(response).endswith(".")


def test_version_that_is_known_is_not_sent_again():
    study = factories.make_study()
    program = member_program(study.review)
    for path in (f"studies/{study.pk}/", "studies/"):
        tag = program.get(path)["ETag"]
        again = program.get(path, If_None_Match=f'W/"x", {tag}')
        assert again.status_code == 304
        assert again.content == b""
    program.patch(f"studies/{study.pk}/", {"note": "Seen."})
    assert program.get(f"studies/{study.pk}/", If_None_Match=tag).status_code == 200


def test_tables_have_all_rows_with_kinds_and_harmless_cells():
    review = factories.make_review()
    program = member_program(review, "viewer")
    for number in range(60):
        factories.make_study(review, label=f"=cmd{number}" if number == 0 else f"S{number}", year=None)
    text = program.get("studies/?format=csv")
    assert text["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(text.content.decode())))
    assert len(rows) == 60
    assert rows[0]["label"] == "'=cmd0"
    arrow = program.get("studies/", Accept="application/vnd.apache.arrow.stream")
    table = pyarrow.ipc.open_stream(arrow.content).read_all()
    assert str(table.schema.field("year").type) == "int64"
    assert table.column("label").to_pylist()[0] == "=cmd0"
    parquet = program.get("studies/?format=parquet&fields=code,year")
    assert pyarrow.parquet.read_table(io.BytesIO(parquet.content)).column_names == ["code", "year"]
    assert program.get("reviews/?format=csv").status_code == 404


def test_results_are_tables_too():
    first, second = factories.make_arm(), None
    second = factories.make_arm(first.extraction, "comparator")
    factories.make_arm_result(first, mean="3.50", page="412")
    factories.make_contrast_result(first, second)
    program = member_program(first.owning_review, "viewer")
    for word, name, value in (("arm-results", "mean", 3.5), ("contrast-results", "estimate", -1.0)):
        table = pyarrow.parquet.read_table(io.BytesIO(program.get(f"{word}/?format=parquet").content))
        assert table.column(name).to_pylist() == [value]
        assert program.rows(f"{word}/")[0][name] == value


def test_effects_have_lineage_and_are_those_of_the_snapshot(world):
    program = program_in(world, "viewer")
    outcome = world.outcome.code
    rows = program.rows(f"effects/?review={world.review.slug}&outcome={outcome}")
    assert len(rows) == 3
    assert all(row["lineage"] and row["vi"] > 0 and abs(row["se"] ** 2 - row["vi"]) < 1e-12 for row in rows)
    assert sum(row["weight"] for row in rows) == pytest.approx(1)
    table = pyarrow.parquet.read_table(
        io.BytesIO(program.get(f"effects/?review={world.review.slug}&format=parquet").content)
    )
    assert table.column("yi").to_pylist() == [row["yi"] for row in rows]
    assert program.rows(f"effects/?review={world.review.slug}&outcome=other") == []
    one = program.get(f"effects/?review={world.review.slug}&page_size=2").json()
    rest = program.get(one["next"]).json()
    assert [row["effect"] for row in one["results"] + rest["results"]] == [row["effect"] for row in rows]
    assert rest["next"] is None
    assert program.get("effects/").status_code == 422
    assert "Say of which review" in says(program.get("effects/"))
    assert program.ask("OPTIONS", "effects/?format=csv").status_code == 404
    assert program.ask("OPTIONS", "effects/").status_code == 200
    for odd in ("snapshot=x", f"snapshot={'9' * 30}", "snapshot=0", "review=x&cursor=zz", "reviews=x"):
        assert program.get(f"effects/?{odd}").status_code == 400


def test_plugins_have_their_schemas():
    program = member_program(factories.make_review(), "viewer")
    rows = program.rows("plugins/")
    assert [row["name"] for row in rows] == list(all_plugins())
    assert all(row["params_schema"]["properties"] for row in rows)
    assert program.get("plugins/pooling/").json()["result_schema"]["type"] == "object"
    assert program.get("plugins/nonsense/").status_code == 404


def test_run_and_snapshot_are_whole_at_their_address(world):
    program = program_in(world)
    run = program.rows("runs/?plugin=pooling")[0]
    assert "result" not in run
    whole = program.get(f"runs/{run['id']}/").json()
    assert whole["result"]["k"] == 3
    assert whole["params"]
    snapshot = program.rows("snapshots/")[0]
    shown = program.get(f"snapshots/{snapshot['id']}/").json()
    assert shown["results"]["pooling"]["result"] == whole["result"]
    assert shown["state"] == "draft"
    assert json.dumps(shown["manifest"])


def test_answer_is_a_page_for_a_browser():
    study = factories.make_study(label="<b>Bold</b>")
    program = member_program(study.review)
    row, effects = f"studies/{study.pk}/", f"effects/?review={study.review.slug}"
    for path in ("", "studies/", row, "studies/?yeer=1", "plugins/", effects):
        page = program.get(path, Accept="text/html")
        assert page["Content-Type"].startswith("text/html")
        assert "<b>Bold" not in page.content.decode()
        assert "Content-Security-Policy" in page
        assert " style=" not in page.content.decode()
    assert Membership.objects.count() == 1
