"""The network of a model of rare events: from the counts of the arms, without variance between studies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.contract import Comparison, Dataset
from analysis.engine import EngineError
from analysis.engine.network import (
    RARE_EVENT_FITS,
    RARE_EVENT_MEASURE,
    EventNetwork,
    LeftOutArm,
    RareEvents,
    read_rare_events,
)
from plugins.network.params import Params
from plugins.network.reading import NOTHING, choose_part
from plugins.network.result import LeftOut, Part
from plugins.network.tables import count_edges, list_treatments, make_league
from plugins.network.wording import NOT_FITTED, SCORES, TWO_TREATMENTS

OTHER_MEASURE = (
    "The model {model} is one of odds ratios (OR), and the analysis asks for {measure}, so that there are no results."
)
LEFT_OUT = "{labels}: not in the network (see the studies left out)."
NO_COUNTS = (
    "The model {model} needs events and people of each arm, and no study reports them, so that there are no results."
)
NOTHING_LEFT = (
    "No study says anything about odds ratios: in each of them nobody or everybody had the event, or one treatment "
    "only is left (see the studies left out)."
)
# Why a study is left out.
WITHOUT_COUNTS = "Events and people of its arms are not known."
UNEQUAL_COUNTS = "Its comparisons give different events or people for one treatment."
ONE_OUTCOME = {
    "no_events": "Nobody had the event, which says nothing of an odds ratio.",
    "all_events": "Everybody had the event, which says nothing of an odds ratio.",
}
ONE_TREATMENT = "Of the design {design} one treatment at most has both people with the event and people without it."
LEFT_OUT_ARMS = "Left out, since {outcome} in these arms: {arms}."
OUTCOMES = {"no_events": "nobody had the event", "all_events": "everybody had the event"}
LOST = "The network has no result for {names}: all studies with it are left out."
CORRECTED = (
    "In these designs {correction:g} was added to events and non-events of all arms, as a treatment has no event or "
    "nothing else: {designs}."
)
INCONSISTENT = "Designs differ more than chance makes likely (Q = {q:.2f}, {df} degrees of freedom, p = {p:.3g})."
NOT_INCONSISTENT = (
    "Designs do not differ more than by chance (Q = {q:.2f}, {df} degrees of freedom, p = {p:.3g}), but with few "
    "events this test has little power."
)
NO_INCONSISTENCY = "Inconsistency between designs cannot be tested: there are not more of them than treatments need."
COMMON_EFFECT = (
    "The model has no variance between studies: intervals do not allow for heterogeneity, and there is no prediction "
    "interval. Direct and indirect evidence are not split."
)
NOT_RARE = (
    "The hypergeometric model is computed by an approximation for rare events, and {share:.0%} of the people with "
    "{treatment} had the event: its odds ratios are nearer to 1 than they should be. The model mantel_haenszel does "
    "not have this error."
)
# Odds exceed risks by a ninth here; below it the approximation is good.
RARE = 0.1
INCONSISTENCY_LIMIT = 0.05


@dataclass(frozen=True, slots=True)
class RareRead:
    """The counts of the part of the network that is analysed, or None; the reference, and what was left out."""

    data: RareEvents | None
    reference: str
    parts: tuple[Part, ...]
    left_out: tuple[LeftOut, ...]
    messages: tuple[str, ...]


def describe_rare_events(dataset: Dataset, params: Params, *, small: bool) -> dict[str, Any]:
    """Give the fields of the result that a model of rare events has."""
    read = read_counts(dataset, params)
    values: dict[str, Any] = {"reference": read.reference, "parts": read.parts, "studies_left_out": read.left_out}
    said = list(read.messages)
    if read.data is not None:
        try:
            fit = RARE_EVENT_FITS[params.model](read.data, level=params.level)
        except EngineError as error:
            said.append(NOT_FITTED.format(error=error))
        else:
            values |= _describe(fit, reference=read.reference, small=small)
            said += _say(fit)
    return values | {"messages": tuple(said)}


def read_counts(dataset: Dataset, params: Params) -> RareRead:
    """Give the counts of the arms of all studies, in the part of the network that is analysed."""
    if dataset.measure != RARE_EVENT_MEASURE:
        sentence = OTHER_MEASURE.format(model=params.model, measure=dataset.measure)
        return RareRead(None, "", (), (), (sentence,))
    if not dataset.comparisons:
        return RareRead(None, "", (), (), (NOTHING,))
    arms, left_out = _arms(dataset.comparisons)
    if not arms:
        return RareRead(None, "", (), left_out, (NO_COUNTS.format(model=params.model),))
    rows = [(study, name, *counts) for study, own in arms.items() for name, counts in own.items()]
    study, treatment, events, totals = (list(column) for column in zip(*rows, strict=True))
    data = read_rare_events(events, totals, treatment=treatment, study=study, correction=params.correction)
    labels = {one.study: one.label for one in dataset.comparisons}
    left_out += _without_information(data, labels)
    said = [LEFT_OUT.format(labels=", ".join(each.label for each in left_out))] if left_out else []
    said += _say_what_is_left_out(data)
    if not data.designs:
        return RareRead(None, "", (), left_out, (*said, NOTHING_LEFT))
    chosen = choose_part(
        data.parts,
        reference=params.reference,
        counts={name: data.studies_with(name) for name in data.treatments},
        studies=lambda part: data.restrict(part).k,
    )
    data = data.restrict(chosen.treatments)
    return RareRead(data, chosen.reference, chosen.parts, left_out, (*said, *chosen.messages))


def _arms(
    comparisons: Sequence[Comparison],
) -> tuple[dict[str, dict[str, tuple[float, float]]], tuple[LeftOut, ...]]:
    """Give events and people by study and treatment, and the studies for which they are not known."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    reasons: dict[str, LeftOut] = {}
    for one in comparisons:
        sides = ((one.treatment_1, one.events_1, one.total_1), (one.treatment_2, one.events_2, one.total_2))
        for name, events, total in sides:
            if events is None or total is None:
                reasons[one.study] = LeftOut(name=one.study, label=one.label, reason=WITHOUT_COUNTS)
                continue
            counts = found.setdefault(one.study, {}).setdefault(name, (events, total))
            if counts != (events, total):
                reasons[one.study] = LeftOut(name=one.study, label=one.label, reason=UNEQUAL_COUNTS)
    return {study: arms for study, arms in found.items() if study not in reasons}, tuple(reasons.values())


def _without_information(data: RareEvents, labels: dict[str, str]) -> tuple[LeftOut, ...]:
    """Give the studies of which nothing is in the network."""
    single = [
        LeftOut(name=each.study, label=labels[each.study], reason=ONE_OUTCOME[each.why])
        for each in data.left_out_studies
    ]
    whole = [
        LeftOut(name=study, label=labels[study], reason=ONE_TREATMENT.format(design=" vs ".join(each.design)))
        for each in data.left_out_designs
        for study in each.studies
    ]
    return (*single, *whole)


def _say_what_is_left_out(data: RareEvents) -> list[str]:
    """Give sentences on arms that are left out, treatments that are lost, and designs with a correction."""
    gone = {each.design for each in data.left_out_designs}
    said = []
    for why, outcome in OUTCOMES.items():
        arms = [_named(each) for each in data.left_out_arms if each.why == why and each.design not in gone]
        if arms:
            said.append(LEFT_OUT_ARMS.format(outcome=outcome, arms="; ".join(arms)))
    if data.lost:
        said.append(LOST.format(names=", ".join(data.lost)))
    corrected = [" vs ".join(design.name) for design in data.designs if design.is_corrected]
    if corrected:
        said.append(CORRECTED.format(correction=data.correction, designs="; ".join(corrected)))
    return said


def _named(arm: LeftOutArm) -> str:
    return f"{arm.treatment} in {' vs '.join(arm.design)}"


def _describe(fit: EventNetwork, *, reference: str, small: bool) -> dict[str, Any]:
    """Give the tables and numbers of a fitted network."""
    treatments = list_treatments(fit, reference=reference, small_values_are_good=small)
    return {
        "k": fit.k,
        "m": fit.m,
        "n": fit.n,
        "q_between": fit.q,
        "q_between_df": fit.q_df,
        "q_between_p_value": fit.q_p_value,
        "treatments": treatments,
        "league": make_league(fit, tuple(treatment.name for treatment in treatments)),
        "edges": count_edges((design.treatments, len(design.studies)) for design in fit.data.designs),
    }


def _say(fit: EventNetwork) -> list[str]:
    """Give what to say about a fitted network."""
    said = [COMMON_EFFECT]
    if fit.n == 2:
        said.append(TWO_TREATMENTS)
    elif fit.model == "mantel_haenszel":
        said.append(_say_inconsistency(fit))
    if fit.model == "hypergeometric":
        said += _say_risks(fit.data)
    return [*said, *([SCORES] if fit.n > 2 else [])]


def _say_inconsistency(fit: EventNetwork) -> str:
    """Give what the test of inconsistency between designs says."""
    if fit.q is None or fit.q_p_value is None:
        return NO_INCONSISTENCY
    sentence = INCONSISTENT if fit.q_p_value < INCONSISTENCY_LIMIT else NOT_INCONSISTENT
    return sentence.format(q=fit.q, df=fit.q_df, p=fit.q_p_value)


def _say_risks(data: RareEvents) -> list[str]:
    """Give a warning where the event is not rare, for the treatment with which it is most frequent."""
    people: dict[str, list[float]] = {}
    for design in data.designs:
        for place, treatment in enumerate(design.treatments):
            own = people.setdefault(treatment, [0.0, 0.0])
            own[0] += float(design.events[:, place].sum())
            own[1] += float(design.totals[:, place].sum())
    share, treatment = max((events / total, name) for name, (events, total) in people.items())
    return [NOT_RARE.format(treatment=treatment, share=share)] if share > RARE else []
