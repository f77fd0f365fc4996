"""GRIM, GRIMMER and the range of the SD, held against published examples and against all samples of whole scores."""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.doubts.grains import Grain, grain_of, grim, grimmer, sd_impossible

WHOLE = Grain(Fraction(0), Fraction(1))


def scale(low: int, high: int, step: Fraction = Fraction(1)) -> Grain:
    return grain_of(step, Decimal(low), Decimal(high), is_change=False)


def printed(square: Fraction, places: int, rounding: str) -> Decimal:
    """Give the square root of a fraction as a report prints it, rounded from forty digits."""
    exact = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
    return exact.quantize(Decimal(1).scaleb(-places), rounding=rounding)


def printed_mean(total: Fraction, places: int, rounding: str) -> Decimal:
    exact = Decimal(total.numerator) / Decimal(total.denominator)
    return exact.quantize(Decimal(1).scaleb(-places), rounding=rounding)


# Published examples ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "n", "is_possible"),
    [
        ("3.45", 10, False),  # Allard (2018), explaining Brown & Heathers: 10 × 3.45 is no whole number
        ("5.19", 28, False),  # Brown & Heathers (2017): 145/28 is 5.18 and 146/28 is 5.21
        ("5.18", 28, True),
        ("5.21", 28, True),
        ("3.48", 20, False),  # twenty rolls of a die end in a multiple of .05
        ("5.93", 49, False),  # 290/49 is 5.92 and 291/49 is 5.94
    ],
)
def test_grim_agrees_with_published_examples(mean: str, n: int, is_possible: bool) -> None:
    assert (grim(mean=Decimal(mean), n=n, grain=WHOLE) is None) == is_possible


def test_grim_names_the_nearest_means() -> None:
    doubt = grim(mean=Decimal("5.19"), n=28, grain=WHOLE)
    assert doubt is not None
    assert doubt.sentence == (
        "No 28 scores in steps of 1 have the mean 5.19: the nearest are 5.18 and 5.21 (GRIM). Is n another one, or a "
        "digit wrong?"
    )
    assert doubt.numbers == (("mean", "5.19"), ("n", "28"))


def test_zeros_at_the_end_are_digits() -> None:
    # 5.2 can be 146/28 = 5.214; 5.20 lies between 145/28 = 5.179 and 5.214 and cannot be.
    assert grim(mean=Decimal("5.2"), n=28, grain=WHOLE) is None
    assert grim(mean=Decimal("5.20"), n=28, grain=WHOLE) is not None


def test_items_make_the_grain_finer() -> None:
    # A mean of two items has steps of a half: 20 people give 40 answers, and 139/40 is 3.475.
    assert grim(mean=Decimal("3.48"), n=20, grain=Grain(Fraction(0), Fraction(1, 2))) is None
    assert grim(mean=Decimal("3.46"), n=20, grain=Grain(Fraction(0), Fraction(1, 2))) is not None


def test_grimmer_agrees_with_the_published_example() -> None:
    # Allard (2018) found these three numbers in a paper that was retracted.
    doubt = grimmer(mean=Decimal("3.44"), sd=Decimal("2.47"), n=18, grain=WHOLE)
    assert doubt is not None
    assert doubt.sentence == (
        "No 18 scores in steps of 1 have the mean 3.44 and the SD 2.47 (GRIMMER). Is one of the three numbers another "
        "one?"
    )


def test_sprite_finds_the_published_example_possible_and_names_the_limit_of_another() -> None:
    # Heathers et al. (2018): twenty answers from 1 to 5 with mean 2.2 and SD 1.3. Their largest SD has six answers of
    # 5 and fourteen of 1, which is recomputed here by hand: sqrt((6 × 2.8² + 14 × 1.2²) / 19) = 1.88.
    one_to_five = scale(1, 5)
    assert sd_impossible(mean=Decimal("2.20"), sd=Decimal("1.30"), n=20, grain=one_to_five) is None
    assert sd_impossible(mean=Decimal("2.20"), sd=Decimal("1.88"), n=20, grain=one_to_five) is None
    doubt = sd_impossible(mean=Decimal("2.20"), sd=Decimal("1.89"), n=20, grain=one_to_five)
    assert doubt is not None
    assert doubt.sentence == (
        "20 scores in steps of 1 with the mean 2.20 have no SD above 1.88; 1.89 is printed (SPRITE)."
    )
    low = sd_impossible(mean=Decimal("2.20"), sd=Decimal("0.40"), n=20, grain=one_to_five)
    assert low is not None
    assert "have no SD below 0.41" in low.sentence


def test_computed_numbers_are_not_asked_about() -> None:
    long = Decimal("5.1912")
    assert grim(mean=long, n=28, grain=WHOLE) is None
    assert grimmer(mean=Decimal("3.44"), sd=Decimal("2.4712"), n=18, grain=WHOLE) is None
    assert sd_impossible(mean=long, sd=Decimal("9"), n=28, grain=scale(1, 5)) is None


def test_scale_that_is_no_whole_number_of_steps_has_no_ends() -> None:
    assert grain_of(Fraction(2), Decimal(0), Decimal(25), is_change=False) == Grain(Fraction(0), Fraction(2))
    assert grain_of(Fraction(2), Decimal(0), Decimal(24), is_change=True) == Grain(Fraction(0), Fraction(2), -12, 12)


# All samples ----------------------------------------------------------------------------------------------------------


def samples(n: int, low: int, high: int) -> Iterator[tuple[int, ...]]:
    return combinations_with_replacement(range(low, high + 1), n)


def squares(sample: tuple[int, ...]) -> Fraction:
    return Fraction(sum(x * x for x in sample)) - Fraction(sum(sample) ** 2, len(sample))


@pytest.mark.parametrize("n", range(1, 9))
@pytest.mark.parametrize("places", [0, 1, 2])
def test_grim_is_exactly_what_all_samples_say(n: int, places: int) -> None:
    low, high = 1, 5
    possible = set()
    for total in {sum(sample) for sample in samples(n, low, high)}:
        for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN, "ROUND_HALF_DOWN"):
            possible.add(printed_mean(Fraction(total, n), places, rounding))
    unit = Decimal(1).scaleb(-places)
    for number in range(6 * 10**places + 1):
        mean = number * unit
        is_possible = grim(mean=mean, n=n, grain=scale(low, high)) is None
        assert is_possible == (mean in possible), mean


@pytest.mark.parametrize("n", range(2, 9))
def test_range_of_the_sd_is_exactly_that_of_all_samples(n: int) -> None:
    low, high, places = 1, 5, 2
    sds: dict[Decimal, list[Fraction]] = {}
    for sample in samples(n, low, high):
        sds.setdefault(printed_mean(Fraction(sum(sample), n), places, ROUND_HALF_UP), []).append(
            squares(sample) / (n - 1)
        )
    for mean, found in sds.items():
        # No two sums share a printed mean: with up to eight people a hundredth is finer than the grain.
        for number in range(1, 320):
            sd = Decimal(number).scaleb(-2)
            half = Fraction(1, 200)
            below = (Fraction(sd) + half) ** 2 < min(found)
            above = (Fraction(sd) - half) ** 2 > max(found)
            doubt = sd_impossible(mean=mean, sd=sd, n=n, grain=scale(low, high))
            assert (doubt is not None) == (below or above), (mean, sd)


def grimmer_misses(n: int, low: int, high: int) -> tuple[int, int]:
    """Give how many pairs of mean and SD no sample has, and how many of these GRIMMER does not doubt."""
    places = 2
    found: dict[Decimal, set[Decimal]] = {}
    for sample in samples(n, low, high):
        mean = printed_mean(Fraction(sum(sample), n), places, ROUND_HALF_UP)
        for rounding in (ROUND_HALF_UP, "ROUND_HALF_DOWN"):
            found.setdefault(mean, set()).add(printed(squares(sample) / (n - 1), places, rounding))
    impossible = missed = 0
    for mean, sds in found.items():
        for number in range(round(110 * (high - low))):
            sd = Decimal(number).scaleb(-2)
            is_doubted = grimmer(mean=mean, sd=sd, n=n, grain=scale(low, high)) is not None
            assert not (is_doubted and sd in sds), (mean, sd)
            impossible += sd not in sds
            missed += sd not in sds and not is_doubted
    return impossible, missed


@pytest.mark.parametrize("n", range(2, 10))
def test_grimmer_never_doubts_a_sample_and_misses_little(n: int) -> None:
    impossible, missed = grimmer_misses(n, 1, 5)
    # Between two ends some sums of squares of the right parity, mostly near the largest, belong to no sample: on a
    # scale of 1 to 5 these are 4 of 3,945 pairs for two people and 39 of 15,922 for nine.
    assert missed == 5 * n - 6
    assert impossible > 400 * missed


@pytest.mark.parametrize("n", [5, 6, 7])
def test_grimmer_is_exactly_what_all_samples_say_where_the_scale_has_no_ends(n: int) -> None:
    # Scores further from a mean of 0 to 1 than 5 make an SD above 2: all samples that matter lie between -5 and 6.
    found: dict[Decimal, set[Decimal]] = {}
    for sample in samples(n, -5, 6):
        if 0 <= sum(sample) <= n and squares(sample) <= Fraction(203, 100) ** 2 * (n - 1):
            mean = printed_mean(Fraction(sum(sample), n), 2, ROUND_HALF_UP)
            for rounding in (ROUND_HALF_UP, "ROUND_HALF_DOWN"):
                found.setdefault(mean, set()).add(printed(squares(sample) / (n - 1), 2, rounding))
    for mean, sds in found.items():
        for number in range(201):
            sd = Decimal(number).scaleb(-2)
            assert (grimmer(mean=mean, sd=sd, n=n, grain=WHOLE) is None) == (sd in sds), (mean, sd)


# Whatever whole scores there are --------------------------------------------------------------------------------------


@given(
    st.integers(1, 4),
    st.integers(0, 3),
    st.data(),
    st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, "ROUND_HALF_DOWN"]),
)
def test_real_scores_are_never_doubted(items: int, places: int, data: st.DataObject, rounding: str) -> None:
    low, high = data.draw(st.sampled_from([(0, 10), (0, 24), (1, 5), (0, 100), (-3, 3)]))
    is_change = data.draw(st.booleans())
    step = Fraction(1, items)
    scores = st.integers(low * items, high * items)
    taken = data.draw(st.lists(scores, min_size=2, max_size=60))
    if is_change:
        later = data.draw(st.lists(scores, min_size=len(taken), max_size=len(taken)))
        taken = [two - one for one, two in zip(taken, later, strict=True)]
    n = len(taken)
    sample = tuple(taken)
    mean = printed_mean(Fraction(sum(sample), n * items), places, rounding)
    sd = printed(squares(sample) / (n - 1) / items**2, places, rounding)
    grain = grain_of(step, Decimal(low), Decimal(high), is_change=is_change)
    assert grim(mean=mean, n=n, grain=grain) is None
    assert sd_impossible(mean=mean, sd=sd, n=n, grain=grain) is None
    assert grimmer(mean=mean, sd=sd, n=n, grain=grain) is None


def test_doubted_share_of_made_up_pairs_is_high() -> None:
    # Of pairs made up digit by digit nearly all are impossible for small groups; the tests would be idle otherwise.
    doubted = total = 0
    for number in range(200, 400, 7):
        for spread in range(100, 180, 3):
            mean, sd = Decimal(number).scaleb(-2), Decimal(spread).scaleb(-2)
            total += 1
            grain = scale(1, 5)
            doubted += bool(grim(mean=mean, n=23, grain=grain) or grimmer(mean=mean, sd=sd, n=23, grain=grain))
    assert doubted / total > 0.75
