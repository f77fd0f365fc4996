"""The owner runs the analyses, an adjudicator signs, the owner publishes; and the numbers are the right ones."""

import csv
import io
import json

import pytest

from analysis import engine
from analysis.models import Analysis, Publication, Run, Snapshot
from tests.browser.whole_review import plan
from tests.browser.whole_review.cast import Cast
from tests.in_a_browser import arrive

PLACES = 1e-12  # the engine computes both, from the same numbers


def run(cast: Cast) -> None:
    """Dora runs both analyses; readers and the viewer cannot."""
    for analysis in Analysis.objects.filter(review=cast.review):
        path = cast.at("analysis_analysis_run", analysis.pk)
        for person in (cast.ben, cast.vera):
            person.is_refused(path, f"Running “{analysis}”")
        assert not Snapshot.objects.filter(analysis=analysis).exists()
        page = cast.dora.opens(cast.at("analysis_analysis_change", analysis.pk))
        cast.dora.follows("button.run-now")
        arrive(page, "text=Snapshot 1 made")


def publish(cast: Cast) -> None:
    """Cleo signs, Dora publishes what is signed, with the warnings read; nobody else can, and not in another order."""
    for snapshot in Snapshot.objects.filter(analysis__review=cast.review):
        said = f"of “{snapshot.analysis}”"
        sign, publish = (cast.at(f"analysis_snapshot_{act}", snapshot.pk) for act in ("sign", "publish"))
        for person in (cast.ben, cast.vera):
            person.is_refused(sign, f"Signing {said}", **{"signing-reason": "I like it"})
        for person in (cast.anna, cast.ben, cast.cleo, cast.vera):
            person.is_refused(publish, f"Publishing {said}", **{"publishing-is_confirmed": "on"})
        cast.dora.sends(publish, **{"publishing-is_confirmed": "on"})
        assert not Publication.objects.filter(snapshot=snapshot).exists(), f"Dora publishes the draft {said}."
        page = cast.cleo.opens(cast.at("analysis_snapshot_change", snapshot.pk))
        assert "Publish snapshot" not in page.content(), f"Cleo is offered to publish the snapshot {said}."
        page.fill("#id_signing-reason", "Checked against the three reports.")
        cast.cleo.follows("text=Sign off snapshot 1")
        page = cast.dora.opens(cast.at("analysis_snapshot_change", snapshot.pk))
        page.fill("#id_publishing-note", "The first version.")
        confirm = page.locator("#id_publishing-is_confirmed")
        if confirm.count():
            confirm.press("Space")
        cast.dora.follows("text=Publish snapshot 1")
        assert "Published by dora (owner)" in cast.dora.reads("section[aria-labelledby=sign-off]"), f"Publishing {said}"
    assert Publication.objects.count() == 2


def compare_numbers(cast: Cast) -> None:
    """What is pooled is what the engine gives for the right numbers."""
    for slug, instrument in (("pain", "NRS"), ("disability", "RMDQ")):
        effects = [trial.effect(instrument) for trial in plan.TRIALS if trial.pair(instrument)]
        wanted = engine.pool([yi for yi, _ in effects], [vi for _, vi in effects])
        found = json.loads(Run.objects.get(snapshots__analysis__slug=slug, plugin="pooling").result)
        assert found["k"] == wanted.k == len(effects)
        for name in ("estimate", "se", "ci_lower", "ci_upper", "tau2", "i2"):
            assert found[name] == pytest.approx(getattr(wanted, name), rel=PLACES, abs=PLACES), f"{slug}: {name}"


def compare_agreement(cast: Cast) -> None:
    """Agreement counts first answers: before Anna's change of mind, Ben's correction, and anything settled."""
    titles = [[plan.first_answer(reader, n) for reader in ("anna", "ben")] for n in range(1, plan.RECORDS + 1)]
    decisions = [["exclude" if said == "exclude" else "include" for said in row] for row in titles]
    kappa = engine.cohen_kappa(decisions, categories=("include", "exclude"))
    found = agreement(cast, "screening")
    assert float(found["Include or exclude", "kappa"]) == pytest.approx(kappa.estimate, abs=PLACES)
    share = sum(one == two for one, two in decisions) / plan.RECORDS
    assert float(found["Include or exclude", "percent"]) == pytest.approx(share)
    numbers = agreement(cast, "extraction")
    for field in ("mean", "sd"):
        lines = [(trial, place) for trial in plan.TRIALS for place in range(len(trial.lines))]
        equal = [
            getattr(trial.entered("anna", place), field) == getattr(trial.entered("ben", place), field)
            for trial, place in lines
        ]
        said = numbers[{"mean": "Mean", "sd": "SD"}[field], "percent"]
        assert float(said) == pytest.approx(sum(equal) / len(equal)), f"Agreement counts the first {field} of each."
    bias = agreement(cast, "risk-of-bias")
    for domain in ("D1 Randomisation process", "D4 Measurement of the outcome", "Overall"):
        assert float(bias[domain, "percent"]) == pytest.approx(2 / 3), f"Agreement in {domain}."
    assert float(bias["D3 Missing outcome data", "percent"]) == 1


def agreement(cast: Cast, work: str) -> dict[tuple[str, str], str]:
    """Give the estimates of the file of a kind of work, by question and coefficient; of titles where there are two."""
    cast.dora.opens(cast.at("analysis_agreement_work", cast.review.slug, work))
    answer = cast.dora.asks(cast.at("analysis_agreement_file", cast.review.slug, work))
    found: dict[tuple[str, str], str] = {}
    for row in csv.DictReader(io.StringIO(answer.text)):
        found.setdefault((row["question"], row["coefficient"]), row["estimate"])
    return found
