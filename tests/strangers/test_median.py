"""A plugin from elsewhere goes through the same doors as Quorum's own: installed, listed, run, published, verified."""

import subprocess
import sys
from io import StringIO
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command

from analysis import canonical
from analysis.models import Analysis
from analysis.registry import all_plugins
from analysis.services import refresh, save_analysis
from tests.analysis.builders import make_small_review
from tests.strangers.installing import install

PROJECT = Path(__file__).parent / "quorum_median"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Install the distribution; give the folder that holds it."""
    target = tmp_path_factory.mktemp("stranger") / "installed"
    install(PROJECT, target)
    return target


@pytest.fixture
def listed(installed, settings, monkeypatch):
    """Find the installed package, and list its plugin."""
    monkeypatch.syspath_prepend(installed)
    settings.PLUGINS = [*settings.PLUGINS, "quorum_median"]
    all_plugins.cache_clear()
    yield
    all_plugins.cache_clear()
    sys.modules.pop("quorum_median", None)


def test_distribution_passes_its_own_tests():
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(PROJECT)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "21 passed" in done.stdout


@pytest.mark.django_db
@pytest.mark.usefixtures("listed")
def test_stranger_is_run_published_shown_and_verified(client, installed):
    assert "median" in all_plugins()
    assert sys.modules["quorum_median"].__file__ == str(installed / "quorum_median" / "__init__.py")
    small = make_small_review()
    rules = {"outcome": "pain", "window": "short", "comparators": ["active"], "measure": "MD"}
    row = Analysis(review=small.review, slug="strange", title="Strange", rules=rules)
    analysis = save_analysis(
        by=small.owner, analysis=row, steps={"pooling": {}, "median": {"least_participants": 70.0}}
    )
    outcome = refresh(by=small.owner, analysis=analysis)
    assert outcome.failure == ""
    run = outcome.snapshot.runs.get(plugin="median")
    result = canonical.from_text(run.result)
    # Of the three trials the third has 63 participants; the others differ by 3.1 - 4.0 and by 2.8 - 3.2 points.
    assert result["k"] == 2
    assert result["median"] == pytest.approx(median([3.1 - 4.0, 2.8 - 3.2]))

    client.force_login(small.owner)
    page = client.get(f"/admin/analysis/snapshot/{outcome.snapshot.pk}/change/").content.decode()
    assert "Median" in page

    out = StringIO()
    call_command("verify", stdout=out)
    assert "computes again to the same numbers" in out.getvalue()
