"""The dataset of an analysis: every study of the review becomes effects, or reasons why not."""

from typing import Any

from analysis.contract import Condition, Dataset, Effect, Fact, InstrumentFacts, Need, NotPooled, OutcomeFacts
from analysis.derivation.alternatives import derive_alternatives
from analysis.derivation.arms import RawEffect
from analysis.derivation.candidates import Candidate, Sides, Window, find_candidates, find_sides, rows_of
from analysis.derivation.extras import derive_extras
from analysis.derivation.facts import OWN_FACTS, finish_effect
from analysis.derivation.rules import Rules
from analysis.derivation.unpooled import explain_absence, list_unassigned, list_unsettled
from analysis.derivation.wording import Unusable, as_float, listed
from analysis.engine import EngineError

Row = dict[str, Any]


class DerivationError(ValueError):
    """The rules name something that the evidence does not have."""


def derive(content: Row, rules: Rules, extras: frozenset[Need] = frozenset()) -> Dataset:
    """Give the dataset that the rules make of frozen evidence.

    Parameters
    ----------
    content : the content of a freeze, as `analysis.freezing.take_content` makes it
    rules : the rules of the analysis
    extras : what the dataset holds beside its effects, of `analysis.contract.EXTRAS`

    Raises
    ------
    DerivationError : the rules name an outcome, a window, a comparator type, a characteristic or a field that does not
        exist, or compare a field with a value of another kind
    """
    outcome = _named(content["outcomes"], rules.outcome, "outcome")
    window = _window(outcome, rules.window)
    for code in rules.comparators:
        _named(content["comparator_types"], code, "comparator type")
    _check_facts(content, rules)
    effects: list[Effect] = []
    not_pooled: list[NotPooled] = []
    for code in sorted(content["studies"]):
        found, missing = _study(code, content, outcome, window, rules)
        effects += found
        not_pooled += missing
    effects = _filtered(effects, rules, not_pooled)
    effects = _one_per_trial(effects, content, window, not_pooled)
    dataset = Dataset(
        measure=rules.measure,
        outcome=_outcome_facts(rules.outcome, outcome),
        window=str(window),
        effects=tuple(effects),
        not_pooled=tuple(sorted(not_pooled, key=lambda row: (row.study, row.code, row.sources, row.reason))),
        rob_levels=_rob_levels(content, rules.rob_tool),
    )
    if not extras:
        return dataset
    fields = derive_extras(content, rules, extras, window=window)
    if Need.ALTERNATIVES in extras:
        fields["alternatives"] = derive_alternatives(content, rules, rules.choices, derive=derive)
    return dataset.model_copy(update=fields)


def _named(rows: Row, code: str, kind: str) -> Any:
    if code not in rows:
        raise DerivationError(f"The review has no {kind} “{code}”; it has {listed(sorted(rows)) or 'none'}.")
    return rows[code]


def _check_facts(content: Row, rules: Rules) -> None:
    """Refuse characteristics that do not exist, or whose name already means something else."""
    families = {word["family"] for word in content["component_types"].values()}
    for code in rules.facts:
        _named(content["characteristics"], code, "characteristic")
        if code in families or code in OWN_FACTS or code in EFFECT_FIELDS:
            raise DerivationError(f"The characteristic “{code}” has a name that effects use otherwise; rename it.")


def _window(outcome: Row, code: str) -> Window:
    row = _named(outcome["windows"], code, f"follow-up window for {outcome['name']} named")
    return Window(row["name"], *(float(row[name]) for name in ("target_week", "from_week", "to_week")))


def _outcome_facts(code: str, outcome: Row) -> OutcomeFacts:
    return OutcomeFacts(
        code=code,
        name=outcome["name"],
        direction=outcome["direction"],
        unit=outcome["unit"],
        scale_min=as_float(outcome["scale_min"]),
        scale_max=as_float(outcome["scale_max"]),
        mcid_between=as_float(outcome["mcid_between"]),
        mcid_within=as_float(outcome["mcid_within"]),
        instruments=tuple(
            InstrumentFacts(
                code=name,
                name=row["name"],
                direction=row["direction"],
                scale_min=as_float(row["scale_min"]),
                scale_max=as_float(row["scale_max"]),
            )
            for name, row in sorted(outcome["instruments"].items())
        ),
    )


def _rob_levels(content: Row, tool: str) -> tuple[str, ...]:
    found = {
        tuple(assessment["levels"])
        for study in content["studies"].values()
        for assessment in study["assessments"]
        if assessment["tool"] == tool
    }
    return min(found, default=())


def _study(code: str, content: Row, outcome: Row, window: Window, rules: Rules) -> tuple[list[Effect], list[NotPooled]]:
    """Give the effects of one study and what of it is not pooled; nothing for a study without such a comparator."""
    study = content["studies"][code]
    extraction, label = study["extraction"], study["label"]
    if extraction is None:
        reason = "The team has no consensus extraction of the study yet."
        return [], [NotPooled(study=code, label=label, code="no_consensus", reason=reason)]
    sides = find_sides(extraction["arms"], rules)
    not_pooled = list(list_unassigned(code, label, extraction, sides, window=window, rules=rules))
    missing = _missing_side(extraction, sides)
    if missing:
        return [], not_pooled or [NotPooled(study=code, label=label, code=f"no_{missing}_arm", reason=NO_ARM[missing])]
    if not sides.comparators:
        return [], not_pooled
    rows = rows_of(code, extraction, sides, rules)
    candidates = find_candidates(code, extraction, sides, outcome=outcome, window=window, rules=rules)
    effects = [pair for group in _tries(candidates, rules) for pair in _first_usable(code, study, group, not_pooled)]
    if not effects:
        not_pooled += explain_absence(code, label, rows, window=window, was_tried=bool(candidates))
    _caution_left_out(effects, sides)
    not_pooled += list(list_unsettled(code, label, rows, window=window, listed_already=not_pooled))
    return [finish_effect(code, content, sides, candidate, raw, rules) for candidate, raw in effects], not_pooled


NO_ARM = {
    "experimental": "The study has no experimental arm in the extraction.",
    "comparator": "The study has no comparator arm in the extraction.",
}


def _missing_side(extraction: Row, sides: Sides) -> str:
    """Name the side that the extraction lacks, "" where it has both or its arms may still get their roles."""
    if sides.unassigned and not sides.comparators:
        return ""
    if not any(arm["role"] == "comparator" for arm in extraction["arms"]):
        return "comparator"
    return "experimental" if sides.comparators and not sides.experimental else ""


def _tries(candidates: list[Candidate], rules: Rules) -> list[list[Candidate]]:
    """Give the candidates in groups that each give one effect: all together, or by instrument and week."""
    if rules.effects_per_study == "one":
        return [candidates]
    groups: dict[tuple[str, float], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault((candidate.instrument, candidate.week), []).append(candidate)
    return list(groups.values())


def _first_usable(
    code: str, study: Row, candidates: list[Candidate], not_pooled: list[NotPooled]
) -> list[tuple[Candidate, RawEffect]]:
    """Give the effects of the first candidate that works; those before it join the list of what is not pooled."""
    for candidate in candidates:
        try:
            return [(candidate, raw) for raw in candidate.build()]
        except (Unusable, EngineError) as error:
            reason = (
                error if isinstance(error, Unusable) else Unusable("undefined", f"It cannot be worked out: {error}.")
            )
            row = {"study": code, "label": study["label"], "code": reason.code, "reason": str(reason)}
            not_pooled.append(NotPooled(**row, sources=candidate.refs))
    return []


def _caution_left_out(effects: list[tuple[Candidate, RawEffect]], sides: Sides) -> None:
    """Say in each effect which arms of the comparison its study has and none of its effects use."""
    used = {number for _, raw in effects for side in raw.arms for number in side}
    left_out = [arm["label"] for number, arm in sides.arms.items() if number not in used]
    for _, raw in effects:
        if left_out:
            raw.cautions.append(f"Left out, as no result of this kind is reported for it: {listed(left_out)}")


def _one_per_trial(effects: list[Effect], content: Row, window: Window, not_pooled: list[NotPooled]) -> list[Effect]:
    """Keep, of studies that report the same participants, the one whose result is nearest to the target week."""
    studies = content["studies"]

    def rank(code: str) -> tuple[float, bool, str]:
        weeks = [effect.week for effect in effects if effect.study == code and effect.week is not None]
        return min(abs(week - window.target) for week in weeks), studies[code]["companion_of"] is not None, code

    kept = list(effects)
    for main in sorted({studies[effect.study]["companion_of"] or effect.study for effect in effects}):
        members = sorted(
            {effect.study for effect in effects if main in (effect.study, studies[effect.study]["companion_of"])},
            key=rank,
        )
        for other in members[1:]:
            reason = f"Same participants as {studies[members[0]]['label']}, whose result is pooled."
            dropped = [effect for effect in kept if effect.study == other]
            refs = tuple(ref for effect in dropped for ref in effect.sources)
            row = {"study": other, "label": studies[other]["label"], "code": "same_participants"}
            not_pooled.append(NotPooled(**row, reason=reason, sources=refs))
            kept = [effect for effect in kept if effect.study != other]
    return kept


def _filtered(effects: list[Effect], rules: Rules, not_pooled: list[NotPooled]) -> list[Effect]:
    """Keep the effects that fulfil the conditions of the rules; the others are listed with the first one they fail."""
    kept = []
    for effect in effects:
        failed = next((each for each in rules.include if not _holds(each, effect)), None)
        if failed is None:
            kept.append(effect)
            continue
        value = _field(effect, failed.field)
        shown = "not known" if value is None else listed(value) or "none" if isinstance(value, tuple) else value
        reason = f"Left out by the rule “{failed.describe()}”: it is {shown}."
        row = {"study": effect.study, "label": effect.label, "code": "filtered"}
        not_pooled.append(NotPooled(**row, reason=reason, sources=effect.sources))
    return kept


def _holds(condition: Condition, effect: Effect) -> bool:
    value = _field(effect, condition.field)
    try:
        return condition.holds(value)
    except TypeError as error:
        reason = f"The rule “{condition.describe()}” does not fit the field, which holds {value!r}."
        raise DerivationError(reason) from error


EFFECT_FIELDS = ("study", "year", "week", "n1", "n2")


def _field(effect: Effect, name: str) -> Fact:
    """Give a field of an effect; raise DerivationError for a name that no effect can have."""
    if name.startswith("rob."):
        return effect.rob.get(name[4:])
    if name in effect.facts:
        return effect.facts[name]
    if name in EFFECT_FIELDS:
        value: Fact = getattr(effect, name)
        return value
    known = listed(sorted({*effect.facts, "rob.overall", "study", "year", "week"}))
    raise DerivationError(
        f"A rule of the analysis names the field “{name}”, which effects do not have; they have {known}."
    )
