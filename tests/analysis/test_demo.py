"""The demonstration: one command from nothing to snapshots; the second time it computes nothing."""

import json
import re
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from analysis import canonical
from analysis.models import Analysis, Manuscript, PlanEvent, Run, Snapshot, Step
from analysis.reporting import build_document
from analysis.reporting.document import plain
from analysis.services import check_eligibility
from evidence.models import Review

pytestmark = pytest.mark.django_db


def run_demo() -> str:
    """Run the command; give what it prints."""
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def test_demo_runs_all_analyses_and_computes_nothing_the_second_time():
    first = run_demo()
    assert "98 runs computed, 2 known already; 36 snapshots made" in first
    assert "no snapshot yet" not in first
    assert first.count("tables, see the snapshot") == 2  # adverse events, and the studies in figures
    runs, snapshots = Run.objects.count(), set(Snapshot.objects.values_list("digest", flat=True))

    second = run_demo()
    assert "0 runs computed: nothing changed, all 100 results are known; no new snapshot" in second
    assert Run.objects.count() == runs
    assert set(Snapshot.objects.values_list("digest", flat=True)) == snapshots
    assert table_of(second) == table_of(first)

    _has_the_plan_of_the_paper()
    _pools_what_hand_calculation_gives()
    _lists_what_cannot_be_pooled()
    _gives_numbers_or_says_what_is_missing()
    _lists_who_trained_too_short()
    _keeps_passwords_for_the_owner_only(first)
    _writes_the_figures_and_tables_of_the_paper()
    out = StringIO()
    call_command("verify", stdout=out)
    assert "Everything stored is unchanged" in out.getvalue()


def _gives_numbers_or_says_what_is_missing() -> None:
    """Every step of every analysis has an effect to work on, or a sentence that says why there is none."""
    for run in Run.objects.all():
        result = canonical.from_text(run.result)
        assert result.get("k") or result["messages"], run
    wanted = {"pooling", "sensitivity", "small_study_effects", "clinical_relevance", "grade"}
    for analysis in Analysis.objects.filter(kind="main").exclude(slug="adverse-events"):
        assert {step.plugin for step in analysis.steps.all()} == wanted
    others = {step.plugin for step in Step.objects.filter(analysis__kind="supplementary")}
    assert others == {"pooling", "meta_regression", "choices", "summary"}


def _lists_who_trained_too_short() -> None:
    """Four trials trained for less than the review's own four weeks, and nobody has signed for them."""
    findings = check_eligibility(Review.objects.get())
    open_ones = {finding.study for finding in findings if finding.is_open}
    assert open_ones == {"Godfrey_2020", "Leibetseder_2007", "Long_2004", "Paolucci_2011"}


def _writes_the_figures_and_tables_of_the_paper() -> None:
    """One manuscript, also after the second time: Figures 1 to 6 and Tables 1 and 2 as the paper numbers them."""
    document = build_document(Manuscript.objects.get())
    captions = [plain(figure.caption) for figure in document.figures]
    expected = ["Flow of records", "Risk of bias", "Pain intensity, short-term, against active"]
    expected += ["Pain intensity, short-term, against passive", "Disability, short-term, against active"]
    expected += ["Disability, short-term, against passive"]
    assert [caption.startswith(words) for caption, words in zip(captions, expected, strict=True)] == [True] * 6
    assert [figure.number for figure in document.figures if figure.missing] == []
    assert document.figures[2].svg.count("not public") > 20, "Figure 3 has no public effect, and names the trials"
    first, second = document.tables[:2]
    assert plain(first.caption) == "Characteristics of the included studies"
    assert len(first.rows) == 58
    assert plain(second.caption).startswith("Sensitivity analyses")
    assert len(second.rows) == 14
    assert document.stale() == document.wrong() == []


def table_of(said: str) -> str:
    """Give the part of the output that is the table."""
    return said[said.index("Analysis  ") : said.index("Where to look next")]


def _has_the_plan_of_the_paper() -> None:
    kinds = Analysis.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["main"] * 9 + ["sensitivity"] * 14 + ["supplementary"] * 13
    assert not PlanEvent.objects.filter(kind="post_hoc").exists()


def pooled(slug: str) -> dict:
    """Give what pooling stored for an analysis."""
    return json.loads(Run.objects.get(plugin="pooling", snapshots__analysis__slug=slug).result)


def _pools_what_hand_calculation_gives() -> None:
    """As printed, better by: Ford ODI 4.7, Petersen RMDQ 1.5, Garcia RMDQ 0.84; ODI runs to 100, RMDQ to 24."""
    result = pooled("disability-passive-short")
    effects = {row["study"]: row["estimate"] for row in result["studies"]}
    expected = {"Ford_2016": -4.7 / 10, "Petersen_2011": -1.5 * 10 / 24, "Garcia_2018": -0.84 * 10 / 24}
    assert effects == pytest.approx(expected, rel=1e-12)  # a product or two, rounding only
    assert pooled("pain-active-short")["k"] == 0  # every public short-term pain result against exercise is unusable
    assert pooled("disability-active-long")["k"] == 4


def _lists_what_cannot_be_pooled() -> None:
    snapshot = Snapshot.objects.get(analysis__slug="disability-active-short")
    reasons = {(row["study"], row["code"]) for row in canonical.from_text(snapshot.dataset.content)["not_pooled"]}
    expected = {
        ("Godfrey_2020", "contradiction"),
        ("Wajswelner_2012", "contradiction"),
        ("Magalhães_2018", "sign_not_stated"),
        ("Goertz_2017", "role_not_stated"),
        ("Rabiei_2021", "other_measure"),
        ("Van Baal_2020", "no_result"),
        ("Cairns_2006", "outside_window"),
    }
    assert expected <= reasons


def _keeps_passwords_for_the_owner_only(said: str) -> None:
    path = Path(settings.VAR_DIR) / "demo-users.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    passwords = json.loads(path.read_text())
    assert all(re.search(rf"{name} +{re.escape(word)}", said) for name, word in passwords.items())
