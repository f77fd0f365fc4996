"""The table of effect measures, its door, and what must hold for all of them."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine.effects import (
    BACK_TRANSFORMATIONS,
    MEASURES,
    arcsine_difference,
    escalc,
    hr,
    irr,
    odds_ratio,
    plo,
    pr,
    rom,
    smcrh,
    smd,
    smd1h,
    smdh,
    zpcor,
)
from analysis.engine.errors import (
    EngineError,
    InvalidInput,
    NonFinite,
    OutOfRange,
    RaggedLengths,
    UndefinedResult,
    UnknownOption,
)

ARMS = {"m1i": [10.2, 5.5], "sd1i": [2.5, 1.1], "n1i": [12, 40], "m2i": [8.7, 5.9], "sd2i": [2.9, 1.3], "n2i": [15, 38]}
# One value for each column, good for every measure; ai, mi and ti mean different things to different measures.
VALUES: dict[str, Any] = {
    **{name: values[0] for name, values in ARMS.items()},
    "ai": 4,
    "bi": 8,
    "ci": 6,
    "di": 9,
    "x1i": 3,
    "t1i": 120.0,
    "x2i": 8,
    "t2i": 118.0,
    "xi": 5,
    "ri": 0.4,
    "ni": 20,
    "r2i": 0.3,
    "sdi": 2.0,
    "sddi": 2.5,
    "yi": 0.3,
    "vi": 0.1,
    "sei": 0.3,
    "hr": 0.8,
    "ci_lower": 0.6,
    "ci_upper": 1.1,
    "p_value": 0.04,
    "mi": 15,
    "ti": 2.5,
    "observed_minus_expected": -3.0,
    "logrank_variance": 10.0,
}
SPECIAL = {"ARAW": {"ai": 0.8}, "AHW": {"ai": 0.8}, "ABT": {"ai": 0.8}, "SMD": {"di": 0.4}}
PARTIAL = ("PCOR", "ZPCOR", "SPCOR")
OPTION_VALUES: dict[str, Any] = {
    "add": 0.25,
    "to": "all",
    "drop00": True,
    "vtype": "LS",
    "correction": "none",
    "release": "3.8",
    "level": 0.9,
}
UNITS = st.floats(1e-3, 1e3)


def columns_of(measure: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a value for each column, of one study."""
    values = VALUES | ({"mi": 3} if measure in PARTIAL else {}) | ({"n1i": 12, "n2i": 15})
    return {name: SPECIAL.get(measure, {}).get(name, values[name]) for name in names}


CALLS = [(measure, names) for measure, entry in MEASURES.items() for names in entry.columns]


@pytest.mark.parametrize(
    ("measure", "names"), CALLS, ids=lambda part: part if isinstance(part, str) else "-".join(part)
)
def test_measure_takes_each_of_its_combinations_and_options(measure: str, names: tuple[str, ...]) -> None:
    columns = columns_of(measure, names)
    options = {name: OPTION_VALUES[name] for name in MEASURES[measure].options}

    plain, chosen = escalc(measure, **columns), escalc(measure, **columns, **options)

    for effects in (plain, chosen):
        assert effects.yi.shape == effects.vi.shape == effects.rows.shape == (1,)
        assert effects.vi[0] > 0.0
        assert not effects.yi.flags.writeable


@pytest.mark.parametrize(
    ("measure", "names"), CALLS, ids=lambda part: part if isinstance(part, str) else "-".join(part)
)
def test_no_studies_give_no_effects(measure: str, names: tuple[str, ...]) -> None:
    effects = escalc(measure, **{name: [] for name in names})

    assert (effects.yi.size, effects.vi.size, effects.rows.size) == (0, 0, 0)


@pytest.mark.parametrize("measure", MEASURES)
def test_missing_value_is_refused_by_its_column_and_row(measure: str) -> None:
    for names in MEASURES[measure].columns:
        columns = {name: [value, value] for name, value in columns_of(measure, names).items()}
        for name in names:
            with pytest.raises(NonFinite) as caught:
                escalc(measure, **columns | {name: [columns[name][0], math.nan]})
            assert (caught.value.argument, caught.value.index) == (name, 1)


@pytest.mark.parametrize("measure", MEASURES)
def test_table_says_how_the_scale_is_read(measure: str) -> None:
    entry = MEASURES[measure]

    assert entry.name == measure
    assert entry.title
    assert entry.back_transformation in BACK_TRANSFORMATIONS
    assert entry.null_value in (0.0, None)
    assert not entry.is_log_ratio or (entry.back_transformation, entry.null_value) == ("exp", 0.0)


def test_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        MEASURES["NEW"] = MEASURES["MD"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("measure", "columns", "error", "sentence"),
    [
        ("smd", {}, UnknownOption, 'measure must be one of "MD", "SMD"'),
        (
            "MD",
            {"m1i": 1, "n1i": 2},
            InvalidInput,
            "MD needs the columns m1i sd1i n1i m2i sd2i n2i; got m1i n1i",
        ),
        ("GEN", {}, InvalidInput, "GEN needs the columns yi vi, or yi sei; got nothing"),
        ("GEN", {"yi": 1, "vi": 1, "x": 1}, InvalidInput, "GEN needs the columns yi vi, or yi sei; got yi vi x"),
        ("GEN", {"yi": 1, "vi": 1, "sei": 1}, InvalidInput, "GEN needs vi or sei; got both"),
        ("GEN", {"yi": 1, "vi": None}, InvalidInput, "GEN needs the columns yi vi, or yi sei; got yi"),
        ("GEN", {"yi": 1, "vi": 0}, OutOfRange, "vi must be above 0, got 0 at index 0"),
        ("GEN", {"yi": [1, 2], "vi": [1, 2, 3]}, RaggedLengths, "vi has 3 value(s), but yi has 2"),
        ("MD", ARMS | {"to": "all"}, InvalidInput, "MD has the options vtype; got to"),
        ("VR", {"level": 0.9}, InvalidInput, "VR has the options none; got level"),
        ("MD", ARMS | {"vtype": "UB"}, UnknownOption, 'vtype must be one of "LS", "HO", got \'UB\''),
        ("SMDH", ARMS | {"vtype": "LS2"}, UnknownOption, "vtype must be one of \"LS\", got 'LS2'"),
        ("RR", {"ai": 3, "n1i": 9, "bi": 5, "ci": 1, "di": 2}, OutOfRange, "n1i must be ai + bi, got 9 at index 0"),
        ("PR", {"xi": 3, "ni": 2}, OutOfRange, "xi must be at most ni, got 3 at index 0"),
        ("COR", {"ri": 1.2, "ni": 20}, OutOfRange, "ri must be between -1 and 1, got 1.2 at index 0"),
        ("COR", {"ri": [0.1, 1], "ni": 20}, UndefinedResult, "the variance of the correlation is undefined at index 1"),
        ("ZCOR", {"ri": 0.1, "ni": 3}, UndefinedResult, "the variance of Fisher's z is undefined at index 0: ni must"),
        (
            "IRR",
            {"x1i": 0, "t1i": 1, "x2i": 3, "t2i": 1, "to": "none"},
            UndefinedResult,
            "the log incidence rate ratio",
        ),
        (
            "ROM",
            ARMS | {"m2i": [1, -1]},
            UndefinedResult,
            "the log ratio of means is undefined at index 1: m1i and m2i",
        ),
        ("HR", {"hr": 2, "ci_lower": 0.5, "ci_upper": 1.5}, OutOfRange, "hr must be between ci_lower and ci_upper"),
        ("HR", {"hr": 1, "p_value": 0.5}, UndefinedResult, "the variance of the log hazard ratio is undefined"),
        ("HR", {"hr": 1, "ci_lower": 0.5, "ci_upper": 2, "p_value": 0.5}, InvalidInput, "HR needs exactly the columns"),
        ("RTET", {"ai": 0, "bi": 4, "ci": 3, "di": 9}, UndefinedResult, "the tetrachoric correlation is undefined"),
        (
            "MN",
            {"mi": 2, "sdi": 0, "ni": 9},
            UndefinedResult,
            "the variance of the mean is undefined at index 0: it is 0",
        ),
        ("ARAW", {"ai": 0.5, "mi": 1, "ni": 9}, OutOfRange, "mi must be at least 2, got 1 at index 0"),
        ("PCOR", {"ti": 1, "ni": 4, "mi": 3}, OutOfRange, "ni must be above mi + 1, got 4 at index 0"),
    ],
)
def test_bad_table_is_refused_in_a_sentence(
    measure: str, columns: dict[str, Any], error: type[EngineError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        escalc(measure, **columns)

    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_smd_of_tiny_groups_has_hedges_variance(n: int) -> None:
    """J is the ratio of gamma functions, and the variance that of the corrected difference."""
    effects = smd(m1i=3.2, sd1i=0.8, n1i=n, m2i=2.1, sd2i=1.7, n2i=n)

    m = 2 * n - 2
    j = math.gamma(m / 2) / (math.sqrt(m / 2) * math.gamma((m - 1) / 2))
    g = j * 1.1 / math.sqrt((0.8**2 + 1.7**2) / 2)
    assert effects.yi[0] == pytest.approx(g, rel=1e-14)
    assert effects.vi[0] == pytest.approx(2 / n + g**2 / (4 * n), rel=1e-14)


def test_approximate_and_missing_corrections_differ_by_their_formula() -> None:
    exact, near, none = (smd(**ARMS, correction=name).yi for name in ("exact", "approximate", "none"))

    df = np.array([25.0, 76.0])
    np.testing.assert_allclose(near, none * (1 - 3 / (4 * df - 1)), rtol=1e-14)
    # Hedges (1981): the approximation is right to 0.0002 at these degrees of freedom.
    np.testing.assert_allclose(near, exact, rtol=2e-4)
    assert not np.allclose(near, exact, rtol=1e-7)


def test_zero_cells_move_the_study_they_are_in_and_no_other() -> None:
    """By hand: a half goes to the first study only, nothing to the arcsine difference, whose sine of 0 is 0."""
    table = {"ai": [0, 5], "n1i": [12, 20], "ci": [3, 4], "n2i": [10, 18]}

    assert odds_ratio(**table).yi.tolist() == pytest.approx(
        [math.log(0.5 / 12.5 / (3.5 / 7.5)), math.log(5 / 15 / (4 / 14))]
    )
    assert arcsine_difference(**table).yi[0] == pytest.approx(-math.asin(math.sqrt(0.3)))
    assert pr(xi=[0, 5], ni=[12, 20]).yi.tolist() == pytest.approx([0.5 / 13, 0.25])
    assert pr(xi=[0, 5], ni=[12, 20]).vi[0] == pytest.approx(0.5 / 13 * (12.5 / 13) / 13)
    assert plo(xi=[12, 5], ni=[12, 20]).yi.tolist() == pytest.approx([math.log(12.5 / 0.5), math.log(5 / 15)])
    assert irr(x1i=[0, 2], t1i=[10, 20], x2i=[3, 4], t2i=[12, 22]).yi.tolist() == pytest.approx(
        [math.log(0.5 / 10 / (3.5 / 12)), math.log(2 / 20 / (4 / 22))]
    )


@pytest.mark.parametrize("measure", ["RR", "OR", "RD", "PETO", "PHI", "YUQ", "PBIT", "OR2DL"])
def test_study_without_zeros_is_the_same_beside_one_with(measure: str) -> None:
    alone = escalc(measure, ai=5, bi=15, ci=4, di=14, add=0.5)
    beside = escalc(measure, ai=[0, 5], bi=[12, 15], ci=[3, 4], di=[7, 14], add=0.5)

    assert (alone.yi[0], alone.vi[0]) == (beside.yi[1], beside.vi[1])


def test_releases_of_metafor_differ_by_their_formula() -> None:
    """SMDH and SMCRH lost J**2 in 4.6, SMD1H took n - 1 for n, partial correlations got back a degree of freedom."""
    paired = {"m1i": 30, "m2i": 24, "sd1i": 6.3, "sd2i": 6.1, "ni": 20, "ri": 0.47}
    j = smd(**ARMS).yi / smd(**ARMS, correction="none").yi
    j19 = math.gamma(9.5) / (math.sqrt(9.5) * math.gamma(9.0))

    np.testing.assert_allclose(smdh(**ARMS).vi, j**2 * smdh(**ARMS, release="4.6").vi, rtol=1e-14)
    np.testing.assert_allclose(smcrh(**paired).vi, j19**2 * smcrh(**paired, release="4.6").vi, rtol=1e-13)
    new, y = smd1h(**ARMS, release="4.6"), smd1h(**ARMS).yi
    n1, n2 = np.array([11.0, 39.0]), np.array([14.0, 37.0])
    np.testing.assert_allclose(
        new.vi, (np.array([2.5, 1.1]) / [2.9, 1.3]) ** 2 / n1 + 1 / n2 + y**2 / (2 * n2), rtol=1e-14
    )
    assert 1 / zpcor(ti=2, ni=40, mi=3).vi[0] == pytest.approx(36)
    assert 1 / zpcor(ti=2, ni=40, mi=3, release="4.6").vi[0] == pytest.approx(35)


def test_smdh_with_sizes_in_place_of_freedom_is_the_delta_method() -> None:
    effects = smdh(m1i=4, sd1i=2, n1i=50, m2i=3, sd2i=2, n2i=50, vtype="LS2", release="4.6")

    assert effects.vi[0] == pytest.approx(2 / 50 + effects.yi[0] ** 2 / (4 * 50), rel=1e-14)


def test_ratio_of_means_is_corrected_on_request_only() -> None:
    """Lajeunesse (2015): half the difference of the squared standard errors of the logarithms."""
    plain, corrected = rom(**ARMS), rom(**ARMS, correction="delta")

    bias = 0.5 * (2.5**2 / (12 * 10.2**2) - 2.9**2 / (15 * 8.7**2))
    assert plain.yi[0] == pytest.approx(math.log(10.2 / 8.7), rel=1e-14)
    assert corrected.yi[0] == pytest.approx(plain.yi[0] + bias, rel=1e-14)
    np.testing.assert_array_equal(plain.vi, corrected.vi)


def test_hazard_ratio_is_the_same_from_each_way_of_reporting() -> None:
    yi, se = math.log(0.8), 0.15
    z = 1.959963984540054
    two_sided = math.erfc(abs(yi / se) / math.sqrt(2))

    ways = (
        hr(hr=0.8, ci_lower=math.exp(yi - z * se), ci_upper=math.exp(yi + z * se)),
        hr(ci_lower=math.exp(yi - z * se), ci_upper=math.exp(yi + z * se)),
        hr(observed_minus_expected=yi / se**2, logrank_variance=1 / se**2),
        hr(yi=yi, sei=se),
        hr(yi=yi, vi=se**2),
        hr(hr=0.8, p_value=two_sided),
        hr(
            hr=0.8,
            ci_lower=math.exp(yi - 1.6448536269514722 * se),
            ci_upper=math.exp(yi + 1.6448536269514722 * se),
            level=0.9,
        ),
    )

    for effects in ways:
        assert effects.yi[0] == pytest.approx(yi, rel=1e-12)
        assert effects.vi[0] == pytest.approx(se**2, rel=1e-12)


SWAPPED = {"ai": "ci", "bi": "di", "x1i": "x2i", "t1i": "t2i", "m1i": "m2i", "sd1i": "sd2i", "n1i": "n2i"}
SIGNED = sorted(
    name
    for name, entry in MEASURES.items()
    if set(SWAPPED) & set(entry.columns[0]) and not {"ni"} & set(entry.columns[0]) and name not in ("SMD1", "SMD1H")
)


@pytest.mark.parametrize("measure", SIGNED)
@settings(max_examples=20)
@given(data=st.data())
def test_swapped_groups_turn_the_sign(measure: str, data: st.DataObject) -> None:
    counts, positive = st.integers(1, 400), st.floats(0.1, 50.0)
    columns: dict[str, Any] = {}
    for name in MEASURES[measure].columns[0]:
        columns[name] = data.draw(
            st.integers(3, 400) if name in ("n1i", "n2i") else positive if name[0] in "mst" else counts
        )
    pairs = SWAPPED | {other: name for name, other in SWAPPED.items()}

    there, back = escalc(measure, **columns), escalc(measure, **{pairs[name]: value for name, value in columns.items()})

    # Sums in another order: effects near 0 are differences of terms of size 1 (of variances up to 1e5 with MD).
    assert there.yi[0] == pytest.approx(-back.yi[0], rel=1e-9, abs=1e-12)
    assert there.vi[0] == pytest.approx(back.vi[0], rel=1e-9)


@pytest.mark.parametrize("measure", ["SMD", "SMDH", "SMD1", "SMD1H", "ROM", "VR", "CVR", "RPB", "RBIS", "D2ORN"])
@given(unit=UNITS)
def test_standardised_effects_do_not_depend_on_the_unit(measure: str, unit: float) -> None:
    scaled = {name: np.array(values) * (unit if name[0] in "ms" else 1.0) for name, values in ARMS.items()}

    one, other = escalc(measure, **ARMS), escalc(measure, **scaled)

    # Rounding of the product with the unit.
    np.testing.assert_allclose(other.yi, one.yi, rtol=1e-12)
    np.testing.assert_allclose(other.vi, one.vi, rtol=1e-12)
