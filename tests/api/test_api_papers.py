"""Papers: their claims with whether they are stale, what the checks found of them, and numbers beside analyses."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.models import Paper, PrintedClaim, Snapshot
from analysis.services import record_claim, refresh
from analysis.services.papers import answer_finding, save_claim
from tests.analysis.test_admin_world import World, make_world
from tests.api.programs import Program, program_of, says
from tests.claims.test_papers import lopsided, make_paper

pytestmark = pytest.mark.django_db


def viewer_of(world: World) -> Program:
    """Give a program of somebody who only reads."""
    world.client("viewer")
    return program_of(world.people["viewer"])


def bind(world: World, paper: Paper, snapshot: Snapshot, code: str, printed: str, quantity: str = "k") -> PrintedClaim:
    """Add a claim that was taken from a snapshot."""
    claim = PrintedClaim(paper=paper, code=code, quantity=quantity, as_printed=printed, snapshot=snapshot)
    save_claim(by=world.owner, claim=claim)
    return claim


def test_findings_of_a_paper_are_asked_by_state_severity_and_check() -> None:
    world = make_world()
    paper = make_paper(world)
    program, path = viewer_of(world), f"papers/{paper.pk}/findings/"
    found = program.get(path).json()["results"]
    assert [one["check"] for one in found if not one["holds"]] == ["interval_middle"]
    (row,) = program.rows(f"{path}?check=interval_middle&state=open")
    assert row["claims"] == ["estimate", "ci_lower", "ci_upper"]
    assert "-0.18" in row["says"]
    assert row["answered_by"] is None
    answer_finding(by=world.owner, paper=paper, key=row["key"], status="accepted", note="As published.")
    assert program.rows(f"{path}?state=open") == []
    (answered,) = program.rows(f"{path}?state=accepted&severity={row['severity']}")
    assert (answered["note"], answered["answered_by"]) == ("As published.", world.owner.username)
    assert answered["key"] == lopsided(paper).finding.key


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("state=done", "“done” is no state of findings; there are open, holds, corrected, accepted, asked."),
        ("check=luck", "“luck” is no check of findings; there are "),
        ("page_size=5", "“page_size” is not something that this address can be asked"),
    ],
)
def test_findings_refuse_what_they_do_not_know(query: str, sentence: str) -> None:
    world = make_world()
    response = viewer_of(world).get(f"papers/{make_paper(world).pk}/findings/?{query}")
    assert response.status_code == 400
    assert says(response).startswith(sentence)


def test_claim_is_stale_when_the_newest_snapshot_gives_another_number() -> None:
    world = make_world(3)
    snapshot, paper = world.snapshot(), make_paper(world)
    counted = bind(world, paper, snapshot, "k", "3")
    words = bind(world, paper, snapshot, "words", "three trials", "other")
    program, free = viewer_of(world), paper.claims.get(code="estimate")
    path = f"claims/?paper={paper.pk}&fields=id,is_stale"

    def told() -> dict[int, Any]:
        return {row["id"]: row["is_stale"] for row in program.rows(path)}

    assert (told()[counted.pk], told()[words.pk], told()[free.pk]) == (False, None, None)
    before = program.get(f"claims/{counted.pk}/")["ETag"]
    world.add_studies(2, label="Later study")
    assert refresh(by=world.owner, analysis=snapshot.analysis).snapshot != snapshot
    assert (told()[counted.pk], told()[words.pk], told()[free.pk]) == (True, None, None)
    one = program.get(f"claims/{counted.pk}/")
    assert (one.json()["is_stale"], one.json()["snapshot"]) == (True, snapshot.pk)
    assert one["ETag"] != before
    table = list(csv.DictReader(io.StringIO(program.get(f"claims/?paper={paper.pk}&format=csv").content.decode())))
    assert {row["code"]: row["is_stale"] for row in table if row["is_stale"]} == {"k": "true"}
    assert {row["as_printed"] for row in table} == {"-0.18", "-0.22", "0.01", "3", "three trials"}


def test_claims_are_filtered_and_searched() -> None:
    world = make_world()
    paper, second = make_paper(world), Paper(review=world.review, title="Another", version="2")
    second.stamp(world.owner)
    second.save()
    program = viewer_of(world)
    assert [row["code"] for row in program.rows(f"claims/?paper={paper.pk}&quantity=estimate")] == ["estimate"]
    assert [row["code"] for row in program.rows("claims/?ordering=-code")] == ["estimate", "ci_upper", "ci_lower"]
    assert [row["code"] for row in program.rows("claims/?search=-0.22")] == ["ci_lower"]
    assert program.rows(f"claims/?paper={second.pk}") == []
    assert len(program.rows(f"claims/?review={world.review.slug}")) == 3
    assert program.rows(f"claims/?review={world.review.slug}x") == []
    assert [row["title"] for row in program.rows("papers/?version=2")] == ["Another"]
    assert program.get("claims/?quantity=luck").status_code == 400


def test_queries_of_claims_do_not_grow_with_them() -> None:
    world = make_world(3)
    snapshot, paper = world.snapshot(), make_paper(world)
    program = viewer_of(world)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert program.rows("claims/")
        return len(caught)

    bind(world, paper, snapshot, "k", "3")
    program.get("")  # notes the use of the token
    few = queries()
    for number in range(5):
        bind(world, make_paper_again(world, number), world.snapshot(), "k", "3")
    assert queries() == few
    with CaptureQueriesContext(connection) as caught:
        assert program.rows("claims/?fields=id,code")
    assert len(caught) == 3


def make_paper_again(world: World, number: int) -> Paper:
    """Make a further paper without claims."""
    paper = Paper(review=world.review, title=f"Paper {number}", version="1")
    paper.stamp(world.owner)
    paper.save()
    return paper


def test_numbers_beside_an_analysis_are_there() -> None:
    world = make_world(2)
    analysis = world.analysis()
    record_claim(by=world.owner, analysis=analysis, quantity="k", as_printed="2")
    program = viewer_of(world)
    (row,) = program.rows(f"analysis-claims/?analysis={analysis.pk}&quantity=k")
    assert (row["review"], row["analysis_slug"], row["as_printed"]) == (world.review.slug, analysis.slug, "2")
    assert program.rows(f"analysis-claims/?analysis_slug={analysis.slug}x") == []


def test_another_review_sees_no_paper_and_nothing_is_written() -> None:
    world, other = make_world(), make_world()
    paper = make_paper(world)
    stranger, owner = program_of(other.owner), program_of(world.owner)
    assert stranger.rows("papers/") == stranger.rows("claims/") == stranger.rows("analysis-claims/") == []
    assert stranger.rows(f"claims/?paper={paper.pk}") == []
    assert stranger.get(f"papers/{paper.pk}/findings/").status_code == 404
    for word in ("papers", "claims", "analysis-claims"):
        assert owner.post(f"{word}/", {"title": "New"}).status_code == 405
