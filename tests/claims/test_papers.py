"""Papers in the database: claims brought in, findings answered, snapshots that move, pages for members only."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from analysis.claims import Claim, Place, Quantity
from analysis.claims.finding import figure
from analysis.models import FindingAnswer, Paper, PrintedClaim
from analysis.papers import claims_csv
from analysis.reading import Reading
from analysis.services import refresh
from analysis.services.paper_findings import findings_of, standings_of
from analysis.services.papers import answer_finding, bring_claims, save_claim, save_paper, withdraw_answer
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db


def result(low: str = "-0.22", line: str = "60") -> list[Claim]:
    """Give a result with its interval; with -0.22 it is lopsided."""
    texts = {"estimate": "-0.18", "ci_lower": low, "ci_upper": "0.01"}
    place = Place(section="abstract", line=line)
    return [Claim(name, Quantity(name), text, place, "s", measure="SMD") for name, text in texts.items()]


def make_paper(world: World) -> Paper:
    """Make a paper with a lopsided result."""
    paper = save_paper(by=world.owner, review=world.review, title="A paper", version="1")
    bring_claims(by=world.owner, paper=paper, claims=result())
    return paper


def lopsided(paper: Paper) -> Any:
    """Give the finding about the lopsided result."""
    (found,) = [one for one in standings_of(paper) if one.finding.check == "interval_middle"]
    return found


def page(paper: Paper, name: str, *args: Any) -> str:
    return reverse(f"admin:analysis_paper_{name}", args=[paper.pk, *args])


def test_claims_that_are_brought_in_twice_change_nothing() -> None:
    world = make_world()
    paper = make_paper(world)
    assert bring_claims(by=world.owner, paper=paper, claims=result()).same == 3
    came = bring_claims(by=world.owner, paper=paper, claims=result("-0.37"))
    assert (came.new, came.changed, came.same) == (0, 1, 2)
    assert PrintedClaim.history.filter(code="ci_lower").count() == 2
    assert lopsided(paper).finding.holds


def test_claim_with_a_relation_that_cannot_be_read_is_refused() -> None:
    world = make_world()
    paper = make_paper(world)
    claim = PrintedClaim(paper=paper, code="x", quantity="count", as_printed="3", relation="a plus b")
    with pytest.raises(ValidationError, match="must begin with"):
        save_claim(by=world.owner, claim=claim)
    claim.relation, claim.rows = "", "studies: weeks is 4"
    with pytest.raises(ValidationError, match="no comparison"):
        save_claim(by=world.owner, claim=claim)


def test_answer_stands_until_the_finding_says_something_else() -> None:
    world = make_world()
    paper = make_paper(world)
    key = lopsided(paper).finding.key
    with pytest.raises(ValidationError, match="Say in a note"):
        answer_finding(by=world.owner, paper=paper, key=key, status="accepted")
    answer = answer_finding(by=world.owner, paper=paper, key=key, status="accepted", note="As published.")
    assert lopsided(paper).state == "accepted"
    bring_claims(by=world.owner, paper=paper, claims=result("-0.24"))
    assert lopsided(paper).is_open
    assert lopsided(paper).is_new
    withdraw_answer(by=world.owner, answer=answer)
    assert lopsided(paper).answer is None
    assert FindingAnswer.history.filter(paper=paper, history_type="-").count() == 1


def test_finding_is_given_to_members_only() -> None:
    world = make_world()
    paper = make_paper(world)
    key = lopsided(paper).finding.key
    world.client("reviewer"), world.client("stranger")
    reviewer, stranger = world.people["reviewer"], world.people["stranger"]
    with pytest.raises(ValidationError, match="is no member"):
        answer_finding(by=world.owner, paper=paper, key=key, status="open", assignee=stranger)
    answer_finding(by=reviewer, paper=paper, key=key, status="open", assignee=reviewer)
    assert lopsided(paper).answer.assignee == reviewer
    with pytest.raises(ValidationError, match="not asked any more"):
        answer_finding(by=reviewer, paper=paper, key="nothing", status="open")


def test_viewer_writes_nothing() -> None:
    world = make_world()
    paper = make_paper(world)
    client = world.client("viewer")
    viewer = world.people["viewer"]
    key = lopsided(paper).finding.key
    with pytest.raises(PermissionDenied):
        answer_finding(by=viewer, paper=paper, key=key, status="accepted", note="x")
    with pytest.raises(PermissionDenied):
        bring_claims(by=viewer, paper=paper, claims=result())
    assert "Answer …" not in client.get(page(paper, "claims")).content.decode()
    assert client.get(page(paper, "bring")).status_code == 403


def test_claim_bound_to_a_snapshot_is_stale_when_the_evidence_moves() -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    paper = make_paper(world)
    computed = Reading(snapshot).pooling
    fields = {"paper": paper, "section": "results", "statement": "pooled", "measure": "MD", "snapshot": snapshot}
    for name, text in (("estimate", f"{computed['estimate']:.2f}"), ("k", "3"), ("i2", f"{100 * computed['i2']:.0f}")):
        claim = PrintedClaim(**fields, code=f"pooled.{name}", quantity=name, as_printed=text)
        save_claim(by=world.owner, claim=claim)
    held = {one.claims[0]: one for one in findings_of(paper) if one.check == "against_snapshot"}
    assert {code: one.holds for code, one in held.items()} == dict.fromkeys(held, True)
    assert len(held) == 3
    assert figure(computed["estimate"]) in held["pooled.estimate"].says
    world.add_studies(2, label="Later study")
    assert refresh(by=world.owner, analysis=snapshot.analysis).snapshot != snapshot
    stale = {one.claims[0]: one.says for one in findings_of(paper) if one.check == "stale_snapshot" and not one.holds}
    assert stale["pooled.k"].endswith("snapshot 2 has 5; printed is 3. The number is stale.")


def test_claim_names_no_snapshot_of_another_review() -> None:
    world, other = make_world(), make_world(2)
    claim = PrintedClaim(paper=make_paper(world), code="k", quantity="k", as_printed="2", snapshot=other.snapshot())
    with pytest.raises(ValidationError, match="own review"):
        save_claim(by=world.owner, claim=claim)


def test_ledger_shows_claims_with_findings_and_takes_answers(django_assert_max_num_queries: Any) -> None:
    world = make_world(2)
    paper = make_paper(world)
    client = world.client("owner")
    with django_assert_max_num_queries(60):
        shown = client.get(page(paper, "claims")).content.decode()
    assert "The middle of -0.22 and 0.01 is between −0.11 and −0.1" in shown
    assert "1 open" in shown
    key = lopsided(paper).finding.key
    data = {"key": key, "status": "corrected", "note": "Proof 2 has −0.37.", "assignee": str(world.owner.pk)}
    done = client.post(page(paper, "act", "answer"), data, follow=True).content.decode()
    assert "The answer is kept." in done
    assert "Nothing of this kind." in done
    resolved = client.get(page(paper, "claims"), {"state": "resolved", "mine": "1"}).content.decode()
    assert "Proof 2 has −0.37." in resolved
    assert "Proof 2 has −0.37." in client.get(page(paper, "report")).content.decode()
    client.post(page(paper, "act", "withdraw"), {"key": key})
    assert "1 open" in client.get(page(paper, "claims")).content.decode()
    client.post(page(paper, "act", "remove"), {"code": "ci_lower"})
    assert paper.claims.count() == 2


def test_text_is_read_and_only_what_is_confirmed_is_kept() -> None:
    world = make_world()
    client = world.client("statistician")
    made = client.post(
        reverse("admin:analysis_papers", args=[world.review.slug]), {"title": "Another", "version": "proof"}
    )
    paper = Paper.objects.get(title="Another")
    assert made["Location"] == page(paper, "bring")
    text = "Pain fell (SMD -0.28 [95% CI -0.42 to -0.14], I² = 73%). Some had pain, 26 (44.8%)."
    read = client.post(page(paper, "bring"), {"text": text})
    assert not paper.claims.exists()
    codes = [claim.code for claim in read.context["claims"] if claim.statement == "r1"]
    kept = client.post(page(paper, "bring"), {"text": read.context["content"], "code": codes, "keep": "yes"})
    assert kept.status_code == 302
    assert {row.quantity for row in paper.claims.all()} == {"estimate", "ci_lower", "ci_upper", "level", "i2"}
    refused = client.post(page(paper, "bring"), {"text": "Nothing here."})
    assert refused.status_code == 422
    assert "No result was read in it." in refused.content.decode()


def test_files_hold_claims_findings_and_answers() -> None:
    world = make_world()
    paper = make_paper(world)
    answer_finding(
        by=world.owner, paper=paper, key=lopsided(paper).finding.key, status="accepted", note="=HYPERLINK(1)"
    )
    client = world.client("viewer")
    content = json.loads(client.get(page(paper, "file", "json")).content)
    assert {claim["code"] for claim in content["claims"]} == {"estimate", "ci_lower", "ci_upper"}
    (found,) = [one for one in content["findings"] if not one["holds"]]
    assert (found["state"], found["check"]) == ("accepted", "interval_middle")
    assert client.get(page(paper, "file", "csv")).content.decode() == claims_csv(result())
    assert "'=HYPERLINK(1)" in client.get(page(paper, "file", "findings.csv")).content.decode()
    assert client.get(page(paper, "file", "exe")).status_code == 404


@pytest.mark.parametrize("name", ["claims", "report", "bring"])
def test_stranger_sees_nothing(name: str) -> None:
    world = make_world()
    paper = make_paper(world)
    other = make_world()
    assert other.client("owner").get(page(paper, name)).status_code == 404
    assert other.client("owner").post(page(paper, "act", "remove"), {"code": "estimate"}).status_code == 404
    assert paper.claims.count() == 3


def test_command_checks_a_review_and_reads_a_file(tmp_path: Path) -> None:
    world = make_world()
    make_paper(world)
    out = StringIO()
    call_command("claims", "check", world.review.slug, stdout=out)
    assert "[contradiction] Estimate in the middle" in out.getvalue()
    assert "abstract, line 60" in out.getvalue()
    out = StringIO()
    call_command("claims", "check", world.review.slug, "--json", stdout=out)
    assert json.loads(out.getvalue())[0]["findings"][0]["holds"] is False
    with pytest.raises(CommandError, match="There is no review"):
        call_command("claims", "check", "nothing")
    file = tmp_path / "results.txt"
    file.write_text("Disability: SMD -0.18 [95% CI -0.22 to 0.01].\n", encoding="utf-8")
    for options, words in (
        ((), "Estimate in the middle"),
        (("--csv",), "r1.estimate"),
        (("--json",), '"holds": false'),
    ):
        out = StringIO()
        call_command("claims", "read", str(file), *options, stdout=out)
        assert words in out.getvalue()
    with pytest.raises(CommandError, match="cannot be opened"):
        call_command("claims", "read", str(tmp_path / "none.txt"))


ABSTRACT = "Pain fell (SMD -0.28 [95% CI -0.42 to -0.14]). Some had pain, 26 (44.8%)."
RESULTS = "Pain fell at once (MD -0.91 [95% CI -1.20 to -0.62]). Few fell, 3 of 40 (7.5%)."


def bring(client: Client, paper: Paper, text: str) -> str:
    read = client.post(page(paper, "bring"), {"text": text})
    codes = [claim.code for claim in read.context["claims"]]
    sent = {"text": read.context["content"], "code": codes, "keep": "yes"}
    return client.post(page(paper, "bring"), sent, follow=True).content.decode()


def test_another_text_changes_no_claim_of_the_first_and_the_same_text_nothing() -> None:
    world = make_world()
    client = world.client("owner")
    paper = save_paper(by=world.owner, review=world.review, title="Another", version="1")
    assert "6 claims are new, 0 changed, 0 the same" in bring(client, paper, ABSTRACT)
    before = {row.code: row.as_printed for row in paper.claims.all()}
    assert "7 claims are new, 0 changed, 0 the same" in bring(client, paper, RESULTS)
    after = {row.code: row.as_printed for row in paper.claims.all()}
    assert before.items() <= after.items()
    assert (after["r2.estimate"], paper.claims.get(code="r2.estimate").statement) == ("-0.91", "r2")
    (count,) = paper.claims.filter(as_printed="3")
    assert paper.claims.get(code=count.part_of).as_printed == "40"
    assert "0 claims are new, 0 changed, 6 the same" in bring(client, paper, ABSTRACT)
    assert "0 claims are new, 0 changed, 7 the same" in bring(client, paper, RESULTS)


def test_claims_to_confirm_stand_beside_their_sentence_once() -> None:
    world = make_world()
    paper = make_paper(world)
    text = world.client("owner").post(page(paper, "bring"), {"text": ABSTRACT}).content.decode()
    assert text.count('<td class="words">Pain fell (SMD') == 1
    assert "ci lower <strong>-0.42</strong>" in text
