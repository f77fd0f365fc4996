"""Write what two Python libraries say of made-up answers: `python tests/reference/scripts/agreement_libraries.py`.

Needs irrCAC 0.4.4 (in an environment of its own: it pins scipy 1.12.0 and pandas below 3), krippendorff 0.9.0 and
statsmodels 0.15.0. Afterwards `Rscript tests/reference/scripts/agreement.R` asks R about the same answers.
"""

import json
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC
from statsmodels.stats.inter_rater import cohens_kappa

FOLDER = Path(__file__).resolve().parents[1] / "agreement_values"
METRICS = ("nominal", "ordinal", "interval", "ratio")
WEIGHTS = ("identity", "linear", "quadratic", "ordinal")
# irrCAC rounds to so many digits.
DIGITS = 15


def answers(random: np.random.Generator) -> list[list[int | None]]:
    """Give answers of two to five raters, a fifth of them missing, of which most follow the item."""
    items, raters, categories = random.integers(8, 30), random.integers(2, 6), random.integers(2, 6)
    truth = random.integers(1, categories + 1, items)
    given = np.where(
        random.random((items, raters)) < 0.65, truth[:, None], random.integers(1, categories + 1, (items, raters))
    )
    given = np.where(random.random((items, raters)) < 0.2, 0, given)
    rows = [[int(answer) or None for answer in row] for row in given]
    return [row for row in rows if any(row)]


def of_many(rows: list[list[int | None]], categories: list[int]) -> dict[str, Any]:
    """Give the coefficients of any number of raters."""
    frame = pd.DataFrame(rows, dtype=float)
    found: dict[str, Any] = {"weights": {}, "metrics": {}}
    for weights in WEIGHTS:
        asked = CAC(frame, weights=weights, categories=[float(one) for one in categories], digits=DIGITS)
        found["weights"][weights] = {"gwet": _both(asked.gwet()), "fleiss": _both(asked.fleiss())}
    asked = CAC(frame, categories=[float(one) for one in categories], digits=DIGITS)
    found["brennan_prediger"] = _both(asked.bp())
    domain = np.array(categories, dtype=float)
    for metric in METRICS:
        found["metrics"][metric] = float(
            krippendorff.alpha(frame.to_numpy().T, level_of_measurement=metric, value_domain=domain)
        )
    return found


def of_two(table: np.ndarray) -> dict[str, Any]:
    """Give Cohen's kappa of a table, plain and weighted."""
    found = {}
    for weights in ("identity", "linear", "quadratic"):
        options = {} if weights == "identity" else {"wt": weights, "weights": np.arange(len(table))}
        kappa = cohens_kappa(table, **options)
        found[weights] = {"estimate": float(kappa.kappa), "se": float(kappa.std_kappa)}
    return found


def _both(answer: dict[str, Any]) -> dict[str, float]:
    return {"estimate": float(answer["est"]["coefficient_value"]), "se": float(answer["est"]["se"])}


def main() -> None:
    """Write both files."""
    random = np.random.default_rng(20080529)
    many = []
    while len(many) < 30:
        rows = answers(random)
        categories = list(range(1, max(answer or 0 for row in rows for answer in row) + 1))
        many.append({"rows": rows, "categories": categories, "found": of_many(rows, categories)})
    two = []
    for size in (2, 2, 2, 2, 3, 3, 3, 4, 4, 5):
        table = random.integers(0, 12, (size, size)) + np.diag(random.integers(0, 40, size))
        two.append({"table": table.tolist(), "found": of_two(table)})
    for name, cases in (("many", many), ("two", two)):
        lines = ",\n".join(json.dumps(case) for case in cases)
        (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
