"""The jobs, and the data that every program gets."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

JOBS = {
    "reml_30": "one REML fit, k = 30",
    "reml_1000": "one REML fit, k = 1,000",
    "dl_30": "one DerSimonian-Laird fit, k = 30",
    "pm_30": "one Paule-Mandel fit, k = 30",
    "leave_one_out": "leave-one-out with REML refits, k = 50",
    "influence": "influence diagnostics with REML refits, k = 50",
    "many": "10,000 REML fits, k = 20",
    "permutation": "permutation test, 1,000 permutations, one moderator, REML, k = 50",
    "gosh": "GOSH, 10,000 subsets, REML, k = 20",
    "forest": "forest plot as SVG with all columns, k = 32",
    "start": "process start and one REML fit from a CSV file, k = 30",
    "start_dl": "process start and one DerSimonian-Laird fit from a CSV file, k = 30",
}
SEED = 7
FITS, PERMUTATIONS, SUBSETS = 10_000, 1_000, 10_000
# How much of a large job a program does that fits one model after the other; its time is multiplied.
FEW_FITS, FEW_PERMUTATIONS, FEW_SUBSETS = 200, 200, 300
SIZES = {"k20": 20, "k30": 30, "k50": 50, "k1000": 1000}


@dataclass(frozen=True)
class Studies:
    """Effects, variances and one moderator of k studies (or of b times k, without a moderator)."""

    yi: np.ndarray
    vi: np.ndarray
    x: np.ndarray


@dataclass(frozen=True)
class Data:
    """What all programs read: arrays here, the same numbers as files in `folder` for R and for new processes."""

    sets: dict[str, Studies]
    many: Studies
    folder: Path

    def file(self, name: str) -> Path:
        """Return the CSV file of one set."""
        return self.folder / f"{name}.csv"


def make_data(folder: Path) -> Data:
    """Return simulated studies (variances 0.02 to 0.3, tau2 = 0.1), and write them to the folder."""
    rng = np.random.default_rng(SEED)
    sets = {name: _simulate(rng, (k,)) for name, k in SIZES.items()}
    many = _simulate(rng, (FITS, 20))
    for name, studies in sets.items():
        _write(folder / f"{name}.csv", "yi,vi,x", np.column_stack([studies.yi, studies.vi, studies.x]))
    _write(folder / "many_yi.csv", "", many.yi[:FEW_FITS])
    _write(folder / "many_vi.csv", "", many.vi[:FEW_FITS])
    return Data(sets=sets, many=many, folder=folder)


def _simulate(rng: np.random.Generator, shape: tuple[int, ...]) -> Studies:
    """Return random studies; the moderator explains a part of the effects that a test of 50 studies may miss."""
    vi = rng.uniform(0.02, 0.3, shape)
    x = rng.normal(size=shape)
    return Studies(yi=0.3 + 0.05 * x + rng.normal(0.0, np.sqrt(vi + 0.1)), vi=vi, x=x)


def _write(path: Path, header: str, rows: np.ndarray) -> None:
    """Write numbers with all their digits."""
    np.savetxt(path, rows, delimiter=",", fmt="%.17g", header=header, comments="")
