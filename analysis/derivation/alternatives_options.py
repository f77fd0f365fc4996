"""The options of each choice for some evidence, and what an option changes: the rules, or what they read."""

from typing import Any

from analysis.contract import Choice
from analysis.derivation.alternatives_set import SOURCE_ORDERS, VALUE_ORDERS, ChoiceSet
from analysis.derivation.rules import Rules

Row = dict[str, Any]
Options = dict[str, str]

NO_CORRELATION = "none"
TITLES = {
    "reading": "Whose extraction is read",
    "window_rule": "Result of the follow-up window",
    "source_order": "Between-arm contrasts or arm values first",
    "value_order": "Final values or changes first",
    "change_correlation": "Correlation of baseline and final values",
    "ci_distribution": "Distribution that printed intervals are read with",
    "multi_arm": "Several eligible arms",
    "imputed_sds": "Effects with estimated means or standard deviations",
    "smd_denominator": "Standard deviation that standardises",
    "risk_of_bias": "Studies at high risk of bias",
}
# What is done to effects that are derived already; all other choices need a derivation of their own.
AFTERWARDS = ("imputed_sds", "smd_denominator", "risk_of_bias")


def list_choices(content: Row, rules: Rules, choices: ChoiceSet) -> tuple[Choice, ...]:
    """Give the choices that have at least two options for this evidence, each with the option that the rules take."""
    own = own_options(rules)
    found = []
    for name, title in TITLES.items():
        wanted = [_word(option) for option in getattr(choices, name)]
        known = [option for option in dict.fromkeys(wanted) if _applies(name, option, content, rules)]
        options = known if own[name] in known else [own[name], *known]
        if len(options) > 1:
            found.append(Choice(name=name, title=title, options=tuple(options), own=own[name]))
    return tuple(found)


def own_options(rules: Rules) -> Options:
    """Give the option of each choice that the rules take."""
    return {
        "reading": "consensus",
        "window_rule": "nearest",
        "source_order": _name_order(SOURCE_ORDERS, rules.source_order),
        "value_order": _name_order(VALUE_ORDERS, rules.value_order),
        "change_correlation": NO_CORRELATION if rules.change_correlation is None else _word(rules.change_correlation),
        "ci_distribution": rules.ci_distribution,
        "multi_arm": rules.multi_arm,
        "imputed_sds": "in",
        "smd_denominator": "pooled",
        "risk_of_bias": "all",
    }


def rules_under(rules: Rules, options: Options) -> Rules:
    """Give the rules with what the options change of them."""
    correlation = options["change_correlation"]
    return rules.model_copy(
        update={
            "source_order": SOURCE_ORDERS[options["source_order"]],
            "value_order": VALUE_ORDERS[options["value_order"]],
            "change_correlation": None if correlation == NO_CORRELATION else float(correlation),
            "ci_distribution": options["ci_distribution"],
            "multi_arm": options["multi_arm"],
        }
    )


def content_under(content: Row, rules: Rules, options: Options) -> Row:
    """Give the evidence with what the options change of it: whose extraction it is, and the target of the window.

    The latest result of a window is the nearest to its end, the earliest the nearest to its beginning.
    """
    outcome = content["outcomes"][rules.outcome]
    window = outcome["windows"][rules.window]
    target = {"nearest": "target_week", "latest": "to_week", "earliest": "from_week"}[options["window_rule"]]
    windows = {**outcome["windows"], rules.window: {**window, "target_week": window[target]}}
    studies = {
        code: {**study, "extraction": extraction_under(study, options["reading"])}
        for code, study in content["studies"].items()
    }
    return {
        **content,
        "outcomes": {**content["outcomes"], rules.outcome: {**outcome, "windows": windows}},
        "studies": studies,
    }


def extraction_under(study: Row, reading: str) -> Row | None:
    """Give the extraction of a reader; the consensus where the study has none of that reader."""
    found: Row | None = study.get("readings", {}).get(reading, study["extraction"])
    return found


def _applies(name: str, option: str, content: Row, rules: Rules) -> bool:
    """Whether the evidence has what an option asks for."""
    studies = content["studies"].values()
    if name == "reading":
        return option == "consensus" or any(option in study.get("readings", {}) for study in studies)
    if name == "risk_of_bias":
        return any(row["tool"] == rules.rob_tool for study in studies for row in study["assessments"])
    return name != "smd_denominator" or rules.measure == "SMD"


def _name_order(orders: dict[str, tuple[str, ...]], order: tuple[str, ...]) -> str:
    """Give the name of an order of the rules."""
    return next(name for name, known in orders.items() if known == tuple(dict.fromkeys(order)))


def _word(option: str | float) -> str:
    """Give an option as text; a number so that it can be read back."""
    return repr(float(option)) if isinstance(option, int | float) else option
