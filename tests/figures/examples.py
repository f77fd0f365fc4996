"""Figures for tests, with printed numbers: their bytes depend on nothing but the renderer. Write the golden files by

python -m tests.figures.examples
"""

from pathlib import Path
from typing import Any

from analysis.contract import ForestFigure
from analysis.figures import draw

FOLDER = Path(__file__).parent / "golden"
POOLED = {
    "summary_label": "Random-effects model",
    "summary_estimate": "estimate",
    "summary_ci_lower": "ci_lower",
    "summary_ci_upper": "ci_upper",
    "pi_lower": "pi_lower",
    "pi_upper": "pi_upper",
    "weight": "weight",
}


def figure(**changes: Any) -> ForestFigure:
    """Give the specification of a forest plot."""
    sides = {"favours_left": "Favours exercise", "favours_right": "Favours usual care"}
    given = {"title": "Pain intensity", "rows": "studies", "x_label": "Mean difference (points)", **sides}
    return ForestFigure.model_validate(given | changes)


def study(label: str, estimate: float | None, half: float = 1.0, weight: float | None = None) -> dict[str, Any]:
    """Give a row whose interval reaches `half` to both sides."""
    lower, upper = (None, None) if estimate is None else (estimate - half, estimate + half)
    return {"label": label, "estimate": estimate, "ci_lower": lower, "ci_upper": upper, "weight": weight}


def result(studies: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Give a result with a table of studies."""
    return {"studies": studies, "level": 0.95, "messages": [], **fields}


def many(k: int) -> list[dict[str, Any]]:
    """Give k studies between -24 and 6 points."""
    return [
        study(f"Study {i} ({1990 + i % 35})", float(i * 11 % 31 - 24), 3.0 + i % 5, (1 + i % 4) / (2.5 * k))
        for i in range(k)
    ]


SUMMARY = {"estimate": -9.0, "ci_lower": -12.5, "ci_upper": -5.5, "pi_lower": -20.0, "pi_upper": 2.0}
LOG_RATIOS = [study("Aronson 1948", -0.9, 1.1, 0.2), study("Hart & Sutherland 1977", -1.44, 0.28, 0.8)]
LOG_SUMMARY = {"estimate": -1.3, "ci_lower": -1.75, "ci_upper": -0.85, "pi_lower": -2.1, "pi_upper": -0.4}


def examples() -> dict[str, tuple[ForestFigure, dict[str, Any]]]:
    """Give the figures and results by name."""
    ratio = {"is_ratio": True, "x_label": "Risk ratio", "title": "Tuberculosis", **POOLED}
    hostile = study('</text><script>alert(1)</script> & "friends" in a very long name indeed \x07', -3.0, 2.0)
    mixed = [*many(2), {**study("A scenario", None), "message": "No study fulfils the conditions."}]
    return {
        "k0": (figure(**POOLED), result([], messages=["No study has a result that can be pooled."])),
        "k1": (figure(), result([study("Adams 2001", -12.0, 10.0)])),
        "k2-clipped": (
            figure(**POOLED),
            result(many(2), estimate=-18.5, ci_lower=-90.0, ci_upper=53.0, pi_lower=-120.0, pi_upper=83.0),
        ),
        "k10": (figure(**POOLED), result(many(10), **SUMMARY)),
        "k58": (figure(**POOLED), result(many(58), **SUMMARY)),
        "ratio": (figure(**ratio), result(LOG_RATIOS, **LOG_SUMMARY)),
        "hostile": (figure(title="<b>Pain</b> & joy"), result([hostile])),
        "no-estimate": (figure(), result(mixed)),
    }


def write_all() -> None:
    """Write every golden file anew; look at them before they are kept."""
    for name, (drawn, values) in examples().items():
        (FOLDER / f"{name}.svg").write_bytes(draw(drawn, values).encode("utf-8"))


if __name__ == "__main__":
    write_all()
