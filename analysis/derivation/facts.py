"""An effect with what is known of its study: the fields of filters and moderators, risk of bias, and cautions."""

from typing import Any

from analysis.contract import Effect, Fact
from analysis.derivation.arms import RawEffect
from analysis.derivation.candidates import Candidate, Sides
from analysis.derivation.rules import Rules
from analysis.derivation.wording import listed

Row = dict[str, Any]

# Fields that every effect has; a characteristic of the same name could not be told from them.
OWN_FACTS = ("design", "instrument", "source", "value_kind", "adjusted", "comparator_types", "n_pooled")
DESIGN_CAUTIONS = {
    "cluster_rct": "Randomised by clusters: the variance is not raised for clustering here (Handbook 23.1)",
    "crossover": "Crossover trial: its periods are read as parallel groups (Handbook 23.2)",
}
DRAFT_CAUTION = "The consensus extraction of the study is still a draft: its numbers may change"


def finish_effect(code: str, content: Row, sides: Sides, candidate: Candidate, raw: RawEffect, rules: Rules) -> Effect:
    """Give the effect with the facts of its study."""
    study = content["studies"][code]
    first, second = ([sides.arms[number] for number in side] for side in raw.arms)
    pair = "" if rules.multi_arm == "combine" else f":{'+'.join(str(arm['number']) for arm in [*first, *second])}"
    design = [DESIGN_CAUTIONS[study["design"]]] if study["design"] in DESIGN_CAUTIONS else []
    if study["extraction"]["status"] != "complete":
        design.append(DRAFT_CAUTION)
    return Effect(
        id=f"{code}:{candidate.instrument}:{candidate.week:g}:{candidate.source}{pair}",
        study=code,
        label=study["label"],
        year=study["year"],
        yi=raw.yi + 0.0,  # no minus before a zero
        vi=raw.vi,
        n1=raw.n1,
        n2=raw.n2,
        week=candidate.week,
        experimental=listed(arm["label"] for arm in first),
        comparator=listed(arm["label"] for arm in second),
        facts={
            **components_of(content, first),
            **_characteristics(content, study, rules),
            "design": study["design"],
            "instrument": candidate.instrument,
            "source": candidate.source,
            "value_kind": candidate.value_kind,
            "adjusted": candidate.adjusted,
            "comparator_types": tuple(sorted({arm["comparator_type"] for arm in second})),
            "n_pooled": None if raw.n1 is None or raw.n2 is None else raw.n1 + raw.n2,
        },
        rob=risk_of_bias(study, rules),
        columns=raw.columns,
        sources=raw.sources,
        lineage=tuple(raw.steps),
        cautions=(*raw.cautions, *design),
    )


def components_of(content: Row, arms: list[Row]) -> dict[str, Fact]:
    """Give the intervention components of the arms, by family."""
    families = {code: word["family"] for code, word in content["component_types"].items()}
    found: dict[str, set[str]] = {family: set() for family in families.values()}
    for arm in arms:
        for component in arm["components"]:
            found[families[component["type"]]].add(component["type"])
    return {family: tuple(sorted(types)) for family, types in found.items()}


def _characteristics(content: Row, study: Row, rules: Rules) -> dict[str, Fact]:
    """Give the characteristics that the rules ask for; None where the study has none."""
    rows = study["extraction"]["characteristics"]
    return {
        name: read_fact(rows.get(name, {}).get("value"), content["characteristics"][name]["kind"])
        for name in rules.facts
    }


def read_fact(value: Any, kind: str) -> Fact:
    """Give the value of a characteristic: a number where its kind is one."""
    result: Fact = float(value) if kind == "number" and value is not None else value
    return result


def risk_of_bias(study: Row, rules: Rules) -> dict[str, str]:
    """Give the judgements by domain: of the outcome where there are such, else of the whole study."""
    ranked = [
        assessment
        for wanted in (rules.outcome, None)
        for assessment in study["assessments"]
        if assessment["tool"] == rules.rob_tool and assessment["outcome"] == wanted
    ]
    return {domain: row["judgement"] for domain, row in sorted(ranked[0]["judgements"].items())} if ranked else {}
