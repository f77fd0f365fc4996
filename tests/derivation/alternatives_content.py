"""Evidence in which every choice of derivation matters, made up by a seed, and what one derivation makes of it."""

from random import Random
from typing import Any

from analysis import engine
from analysis.contract import Effect
from analysis.derivation import Rules, derive
from tests.derivation.content import arm, content, contrast, result, rules, study

Row = dict[str, Any]
ORDER = {"first": 2, "only": 1}


def made_up_content(*, k: int, seed: int = 1) -> Row:
    """Give k studies; each reports some of: arms with final values or changes, contrasts, several weeks, three arms."""
    random = Random(seed)
    studies = {f"S{number:03d}": _study(random) for number in range(1, k + 1)}
    codes = list(studies)
    for code, main in zip(codes[9::10], codes[::10], strict=False):
        studies[code]["companion_of"] = main
    return content(named=studies)


def _study(random: Random) -> Row:
    """Give a study with a consensus, and often the extractions of two readers who erred somewhere."""
    row = study(*_arms(random), year=random.randint(1990, 2024))
    row["extraction"]["contrasts"] = _contrasts(random, len(row["extraction"]["arms"]))
    judgement = random.choice(["low", "some_concerns", "high", None])
    if judgement:
        named = {"overall": {"judgement": judgement, "justification": ""}}
        row["assessments"] = [{"tool": "rob2", "levels": ["low", "high"], "outcome": None, "judgements": named}]
    readers = random.choice(["", "", "A", "AB", "AB"])
    row["readings"] = {reader: _misread(random, row["extraction"]) for reader in readers}
    return row


def _arms(random: Random) -> list[Row]:
    """Give an experimental and an active arm, sometimes a third on either side, with the same kinds of result."""
    kinds: list[str | None] = [None, "active", *random.choice([[], [], [None], ["active"]])]
    weeks = random.choice([["12"], ["12"], ["8", "16"], ["6", "12", "20"], ["52"]])
    values = random.choice([["final"], ["final"], ["change"], ["change", "final"]])
    spread = random.choice(["sd", "sd", "se", "ci", "quartiles", "none"])
    values = ["change"] if spread == "none" else values
    rows = []
    for number, kind in enumerate(kinds, start=1):
        results = [result(week="0", mean=_number(random, 5, 7), sd=_number(random, 1, 2))]
        for week in weeks:
            results += [_result(random, week, value, spread) for value in values]
            if spread == "none":  # the SDs at both ends, from which that of the change is worked out
                results.append(result(week=week, mean=None, sd=_number(random, 1, 2)))
        rows.append(arm(number, *results, kind=kind, n=random.randint(15, 90)))
    return rows


def _result(random: Random, week: str, value: str, spread: str) -> Row:
    """Give a result of an arm with one measure of spread, or with none."""
    middle = random.uniform(3, 5) if value == "final" else random.uniform(-3, 0)
    numbers: Row = {"mean": f"{middle:.2f}"}
    if spread == "sd":
        numbers["sd"] = _number(random, 1, 2.5)
    elif spread == "se":
        numbers["se"] = _number(random, 0.2, 0.5)
    elif spread == "ci":
        numbers |= {"ci_lower": f"{middle - 0.6:.2f}", "ci_upper": f"{middle + 0.6:.2f}"}
    elif spread == "quartiles":
        numbers = {"q1": f"{middle - 1.1:.2f}", "median": f"{middle:.2f}", "q3": f"{middle + 1.3:.2f}"}
    return result(week=week, value_kind=value, **numbers)


def _contrasts(random: Random, arms: int) -> list[Row]:
    """Give contrasts of the first two arms, or none; of the change, adjusted, or with an interval only."""
    if random.random() < 0.55 and arms == 2:
        return []
    middle = random.uniform(-1.2, 0.6)
    numbers = {"estimate": f"{middle:.2f}", "ci_lower": f"{middle - 0.8:.2f}", "ci_upper": f"{middle + 0.8:.2f}"}
    week, kind = random.choice(["12", "16", "52"]), random.choice(["final", "change"])
    measure = random.choice(["MD", "MD", "SMD"])
    return [contrast(week=week, value_kind=kind, measure=measure, n_first=None, n_second=None, **numbers)]


def _misread(random: Random, extraction: Row) -> Row:
    """Give an extraction with one result of each arm read otherwise, or left out."""
    arms = []
    for each in extraction["arms"]:
        results = [dict(row) for row in each["results"]]
        wrong = random.randrange(len(results))
        if random.random() < 0.3:
            results.pop(wrong)
        elif results[wrong]["mean"] is not None:
            results[wrong]["mean"] = f"{float(results[wrong]['mean']) + random.uniform(-0.5, 0.5):.2f}"
        arms.append({**each, "results": results})
    return {**extraction, "arms": arms}


def _number(random: Random, low: float, high: float) -> str:
    return f"{random.uniform(low, high):.2f}"


def derived_pairs(data: Row, changed: Rules, options: dict[str, str]) -> list[tuple[float, float]]:
    """Give what one derivation of the whole evidence gives under options, sorted."""
    for study_row in data["studies"].values():
        study_row["extraction"] = study_row["readings"].get(options["reading"], study_row["extraction"])
    window = data["outcomes"]["pain"]["windows"]["short"]
    target = {"latest": "to_week", "earliest": "from_week"}.get(options["window_rule"], "target_week")
    window["target_week"] = window[target]
    orders = {"source_order": ("contrast", "arms"), "value_order": ("final", "change")}
    update: Row = {"ci_distribution": options["ci_distribution"], "multi_arm": options["multi_arm"]}
    for name, order in orders.items():
        leading, length = options[name].split("_")
        first = {"contrast": order, "final": order}.get(leading, order[::-1])
        update[name] = first[: ORDER[length]]
    correlation = options["change_correlation"]
    update["change_correlation"] = None if correlation == "none" else float(correlation)
    if options.get("risk_of_bias") == "not_high":
        update["include"] = rules(include=[{"field": "rob.overall", "op": "ne", "value": "high"}]).include
    effects = derive(data, changed.model_copy(update=update)).effects
    return sorted(_pair(effect, options) for effect in effects if options["imputed_sds"] == "in" or is_printed(effect))


def is_printed(effect: Effect) -> bool:
    """Whether no mean and no SD of an effect is estimated or assumed."""
    return not {step.name for step in effect.lineage} & {"mean_from_quartiles", "sd_from_quartiles", "sd_of_change"}


def _pair(effect: Effect, options: dict[str, str]) -> tuple[float, float]:
    denominator = options.get("smd_denominator", "pooled")
    if denominator == "pooled" or not effect.columns:
        return effect.yi, effect.vi
    found = {"comparator": engine.smd1, "average": engine.smdh}[denominator](**effect.columns)
    return float(found.yi[0]), float(found.vi[0])
