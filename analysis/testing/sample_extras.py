"""Made-up extras of a sample dataset: a network, the studies behind its effects, adverse events, other choices."""

from typing import Any

from analysis.contract import (
    EXTRAS,
    AdverseEvent,
    AlternativeEffect,
    Alternatives,
    ArmRow,
    CharacteristicFacts,
    Choice,
    Comparison,
    Effect,
    FlowCount,
    Need,
    StudyAlternatives,
    StudyRow,
)

_TREATMENTS = ("exercise", "education", "usual_care", "waiting_list")
_FLOW = (("records_identified", 812), ("records_screened", 640), ("reports_assessed", 64))


def sample_extras(effects: tuple[Effect, ...], needs: frozenset[Need]) -> dict[str, Any]:
    """Give the extras that the needs ask for; they belong to the effects of the dataset."""
    fields: dict[str, Any] = {"holds": tuple(sorted(needs & EXTRAS))}
    if Need.COMPARISONS in needs:
        fields["comparisons"] = tuple(_comparison(number, effect) for number, effect in enumerate(effects))
    if Need.STUDIES in needs:
        fields |= {
            "studies": tuple(_study(number, effect) for number, effect in enumerate(effects)),
            "characteristics": (
                CharacteristicFacts(code="sessions", name="Sessions", kind="number"),
                CharacteristicFacts(code="mean_age", name="Mean age", kind="number", unit="years"),
                CharacteristicFacts(code="region", name="Region", kind="choice"),
                CharacteristicFacts(code="is_multicentre", name="Several centres", kind="flag"),
            ),
            "flow": tuple(
                FlowCount(search_round=1, round_name="First search", box=box, count=count)
                for box, count in (*_FLOW, ("studies_included", len(effects)))
            ),
        }
    if Need.ADVERSE_EVENTS in needs:
        fields["adverse_events"] = tuple(row for number, each in enumerate(effects) for row in _harms(number, each))
    if Need.ALTERNATIVES in needs:
        fields["alternatives"] = Alternatives(
            choices=(
                Choice(name="change_correlation", title="Correlation", options=("0.5", "0.7"), own="0.5"),
                Choice(name="multi_arm", title="Several arms", options=("combine", "split"), own="combine"),
            ),
            studies=tuple(_alternatives(number, effect) for number, effect in enumerate(effects)),
        )
    return fields


def _comparison(number: int, effect: Effect) -> Comparison:
    """Give a comparison of two treatments; together they go round a circle of four."""
    first, second = _TREATMENTS[number % 4], _TREATMENTS[(number + 1) % 4]
    values = {name: getattr(effect, name) for name in ("study", "label", "yi", "vi", "n1", "n2", "facts", "rob")}
    return Comparison(treatment_1=first, treatment_2=second, **values)


def _study(number: int, effect: Effect) -> StudyRow:
    sizes = (int(effect.n1 or 0), int(effect.n2 or 0))
    arms = (
        ArmRow(number=1, label="Exercise", role="experimental", n_randomised=sizes[0], duration_weeks=4.0 + number % 9),
        ArmRow(number=2, label="Usual care", role="comparator", comparator_type="usual_care", n_randomised=sizes[1]),
    )
    values = {name: getattr(effect, name) for name in ("study", "label", "year", "facts", "rob")}
    return StudyRow(design="rct", arms=arms, **values)


def _harms(number: int, effect: Effect) -> list[AdverseEvent]:
    """Give falls in both arms of two studies of three, soreness of a whole study in the others."""
    n1, n2 = int(effect.n1 or 0), int(effect.n2 or 0)
    named: dict[str, Any] = {"study": effect.study, "label": effect.label}
    if number % 3 == 2:
        return [AdverseEvent(term="Soreness", participants=number, total=n1 + n2, **named)]
    named |= {"term": "Fall", "seriousness": "serious"}
    return [
        AdverseEvent(arm=1, arm_label="Exercise", role="experimental", participants=number % 4, total=n1, **named),
        AdverseEvent(arm=2, arm_label="Usual care", role="comparator", participants=number % 2, total=n2, **named),
    ]


def _alternatives(number: int, effect: Effect) -> StudyAlternatives:
    """Give a study that one of the two choices touches: it moves the effect, or splits it in two."""
    named: dict[str, Any] = {"study": effect.study, "label": effect.label}
    own = AlternativeEffect(yi=effect.yi, vi=effect.vi)
    if number % 2:
        other = AlternativeEffect(yi=effect.yi, vi=effect.vi * 0.8)
        return StudyAlternatives(depends_on=("change_correlation",), variants=((own,), (other,)), index=(0, 1), **named)
    halves = (AlternativeEffect(yi=effect.yi, vi=effect.vi * 1.6), AlternativeEffect(yi=effect.yi, vi=effect.vi * 2.2))
    return StudyAlternatives(depends_on=("multi_arm",), variants=((own,), halves), index=(0, 1), **named)
