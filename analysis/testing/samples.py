"""Made-up datasets for the suite: the same numbers on every machine, by integer arithmetic and no random source."""

from math import log

from analysis.contract import Dataset, Effect, Fact, InstrumentFacts, Measure, Need, NotPooled, OutcomeFacts, Step
from analysis.testing.sample_extras import sample_extras

MEASURES: tuple[Measure, ...] = ("MD", "RR")
SIZES = (0, 1, 2, 3, 10)

_LEVELS = ("low", "some_concerns", "high")
_AUTHORS = ("Adams", "Baker", "Cohen", "Dietz", "Evans", "Ferro", "Garcia", "Hansen", "Ito", "Jensen")
_REGIONS = ("Europe", "Asia", "America")
_BINARY = frozenset({"RR", "OR", "RD"})


def sample_dataset(*, k: int = 10, measure: Measure = "MD", needs: frozenset[Need] = frozenset()) -> Dataset:
    """Give a made-up dataset of k studies with facts, risk of bias, lineage and one result that is not pooled.

    Parameters
    ----------
    k : number of effects, 0 or more; the first effects of a larger dataset are those of a smaller one
    measure : {"MD", "SMD", "RR", "OR", "RD"}
    needs : what else the dataset holds: comparisons, studies, adverse events, alternatives
    """
    effects = tuple(_effect(number, measure) for number in range(1, k + 1))
    return Dataset(
        measure=measure,
        outcome=_outcome(measure),
        window="12 weeks",
        effects=effects,
        not_pooled=(
            NotPooled(
                study="study-without-sd",
                label="Quist 2003",
                code="no_sd",
                reason="The report gives means without standard deviations.",
                sources=("arm-result-999",),
            ),
        ),
        rob_levels=_LEVELS,
        **sample_extras(effects, needs),
    )


def _outcome(measure: Measure) -> OutcomeFacts:
    """Give the outcome: pain on a scale from 0 to 100 with an MCID, or an event that is wanted."""
    if measure in _BINARY:
        return OutcomeFacts(code="recovery", name="Recovery", direction="higher")
    return OutcomeFacts(
        code="pain",
        name="Pain intensity",
        direction="lower",
        unit="points",
        scale_min=0.0,
        scale_max=100.0,
        mcid_between=10.0,
        instruments=(
            InstrumentFacts(code="nrs", name="Numeric rating scale", direction="lower", scale_min=0.0, scale_max=10.0),
        ),
    )


def _effect(number: int, measure: Measure) -> Effect:
    """Give one effect; group sizes, numbers and judgements go round in cycles of different lengths."""
    n1, n2 = 20 + 7 * number % 41, 22 + 5 * number % 37
    read = _events if measure in _BINARY else _means
    yi, vi, columns = read(number, n1, n2, measure)
    year = 1988 + 3 * number % 35
    return Effect(
        id=f"effect-{number}",
        study=f"study-{number}",
        label=f"{_AUTHORS[number % 10]} {year}",
        year=year,
        yi=yi,
        vi=vi,
        n1=float(n1),
        n2=float(n2),
        week=float(4 + number % 3 * 4),
        experimental="Exercise",
        comparator="Usual care",
        facts=_facts(number),
        rob=_risk_of_bias(number),
        columns=columns,
        sources=(f"arm-result-{2 * number}", f"arm-result-{2 * number + 1}"),
        lineage=(Step(name="made_up", says="Made up for tests.", inputs={"number": float(number)}, output=yi),),
        cautions=("The standard deviation is that of the baseline.",) if number % 4 == 0 else (),
    )


def _means(number: int, n1: int, n2: int, measure: Measure) -> tuple[float, float, dict[str, float]]:
    """Give a difference of means, its variance and columns: between 23 points better and 7 worse, SD 20 points."""
    points = -8.0 + (number * 11 % 31 - 15)
    point = 0.1 if measure == "SMD" else 1.0  # an SMD keeps the points of its instrument, which counts to 10
    means = {"m1i": point * (45.0 + points), "m2i": point * 45.0, "sd1i": point * 20.0, "sd2i": point * 20.0}
    columns = means | {"n1i": float(n1), "n2i": float(n2)}
    per_person = 1.0 / n1 + 1.0 / n2
    if measure == "SMD":
        g = points / 20.0
        return g, per_person + g**2 / (2.0 * (n1 + n2)), columns
    return points, 400.0 * per_person, columns


def _events(number: int, n1: int, n2: int, measure: Measure) -> tuple[float, float, dict[str, float]]:
    """Give a log risk ratio, log odds ratio or risk difference, its variance and columns, from made-up events."""
    ai, ci = n1 // 3 + number * 5 % 7, n2 // 4 + number * 3 % 5
    bi, di = n1 - ai, n2 - ci
    columns = {"ai": float(ai), "n1i": float(n1), "ci": float(ci), "n2i": float(n2)}
    if measure == "RR":
        return log(ai / n1 / (ci / n2)), 1 / ai - 1 / n1 + 1 / ci - 1 / n2, columns
    if measure == "OR":
        return log(ai * di / (bi * ci)), 1 / ai + 1 / bi + 1 / ci + 1 / di, columns
    return ai / n1 - ci / n2, ai * bi / n1**3 + ci * di / n2**3, columns


def _facts(number: int) -> dict[str, Fact]:
    """Give facts of every kind, one of them often unknown."""
    return {
        "region": _REGIONS[number % 3],
        "sessions": float(6 + number * 5 % 13),
        "instrument": "nrs",
        "is_multicentre": number % 2 == 0,
        "components": ("strength", "stretching") if number % 3 else ("strength",),
        "mean_age": 40.0 + number if number % 3 == 1 else None,
    }


def _risk_of_bias(number: int) -> dict[str, str]:
    """Give judgements of two domains and overall; the overall judgement is the worse of the two."""
    randomisation, measurement = _LEVELS[number * 2 % 3], _LEVELS[number // 2 % 3]
    overall = max(randomisation, measurement, key=_LEVELS.index)
    return {"randomisation": randomisation, "measurement": measurement, "overall": overall}
