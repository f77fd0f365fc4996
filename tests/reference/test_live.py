"""metafor itself, asked now: the committed numbers are what the script writes, and new data agree too."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine import pool, profile_tau2
from analysis.engine.likelihood import Likelihood, log_likelihood
from tests.reference import datasets
from tests.reference.agreement import EXACT, difference, differences, typical_variance

SCRIPT = Path(__file__).parent / "regenerate.R"
TIMEOUT_SECONDS = 240
# Another metafor or BLAS may round the last digits of an optimum differently.
SAME_NUMBER = 1e-9

ASK = """
suppressMessages({library(metafor); library(jsonlite)})
given <- fromJSON(file("stdin"))
methods <- c(CE = "FE", DL = "DL", HE = "HE", HS = "HS", HSk = "HSk", SJ = "SJ", ML = "ML", REML = "REML", EB = "EB",
             PM = "PM", PMM = "PMM")
answers <- lapply(methods, function(method) {
  control <- if (method %in% c("PM", "PMM")) list(tol = 1e-16, maxiter = 10000)
             else if (method %in% c("ML", "REML", "EB")) list(threshold = 1e-13, maxiter = 100000) else list()
  lapply(c(wald = "z", t = "t", hksj = "knha", hksj_adhoc = "adhoc"), function(test) {
    x <- suppressWarnings(rma(given$yi, given$vi, method = method, test = test, control = control))
    p <- predict(x)
    lapply(list(b = c(x$beta), se = x$se, zval = x$zval, pval = x$pval, ci.lb = x$ci.lb, ci.ub = x$ci.ub,
                tau2 = x$tau2, se.tau2 = x$se.tau2, I2 = x$I2, H2 = x$H2, QE = x$QE, QEp = x$QEp,
                pi.lb = p$pi.lb, pi.ub = p$pi.ub),
           function(value) if (is.null(value) || is.na(value)) "" else sprintf("%.17g", value))
  })
})
limits <- confint(rma(given$yi, given$vi), control = list(tol = 1e-16, maxiter = 10000))$random["tau^2", ]
answers$profile <- lapply(as.list(limits), function(value) sprintf("%.17g", value))
cat(toJSON(answers, auto_unbox = TRUE))
"""


@pytest.fixture(scope="module")
def rscript() -> str:
    """Return the path of Rscript with metafor, or skip."""
    found = shutil.which("Rscript")
    if found is None:
        pytest.skip("Rscript is not installed: metafor cannot be asked")
    check = subprocess.run(
        [found, "-e", "library(metafor); library(jsonlite)"], capture_output=True, check=False, timeout=TIMEOUT_SECONDS
    )
    if check.returncode:
        pytest.skip("R has no metafor or no jsonlite: metafor cannot be asked")
    return found


def ask(rscript: str, yi: np.ndarray, vi: np.ndarray) -> dict[str, Any]:
    """Return metafor's answers for these studies."""
    given = json.dumps({"yi": yi.tolist(), "vi": vi.tolist()})
    done = subprocess.run(
        [rscript, "-e", ASK], input=given, capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS
    )
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def number(text: str) -> float | None:
    """Return the number, None for metafor's missing value."""
    return float(text) if text else None


@pytest.mark.parametrize(("seed", "k", "tau2"), [(1, 4, 0.05), (2, 11, 0.3), (3, 40, 1.5)])
def test_pool_agrees_with_metafor_on_new_data(rscript: str, seed: int, k: int, tau2: float) -> None:
    random = np.random.default_rng(seed)
    # Six decimals, so that R reads from the text exactly what the engine gets.
    vi = np.round(random.uniform(0.01, 0.5, k), 6)
    yi = np.round(random.normal(0.4, np.sqrt(vi + tau2)), 6)

    answers = ask(rscript, yi, vi)

    for tau2_method in datasets.TAU2_METHODS:
        for ci_method in datasets.CI_METHODS:
            answer = {name: number(text) for name, text in answers[tau2_method][ci_method].items()}
            fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
            found = differences(fit, answer, typical=typical_variance(vi))
            assert max(found.values()) <= EXACT, (tau2_method, ci_method, found)
    interval = profile_tau2(yi, vi)
    assert interval is not None
    assert difference(interval.tau2_ci_lower, number(answers["profile"]["ci.lb"]), floor=1e-3) <= EXACT
    assert difference(interval.tau2_ci_upper, number(answers["profile"]["ci.ub"]), floor=1e-3) <= EXACT


def test_metafor_ends_on_the_lower_of_two_hills(rscript: str) -> None:
    """The one known divergence of an estimate: where it goes away, README.md must say so no more."""
    yi, vi = np.array(datasets.TWO_HILLS["yi"]), np.array(datasets.TWO_HILLS["vi"])

    theirs = number(ask(rscript, yi, vi)["REML"]["wald"]["tau2"])

    mine = pool(yi, vi).tau2
    model = Likelihood(yi=yi, vi=vi, restricted=True)
    assert theirs is not None
    # As README.md prints them.
    assert (mine, theirs) == (pytest.approx(0.0168, abs=5e-5), pytest.approx(1.880, abs=5e-4))
    assert log_likelihood(model, mine) > log_likelihood(model, theirs)


@pytest.mark.parametrize(
    ("script", "part", "name"),
    [
        ("regenerate.R", "metafor", "bcg-RR"),
        ("regenerate.R", "metafor", "hine1989-RD"),
        ("regenerate.R", "metafor", "normand1999-SMD"),
        ("regenerate.R", "metafor", "effects"),
        ("scripts/diagnostics.R", "diagnostics", "bcg3-RR"),
        ("scripts/moderators.R", "moderators", "gibson2002"),
    ],
)
def test_committed_file_is_what_the_script_writes(
    rscript: str, tmp_path: Path, script: str, part: str, name: str
) -> None:
    shutil.copy(SCRIPT, tmp_path)
    shutil.copytree(SCRIPT.parent / "scripts", tmp_path / "scripts")
    # Diagnostics are of the effects that are there already.
    shutil.copytree(SCRIPT.parent / "metafor", tmp_path / "metafor")
    (tmp_path / part / f"{name}.json").unlink(missing_ok=True)

    subprocess.run([rscript, str(tmp_path / script), name], capture_output=True, check=True, timeout=TIMEOUT_SECONDS)

    written = json.loads((tmp_path / part / f"{name}.json").read_text(encoding="utf-8"))
    assert_same(written, datasets.load(name, part=part), path=name)


def assert_same(written: Any, committed: Any, *, path: str) -> None:
    """Compare two files key by key, numbers with a tolerance, versions not at all."""
    if isinstance(committed, dict):
        assert written.keys() == committed.keys(), path
        for key in committed.keys() - {"versions"}:
            assert_same(written[key], committed[key], path=f"{path}/{key}")
    elif isinstance(committed, list):
        assert len(written) == len(committed), path
        for index, (one, other) in enumerate(zip(written, committed, strict=True)):
            assert_same(one, other, path=f"{path}/{index}")
    elif isinstance(committed, float):
        assert written == pytest.approx(committed, rel=SAME_NUMBER, abs=1e-15), path
    else:
        assert written == committed, path
