"""Small databases in the Metapsy data standard, row by row."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from evidence.importers.importing import ImportResult
from evidence.models import Review
from tests.evidence.importing.asked import ask, table


def row(study: str = "Abe, 2010", arms: str = "cbt wl", **cells: Any) -> dict[str, Any]:
    """Give a comparison of means after treatment."""
    first, second = arms.split()
    plain = {"study": study, "condition_arm1": first, "condition_arm2": second, "multi_arm1": "NA", "multi_arm2": "NA"}
    plain |= {"outcome_type": "msd", "instrument": "bdi-1", "rating": "self-report", "time": "post", "time_weeks": 8}
    return plain | cells


def means(first: float, second: float, sd: float = 5.5, n: int = 30) -> dict[str, Any]:
    """Give means of two arms with one SD and number."""
    sides = {1: first, 2: second}
    return {
        f"{name}_arm{arm}": value
        for arm, mean in sides.items()
        for name, value in (("mean", mean), ("sd", sd), ("n", n))
    }


def put(path: Path, rows: list[dict[str, Any]], **style: str) -> Path:
    """Write a database."""
    path.write_text(table(rows, **style), encoding="utf-8")
    return path


def load(tmp_path: Path, review: Review, owner: User, rows: list[dict[str, Any]], **answers: str) -> ImportResult:
    """Write a database as the standard has it, and load it."""
    return ask("metapsy", put(tmp_path / "data.csv", rows, separator=";", decimal=","), review, owner, **answers)
