"""How many doubts real data raise: `python -m tests.evidence.doubts.rates` prints the table of docs/doubts.md.

The demonstration review is read from its folder; the releases of the Metapsy database, where they lie beside the
repository, from their own columns. No database is used.
"""

import csv
import io
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from evidence.doubts import ArmNumbers, ArmSize, ContrastNumbers, Kind, Scale, StudyNumbers, questions_about
from evidence.doubts.printed import Moment

ROOT = Path(__file__).resolve().parents[3]
DEMONSTRATION = ROOT / "evidence" / "demonstration" / "lbp_review"
REAL = Path(os.environ.get("QUORUM_TEST_DATA", ROOT.parent / "shared" / "data")) / "test_only" / "metapsy"
# Sums of whole-numbered answers, by their handbooks: code, lowest and highest score.
WHOLE = {"nrs": (0, 10), "nrs_back": (0, 10), "rmdq": (0, 24)}
WHOLE_METAPSY = {
    "bdi-1": (0, 63),
    "bdi-2": (0, 63),
    "hdrs-17": None,
    "hdrs": None,
    "hamd": None,
    "phq-9": (0, 27),
    "ces-d": (0, 60),
    "epds": (0, 30),
    "gds": None,
    "madrs": (0, 60),
    "hads-d": (0, 21),
}


def number(text: str) -> Decimal | None:
    """Give the number of a cell, None where there is none."""
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def whole(text: str) -> int | None:
    """Give the whole number of a cell, None where there is none or it is none."""
    value = number(text)
    return int(value) if value is not None and value == value.to_integral_value() and value > 0 else None


def table(name: str) -> list[dict[str, str]]:
    """Give a table of the demonstration review."""
    with (DEMONSTRATION / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def demonstration() -> list[StudyNumbers]:
    """Give the studies of the demonstration review."""
    protocol = json.loads((DEMONSTRATION / "review.json").read_text(encoding="utf-8"))
    scales = {
        (outcome["code"], one["code"]): Scale(
            f"{outcome['code']}/{one['code']}",
            one["name"],
            *(None if one[end] is None else Decimal(one[end]) for end in ("scale_min", "scale_max")),
            Fraction(1) if one["code"] in WHOLE else None,
            one["direction"] == "higher",
        )
        for outcome in protocol["outcomes"]
        for one in outcome["instruments"]
    }
    arms: dict[str, list[ArmSize]] = defaultdict(list)
    for row in table("arms"):
        arms[row["study"]].append(ArmSize(int(row["number"]), row["label"], whole(row["n_randomised"])))
    results: dict[str, list[ArmNumbers]] = defaultdict(list)
    contrasts: dict[str, list[ContrastNumbers]] = defaultdict(list)
    for key, row in enumerate(table("arm_results")):
        numbers = {name: number(row[name]) for name in ("mean", "sd", "ci_lower", "ci_upper") if row.get(name)}
        results[row["study"]].append(
            ArmNumbers(
                *(key, int(row["arm"]), f"arm {row['arm']}", _moment(row, scales), row["sign"], whole(row["n"])),
                **numbers,  # type: ignore[arg-type]
            )
        )
    for key, row in enumerate(table("contrast_results")):
        names = ("estimate", "ci_lower", "ci_upper", "p_value")
        numbers = {name: number(row[name]) for name in names if row.get(name)}
        flags = {"p_relation": row["p_relation"] or "=", "is_printed_so": row["is_printed_so"] == "true"}
        contrasts[row["study"]].append(
            ContrastNumbers(
                *(key, int(row["first_arm"]), int(row["second_arm"]), "contrast", _moment(row, scales)),
                *(row["measure"], row["sign"]),
                **numbers,  # type: ignore[arg-type]
                **flags,  # type: ignore[arg-type]
            )
        )
    return [
        StudyNumbers(
            *(row["code"], row["label"], row.get("companion_of") or row["code"], True),
            *(tuple(arms[row["code"]]), tuple(results[row["code"]]), tuple(contrasts[row["code"]])),
        )
        for row in table("studies")
    ]


def _moment(row: dict[str, str], scales: Any) -> Moment:
    scale = scales[row["outcome"], row["instrument"]]
    is_change, is_adjusted = row["value_kind"] == "change", row["is_adjusted"] == "true"
    return Moment(scale, number(row["week"]), row["time_as_printed"], is_change, is_adjusted)


def metapsy(path: Path) -> list[StudyNumbers]:
    """Give the studies of a release: its means of two arms, after treatment and before it, each set once."""
    content = path.read_bytes()
    text = content.decode("utf-8") if content.isascii() else content.decode("latin-1")
    separator = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    studies: dict[str, dict[Any, ArmNumbers]] = defaultdict(dict)
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
        for one in _arms_of(row):
            studies[row["study"]].setdefault((one.arm, one.name, one.at, one.n, one.mean, one.sd), one)
    return [
        StudyNumbers(study, study, study.rstrip("abcd"), results=tuple(rows.values()))
        for study, rows in studies.items()
    ]


def _arms_of(row: dict[str, str]) -> Iterator[ArmNumbers]:
    ends = WHOLE_METAPSY.get(row["instrument"])
    scale = Scale(
        row["instrument"],
        row["instrument"],
        *((Decimal(ends[0]), Decimal(ends[1])) if ends else (None, None)),
        Fraction(1) if row["instrument"] in WHOLE_METAPSY else None,
    )
    when = f"{row.get('time', '')} {row.get('rating', '')} {row['condition_arm1']}-{row['condition_arm2']}"
    when += f" {row.get('multi_arm1', '')}-{row.get('multi_arm2', '')} {row.get('time_weeks', '')}"
    for arm in (1, 2):
        for week, names in (
            (None, (f"mean_arm{arm}", f"sd_arm{arm}", f"n_arm{arm}")),
            (0, (f"baseline_m_arm{arm}", f"baseline_sd_arm{arm}", f"baseline_n_arm{arm}")),
        ):
            mean, sd, n = (row.get(name, "") for name in names)
            if number(mean) is None:
                continue
            at = Moment(scale, None if week is None else Decimal(week), when, False, False)
            sd_value = number(sd)
            yield ArmNumbers(
                (arm, when, week),
                arm,
                f"arm {arm}",
                at,
                n=whole(n),
                mean=number(mean),
                sd=sd_value if sd_value is not None and sd_value > 0 else None,
            )


def counts(studies: Sequence[StudyNumbers]) -> tuple[int, Counter[Kind], float]:
    """Give the number of rows, the doubts of each kind, and the seconds that they took."""
    begin = time.perf_counter()
    found = Counter(one.doubt.kind for one in questions_about(studies))
    return sum(len(one.results) + len(one.contrasts) for one in studies), found, time.perf_counter() - begin


def main() -> None:
    """Print the rates per 100 rows of every data set that there is."""
    sets = {"demonstration": demonstration(), **{path.stem: metapsy(path) for path in sorted(REAL.glob("*.csv"))}}
    for name, studies in sets.items():
        rows, found, seconds = counts(studies)
        sys.stdout.write(f"{name}: {len(studies)} studies, {rows} rows, {found.total()} doubts, {seconds:.3f} s\n")
        for kind in Kind:
            if found[kind]:
                sys.stdout.write(f"    {kind.heading:<48}{found[kind]:>6}{found[kind] / rows * 100:>8.2f} per 100\n")


if __name__ == "__main__":
    main()
