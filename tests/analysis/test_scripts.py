"""Scripts recompute what snapshots hold: R with metafor, Python with the engine alone, from the table of effects."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import docx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from analysis import registry
from analysis.bundling.checks import checks_of
from analysis.bundling.papers import write_effects
from analysis.bundling.script import write_python_script, write_script
from analysis.bundling.scripting import LANGUAGES, script_zip
from analysis.contract import Dataset
from analysis.exports.summary_of_findings import HEAD
from analysis.models import Snapshot
from analysis.reading import Reading
from analysis.services import refresh
from analysis.testing.samples import sample_dataset
from tests import factories as make
from tests.analysis.builders import make_small_review
from tests.plugins.answers import answer
from tests.plugins.multilevel_cases import nested_dataset

TIMEOUT_SECONDS = 300
# metafor ends its searches where the likelihood is flat; tests/reference has the agreement to 1e-9.
AGREES = 1e-5
# The same code on the same numbers; a sum may be taken in another order.
SAME = 1e-9

Asked = Mapping[str, Mapping[str, Any]]
EVERYTHING: Asked = {
    "pooling": {},
    "sensitivity": {"leave_one_out": True},
    "subgroups": {"field": "rob.overall"},
    "meta_regression": {"models": [{"name": "year", "title": "Year", "moderators": ["year"]}], "permutations": 0},
    "small_study_effects": {"least_k": 3},
    "multilevel": {},
}
COMMON: Asked = {"subgroups": {"field": "rob.overall", "tau2_sharing": "common", "tau2_method": "DL"}}
CASES: dict[str, tuple[Dataset, Asked]] = {
    "means": (sample_dataset(k=10), EVERYTHING | {"pooling": {"ci_method": "wald"}}),
    "ratios": (sample_dataset(k=10, measure="RR"), EVERYTHING),
    "one variance for all groups": (sample_dataset(k=10), COMMON),
    "common effect": (sample_dataset(k=10, measure="SMD"), {"pooling": {"tau2_method": "CE", "ci_method": "wald"}}),
    "Mantel-Haenszel, OR": (sample_dataset(k=10, measure="OR"), {"pooling": {"model": "mantel_haenszel"}}),
    "Mantel-Haenszel, RR": (sample_dataset(k=10, measure="RR"), {"pooling": {"model": "mantel_haenszel"}}),
    "Mantel-Haenszel, RD": (sample_dataset(k=10, measure="RD"), {"pooling": {"model": "mantel_haenszel"}}),
    "Peto": (sample_dataset(k=10, measure="OR"), {"pooling": {"model": "peto"}}),
    "three levels": (nested_dataset("konstantopoulos"), {"multilevel": {"rho": 0.5}}),
}
COVERED = {
    "means": {"pooling", "sensitivity", "subgroups", "meta_regression", "small_study_effects", "multilevel"},
    "ratios": {"pooling", "sensitivity", "subgroups", "meta_regression", "small_study_effects", "multilevel"},
    "one variance for all groups": {"subgroups"},
    "three levels": {"multilevel"},
}


def write_case(name: str, folder: Path) -> int:
    """Write the effects and both scripts of a case; give how many numbers they compare."""
    dataset, asked = CASES[name]
    plain = dataset.model_dump(mode="json")
    results, params = {}, {}
    for plugin in asked:
        found = registry.get_plugin(plugin)
        params[plugin] = found.params.model_validate(asked[plugin]).model_dump(mode="json")
        results[plugin] = answer(found, dataset, found.params.model_validate(asked[plugin])).model_dump(mode="json")
    (folder / "effects.csv").write_text(write_effects(plain["effects"]), encoding="utf-8")
    (folder / "recompute.R").write_text(write_script(results, params, plain), encoding="utf-8")
    (folder / "recompute.py").write_text(write_python_script(results, params, plain), encoding="utf-8")
    checks = checks_of(results, params, plain)
    assert {check.title.split(",")[0] for check in checks} == COVERED.get(name, {"pooling"})
    return sum(len(check.stored) for check in checks)


def compared(printed: str) -> list[tuple[str, float, float]]:
    """Give what a script printed: name, stored number and the one that was computed again."""
    rows = re.findall(r"^(\S.*?) +(-?[0-9.e+-]+) +(-?[0-9.e+-]+) +-?[0-9.e+-]+$", printed, re.MULTILINE)
    return [(name, float(stored), float(again)) for name, stored, again in rows]


@pytest.fixture(scope="module")
def rscript() -> str:
    """Return the path of Rscript with metafor and clubSandwich, or skip."""
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("Rscript is not installed: metafor cannot be asked")
    ask = [found, "-e", "library(metafor); library(clubSandwich)"]
    if subprocess.run(ask, capture_output=True, check=False, timeout=TIMEOUT_SECONDS).returncode:
        pytest.skip("R has no metafor or no clubSandwich: metafor cannot be asked")
    return found


@pytest.mark.parametrize("name", CASES)
def test_metafor_finds_the_numbers_again(name: str, rscript: str, tmp_path: Path) -> None:
    count = write_case(name, tmp_path)

    done = subprocess.run(
        [rscript, "recompute.R"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
    )

    assert done.returncode == 0, done.stderr
    rows = compared(done.stdout)
    assert len(rows) == count, done.stdout
    for number, stored, again in rows:
        assert again == pytest.approx(stored, rel=AGREES, abs=AGREES), (number, done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_the_engine_finds_the_numbers_again_without_django(name: str, tmp_path: Path) -> None:
    count = write_case(name, tmp_path)
    (tmp_path / "django.py").write_text("raise ImportError('the script needs no database')\n")

    done = subprocess.run(
        [sys.executable, "recompute.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(settings.BASE_DIR)},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )

    assert done.returncode == 0, done.stderr
    rows = compared(done.stdout)
    assert len(rows) == count, done.stdout
    for number, stored, again in rows:
        assert again == pytest.approx(stored, rel=SAME, abs=SAME), (number, done.stdout)


@pytest.mark.django_db
def test_command_and_page_give_the_same_script_with_its_data(tmp_path: Path) -> None:
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)
    out = StringIO()
    for language in LANGUAGES:
        words = (small.review.slug, analysis.slug, "1", "--language", language, "--out", str(tmp_path))
        call_command("script", *words, stdout=out)

    written = ("recompute.R", "effects.csv", "recompute.py", "effects.csv")
    assert out.getvalue().split() == [str(tmp_path / name) for name in written]
    reading = Reading(Snapshot.objects.get())
    for language in LANGUAGES:
        with zipfile.ZipFile(BytesIO(script_zip(reading, language))) as archive:
            assert all((tmp_path / name).read_bytes() == archive.read(name) for name in archive.namelist())
    with pytest.raises(CommandError, match="Name one snapshot"):
        call_command("script", small.review.slug, analysis.slug)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("script", small.review.slug, analysis.slug, "1", "--out", str(tmp_path / "effects.csv"))


@pytest.mark.django_db
def test_the_summary_of_findings_is_a_docx(client: Client) -> None:
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    client.force_login(small.owner)
    address = reverse("admin:analysis_ratingpolicy_summary_docx", args=[small.review.pk])

    response = client.get(address)

    assert response["Content-Disposition"].endswith('-summary-of-findings.docx"')
    tables = docx.Document(BytesIO(response.content)).tables
    assert [cell.text for cell in tables[0].rows[0].cells] == list(HEAD)
    assert tables[0].rows[1].cells[0].text.startswith("Pain, short")
    assert client.get(address).content == response.content
    client.force_login(make.make_user())
    assert client.get(address).status_code == 404
