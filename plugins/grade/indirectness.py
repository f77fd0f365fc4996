"""Indirectness: whether the studies match the question, as far as a person has said what makes a study direct.

References
----------
GRADE guidelines 8, Guyatt et al. (2011), doi:10.1016/j.jclinepi.2011.04.014.
"""

from analysis.contract import Condition, Effect, UnknownField
from plugins.grade.evidence import Evidence
from plugins.grade.params import DirectnessRule, Params
from plugins.grade.proposal import Domain, LookedAt

A_PERSON_COMPARES = (
    "No rule says what makes a study direct: a person must compare the studies' population, intervention, comparator "
    "and outcome with those of the question."
)
DIRECT = "Most of the weight is from studies that match the question in what the rules look at."
INDIRECT = "Much of the weight is from studies that do not match the question in this element: {}."
NOT_KNOWN = "For some studies it is not known whether they match the question: {}."
NO_SUCH_FIELD = "A rule names a field that the dataset does not have: {}."
DOES_NOT_FIT = "A rule does not fit the kind of values in its field: {}."
NOT_RULED = "No rule looks at this element, which a person must compare: {}."
ELEMENTS = ("population", "intervention", "comparator", "outcome")
MOST_LEVELS = 2


def judge_indirectness(evidence: Evidence, params: Params) -> Domain:
    """Propose the levels down for indirectness: one for each element with much indirect weight, at most two."""
    if not params.directness:
        return Domain(name="indirectness", rate_down=0, reasons=(A_PERSON_COMPARES,), is_looked_at=False)
    looked_at: LookedAt = {"threshold_indirect_share": params.indirect_share}
    indirect, unknown, troubles = [], [], []
    ruled = [element for element in ELEMENTS if any(rule.element == element for rule in params.directness)]
    for element in ruled:
        rules = tuple(rule for rule in params.directness if rule.element == element)
        try:
            shares = _shares(evidence, rules)
        except UnknownField as error:
            troubles.append(NO_SUCH_FIELD.format(error.args[0].rstrip(".")))
            continue
        except TypeError:
            troubles.append(DOES_NOT_FIT.format("; ".join(Condition.describe(rule) for rule in rules)))
            continue
        looked_at |= {f"{element}_indirect_share": shares[0], f"{element}_not_known_share": shares[1]}
        indirect += [element] if shares[0] >= params.indirect_share else []
        unknown += [element] if shares[1] > 0 else []
    reasons = [INDIRECT.format(element) for element in indirect] or ([DIRECT] if len(looked_at) > 1 else [])
    reasons += [NOT_KNOWN.format(element) for element in unknown]
    reasons += [*troubles, *(NOT_RULED.format(element) for element in ELEMENTS if element not in ruled)]
    return Domain(
        name="indirectness",
        rate_down=min(len(indirect), MOST_LEVELS),
        reasons=tuple(reasons),
        looked_at=looked_at,
        is_looked_at=len(looked_at) > 1,
    )


def _shares(evidence: Evidence, rules: tuple[DirectnessRule, ...]) -> tuple[float, float]:
    """Give the shares of the weight that break a rule, and of which it is not known."""
    indirect = unknown = 0.0
    for effect in evidence.dataset.effects:
        weight = evidence.weights.get(effect.id, 0.0)
        facts = [_is_direct(evidence, effect, rule) for rule in rules]
        if False in facts:
            indirect += weight
        elif None in facts:
            unknown += weight
    return min(indirect, 1.0), min(unknown, 1.0)


def _is_direct(evidence: Evidence, effect: Effect, rule: DirectnessRule) -> bool | None:
    """Whether an effect fulfils a rule; None where its field is not reported."""
    fact = evidence.dataset.fact(effect, rule.field)
    if fact is None and rule.op not in ("is_known", "is_unknown"):
        return None
    return rule.holds(fact)
