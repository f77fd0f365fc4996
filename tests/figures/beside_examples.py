"""Forest plots with all that stands beside their rows, for tests. Write the golden files by

python -m tests.figures.beside_examples
"""

from typing import Any

from analysis.contract import ForestFigure
from analysis.figures.beside import Beside, Column, Lights, Unpooled
from analysis.figures.forest import draw_forest
from tests.figures.examples import FOLDER, LOG_RATIOS, LOG_SUMMARY, POOLED, SUMMARY, figure, many, result

Example = tuple[ForestFigure, dict[str, Any], Beside]
LEVELS = {"low": "Low", "some_concerns": "Some concerns", "high": "High"}
DOMAINS = (
    ("D1", "Randomisation process"),
    ("D2", "Deviations from intended interventions"),
    ("D3", "Missing outcome data"),
    ("D4", "Measurement of the outcome"),
    ("D5", "Selection of the reported result"),
    ("O", "Overall"),
)
LONG = "Van der Wettering-Hochstrasser, Wolkenstein and the Multinational Walking Group 2019"
HETEROGENEITY = {"q": 20.2, "q_df": 8, "q_p_value": 0.00001, "i2": 0.6, "tau2": 8.0}
MCID = [{"value": sign * 5.0, "label": "MCID"} for sign in (-1, 1)]
KEYS = ("Exercise: 3 aerobic; 5 Pilates; 10 mixed; a sensorimotor training", "Compared with: 3 active control")


def rows_of(k: int, *, is_long: bool = False) -> list[dict[str, Any]]:
    """Give k rows that are known by an effect, every third with a long name where that is asked for."""
    rows = many(k)
    for place, row in enumerate(rows):
        row["effect"] = f"study-{place}"
        if is_long and place % 3 == 0:
            row["label"] = f"{LONG} {place}"
    return rows


def columns(keys: list[str]) -> tuple[Column, ...]:
    """Give a column of each kind, among them data of both arms under their names."""

    def cells(values: tuple[str, ...]) -> dict[str, str]:
        return {key: values[place % len(values)] for place, key in enumerate(keys)}

    sizes = {key: float(20 + 7 * place % 180) for place, key in enumerate(keys)}
    shown = {key: f"{value:.0f}" for key, value in sizes.items()}
    arms = [
        column
        for over in ("Individualized exercise with a psychological intervention", "Usual care")
        for column in (
            Column("n", shown, over, is_number=True, sums=sizes),
            Column("Mean", cells(("−12.25", "3.40", "101.5")), over, is_number=True),
            Column("SD", cells(("1.70", "11.30")), over, is_number=True),
        )
    ]
    return (
        Column("Year", cells(("1999", "2021")), is_number=True),
        Column("Exercise", cells(("10", "a", "3, 5")), is_number=True),
        Column("Psychological intervention", cells(("cognitive behavioural therapy and more", "–"))),
        Column("Inclusion criterion: low back pain for at least", cells(("12", "")), is_number=True),
        Column("Week", cells(("12", "8.5")), is_number=True),
        *arms,
    )


def lights(keys: list[str]) -> Lights:
    """Give judgements of all domains; every fifth row has one that is missing, and some a level of no known rank."""
    levels = [*LEVELS, "unclear"]
    found: dict[str, tuple[str | None, ...]] = {}
    for place, key in enumerate(keys):
        row: list[str | None] = [levels[(place + other) % 4 if place % 7 == 0 else place % 3] for other in range(6)]
        if place % 5 == 4:
            row[2] = None
        found[key] = tuple(row)
    return Lights(LEVELS, DOMAINS, found)


def unpooled(count: int) -> tuple[Unpooled, ...]:
    """Give studies without an effect."""
    reason = "Results at week 26 and 52 only; none in the window short-term (week 4 to 20, closest to week 12)."
    names = ("Not Public 2011", LONG)
    messages = (("not public", "No result for the outcome is public."), (reason, reason))
    return tuple(Unpooled(f"none-{i}", f"{names[i % 2]} {i}", *messages[i % 2]) for i in range(count))


def full(k: int, *, count: int = 3, **fields: Any) -> Example:
    """Give a plot of k rows with everything beside them."""
    rows = rows_of(k, is_long=True)
    studies = unpooled(count)
    keys = [row["effect"] for row in rows] + [one.key for one in studies]
    beside = Beside(columns=columns(keys), lights=lights(keys), unpooled=studies, notes=KEYS)
    drawn = figure(**POOLED, has_heterogeneity=True, marks=MCID, title=f"Pain intensity: {LONG}", **fields)
    return drawn, result(rows, **SUMMARY, **HETEROGENEITY), beside


def grouped(k: int, *, is_full: bool = False) -> Example:
    """Give a plot of k rows in three groups, of which one has a single study and a long name."""
    drawn, values, beside = full(k, count=0) if is_full else (figure(**POOLED), result(rows_of(k), **SUMMARY), Beside())
    names = ("Supervised", "At home", LONG)
    for place, row in enumerate(values["studies"]):
        row["group"] = names[2] if place == k - 1 else names[place % 2]
    numbers = {"estimate": -9.0, "ci_lower": -13.0, "ci_upper": -5.0}
    told = {"q": 10.2, "q_df": 4, "q_p_value": 0.037, "i2": 0.61, "tau2": 12.34}
    tables = [
        {"name": name, "label": f"{name} (k = {place})", **numbers, **(told if place else {})}
        for place, name in enumerate(names)
    ]
    tests = {"between": 1.2, "between_df": 2, "between_p": 0.549}
    named = {"difference_statistic": "between", "difference_df": "between_df", "difference_p_value": "between_p"}
    more = {"group": "group", "groups": "groups", "has_heterogeneity": True, **named}
    return drawn.model_copy(update=more), {**values, **HETEROGENEITY, **tests, "groups": tables}, beside


def events() -> Example:
    """Give a plot of risk ratios with events and totals of both arms."""
    rows = [{**row, "effect": row["label"]} for row in LOG_RATIOS]
    keys = [row["effect"] for row in rows]
    found = []
    for over, counts in (("Vaccinated", ((4, 123), (62, 13598))), ("Not vaccinated", ((11, 139), (248, 12867)))):
        for place, heading in enumerate(("Events", "Total")):
            sums = {key: float(count[place]) for key, count in zip(keys, counts, strict=True)}
            cells = {key: f"{value:.0f}" for key, value in sums.items()}
            found.append(Column(heading, cells, over, is_number=True, sums=sums))
    drawn = figure(is_ratio=True, x_label="Risk ratio", title="Tuberculosis", **POOLED)
    return drawn, result(rows, **LOG_SUMMARY), Beside(columns=tuple(found))


def bare() -> Example:
    """Give a plot without any estimate: only studies that are not pooled."""
    studies = unpooled(4)
    keys = [one.key for one in studies]
    beside = Beside(columns=columns(keys), lights=lights(keys), unpooled=studies, notes=KEYS)
    return figure(**POOLED), result([], messages=["No study has a result that can be pooled."]), beside


def linked() -> Example:
    """Give a plot whose rows lead to where more is told, and that shows labels and judgements only."""
    rows = rows_of(3)
    keys = [row["effect"] for row in rows]
    addresses = {key: f"#effect-{place}" for place, key in enumerate(keys[:2], start=1)}
    beside = Beside(lights=lights(keys), addresses=addresses, has_estimates=False, has_weights=False)
    return figure(**POOLED), result(rows, **SUMMARY), beside


def wordy() -> Example:
    """Give a plot with long words around its axis, one domain, and no columns of numbers."""
    rows = rows_of(2, is_long=True)
    keys = [row["effect"] for row in rows]
    overall = Lights(LEVELS, (DOMAINS[-1],), dict.fromkeys(keys, ("high",)))
    sides = {
        "favours_left": f"Favours {LONG}",
        "favours_right": f"Favours {LONG}",
        "x_label": f"Points, {LONG}, {LONG}",
    }
    named = {**POOLED, "summary_label": f"Random-effects model of {LONG}"}
    drawn = figure(title=f"{LONG}, {LONG}, {LONG}", marks=MCID[:1], **sides, **named)
    return drawn, result(rows, **SUMMARY), Beside(lights=overall, notes=(f"{LONG}; {LONG}; {LONG}",), has_weights=False)


def examples() -> dict[str, Example]:
    """Give the figures with what stands beside their rows, by name."""
    return {
        "beside-k1": full(1),
        "beside-k2": full(2),
        "beside-k30": full(30),
        "groups": grouped(9),
        "groups-all-columns": grouped(9, is_full=True),
        "events": events(),
        "not-pooled-only": bare(),
        "linked": linked(),
        "long-words": wordy(),
    }


def write_all() -> None:
    """Write every golden file anew; look at them before they are kept."""
    for name, example in examples().items():
        (FOLDER / f"{name}.svg").write_bytes(draw_forest(*example).encode("utf-8"))


if __name__ == "__main__":
    write_all()
