"""All effect measures agree with metafor's escalc; scripts/escalc.R writes its answers to escalc/effects.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.effects import MEASURES, Effects, back_transform, escalc
from analysis.engine.errors import EngineError
from tests.reference.test_shared import FOLDER, read

CONTENT: dict[str, Any] = json.loads((Path(__file__).parent / "escalc" / "effects.json").read_text(encoding="utf-8"))
ANSWERS: list[dict[str, Any]] = CONTENT["answers"]
# One formula of few terms in double precision on both sides, 15 digits in the file. Worst seen: 5e-14 (1e-11 for what
# rests on metafor's J, a difference of log-gammas, in studies of 9000).
FORMULA = 1e-10
# "UB" takes 1 - (m - 2) / (m J**2), of which the errors of metafor's J are 1e-7 at m = 9000; they count for the term
# with the square of the effect only. Worst seen: 4e-11.
# A difference of two proportions, or of a sum and itself, may be 0 up to rounding.
ZERO = 1e-14
# metafor's search for the tetrachoric correlation (Nelder and Mead) stops 1e-4 from the optimum, its variance is
# numeric; the exact optimum was found by a root and a numeric second derivative in R. Worst seen: 8e-5 and 3e-3.
METAFOR_SEARCH, METAFOR_HESSIAN = 2e-4, 1e-2
# R's second derivative by differences. Worst seen: 8e-7.
NUMERIC_HESSIAN = 2e-6


def name_of(answer: dict[str, Any]) -> str:
    """Return a name for one question to escalc."""
    options = [f"{name}={value}" for name, value in answer["options"].items()]
    return "-".join([answer["set"], answer["measure"], *answer["columns"][:1], *options])


def ask(answer: dict[str, Any], rows: list[int]) -> Effects:
    """Return the engine's effects of some rows of the table of one question."""
    table = CONTENT["sets"][answer["set"]]
    columns = {column: [table[column][row] for row in rows] for column in answer["columns"]}
    return escalc(answer["measure"], **columns, **answer["options"])


@pytest.mark.parametrize("answer", [a for a in ANSWERS if not a["set"].endswith("_edge")], ids=name_of)
def test_effects_of_whole_tables_agree_with_escalc(answer: dict[str, Any]) -> None:
    effects = ask(answer, list(range(len(answer["yi"]))))

    yi, vi = (np.array([answer[name][row] for row in effects.rows], dtype=float) for name in ("yi", "vi"))
    np.testing.assert_allclose(effects.yi, yi, rtol=FORMULA, atol=ZERO)
    np.testing.assert_allclose(effects.vi, vi, rtol=FORMULA)
    left_out = set(range(len(answer["yi"]))) - set(effects.rows.tolist())
    assert all(answer["yi"][row] is None for row in left_out)


@pytest.mark.parametrize("answer", [a for a in ANSWERS if a["set"].endswith("_edge")], ids=name_of)
def test_studies_at_the_edge_agree_with_escalc_or_are_refused(answer: dict[str, Any]) -> None:
    """One study at a time: where metafor has no number, or a variance of 0, the engine says so."""
    for row, (yi, vi) in enumerate(zip(answer["yi"], answer["vi"], strict=True)):
        if yi is None or vi is None or vi == 0.0:
            try:
                effects = ask(answer, [row])
            except EngineError:
                continue
            assert answer["options"].get("drop00"), (row, effects)
            assert effects.yi.size == 0
            continue
        effects = ask(answer, [row])
        np.testing.assert_allclose(effects.yi, [yi], rtol=FORMULA, atol=ZERO, err_msg=str(row))
        np.testing.assert_allclose(effects.vi, [vi], rtol=FORMULA, err_msg=str(row))


@pytest.mark.parametrize("row", range(len(CONTENT["tetrachoric"]["cells"])))
def test_tetrachoric_correlation_is_at_the_exact_optimum(row: int) -> None:
    cells, exact, near = (CONTENT["tetrachoric"][name][row] for name in ("cells", "exact", "metafor"))

    effects = escalc("RTET", **dict(zip(("ai", "bi", "ci", "di"), cells, strict=True)))

    np.testing.assert_allclose(effects.yi, [exact["yi"]], rtol=FORMULA, atol=ZERO)
    np.testing.assert_allclose(effects.vi, [exact["vi"]], rtol=NUMERIC_HESSIAN)
    np.testing.assert_allclose(effects.yi, [near["yi"]], rtol=METAFOR_SEARCH, atol=ZERO)
    np.testing.assert_allclose(effects.vi, [near["vi"]], rtol=METAFOR_HESSIAN)


@pytest.mark.parametrize("measure", CONTENT["back"])
def test_back_transformations_agree_with_metafor(measure: str) -> None:
    answer = CONTENT["back"][measure]
    values, expected = np.array(answer["value"]), np.array(answer["result"])
    if MEASURES[measure].back_transformation.startswith("alpha"):
        # metafor raises alphas below 0 to 0; the engine leaves them, as Cronbach's alpha may be below 0.
        values, expected = values[values >= 0.0], expected[np.array(answer["value"]) >= 0.0]

    np.testing.assert_allclose(
        back_transform(measure, values, size=answer.get("size")), expected, rtol=1e-12, atol=ZERO
    )


def test_every_measure_was_compared() -> None:
    """HR has no counterpart in metafor and GEN is what it is given; the others are all here, and the grid is large."""
    asked = {answer["measure"] for answer in ANSWERS}

    assert asked | {"HR", "GEN", "RTET"} == set(MEASURES)
    assert len(ANSWERS) >= 380
    assert CONTENT["versions"]["metafor"] == "3.8.1"


@pytest.mark.skipif(FOLDER is None, reason="no further references: set QUORUM_SHARED_REFS to their folder")
def test_every_measure_of_the_shared_table_agrees() -> None:
    assert FOLDER is not None
    groups = read(FOLDER / "escalc_table.json")["groups"]
    compared = set()
    for group in groups.values():
        questions = [(measure, {}, answer) for measure, answer in group["measures"].items()]
        for answer in group.get("variants", {}).values():
            options = {name: value for name, value in answer["args"].items() if name != "measure"}
            questions.append((answer["args"]["measure"], options, answer))
        for measure, options, answer in questions:
            compare_with_shared(group, measure, options, answer)
            compared.add(measure)
    assert compared == set(MEASURES) - {"HR", "GEN"}


def compare_with_shared(group: dict[str, Any], measure: str, options: dict[str, Any], answer: dict[str, Any]) -> None:
    """Compare the rows for which metafor has an effect; for the others, alone, the engine has none."""
    known = {name for names in MEASURES[measure].columns for name in names}
    columns = [name for name in group["columns"] if name in known]
    pairs = list(zip(answer["yi"], answer["vi"], strict=True))
    # A zero cell puts the tetrachoric correlation at -1 or 1, for which metafor's variance is what its search left.
    good = [
        row
        for row, (yi, vi) in enumerate(pairs)
        if yi is not None and vi and not (measure == "RTET" and 0 in group["rows"][row].values())
    ]
    effects = escalc(measure, **{name: [group["rows"][row][name] for row in good] for name in columns}, **options)

    yi, vi = (np.array([pair[part] for pair in (pairs[row] for row in good)], dtype=float) for part in (0, 1))
    is_searched = measure == "RTET"
    np.testing.assert_allclose(effects.yi, yi, rtol=METAFOR_SEARCH if is_searched else FORMULA, atol=ZERO)
    np.testing.assert_allclose(effects.vi, vi, rtol=METAFOR_HESSIAN if is_searched else FORMULA)
    for row in set(range(len(pairs))) - set(good):
        if not options.get("drop00"):
            with pytest.raises(EngineError):
                escalc(measure, **{name: group["rows"][row][name] for name in columns}, **options)
