"""Summary: the studies of the review in figures, the flow that led to them, and their risk of bias."""

from collections.abc import Mapping
from typing import Any

from analysis.contract import (
    CONTRACT_VERSION,
    Dataset,
    Figure,
    FlowFigure,
    JudgementFigure,
    Need,
    Plugin,
    Progress,
    StudyRow,
    Upstream,
)
from plugins.summary.characteristics import (
    UNKNOWN_CODES,
    count_categories,
    describe_numbers,
    group_studies,
    questions_of,
)
from plugins.summary.flow import compare_with_studies, read_flow
from plugins.summary.params import Params
from plugins.summary.result import FlowRow, JudgementRow, Result, RiskOfBiasRow

NO_STUDIES = "The review has no study yet."
COMPANIONS = "{k} studies have the participants of another one and are counted with it: {labels}."
NOT_EXTRACTED = "{k} studies are not extracted, so that nothing but their year and design is known."
PARTICIPANTS = "The number of participants is known for {known} of {k} studies; the sum is that of those."
NO_WEIGHTS = "Nothing was pooled beside this summary, so that judgements are counted and not weighted."
QUARTILES = "Quartiles are of type {type} after Hyndman and Fan."


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the studies in figures."""
    known = {row.study for row in dataset.studies}
    companions = tuple(row for row in dataset.studies if row.companion_of in known)
    studies = tuple(row for row in dataset.studies if row.companion_of not in known)
    questions = questions_of(dataset, params)
    groups, said_of_groups = group_studies(studies, params.group_by)
    flow, checks, said_of_flow = read_flow(dataset.flow)
    weights = _weights(upstream, companions)
    years = [row.year for row in studies if row.year is not None]
    sizes = [row.n_randomised for row in studies if row.n_randomised is not None]
    return Result(
        k=len(studies),
        k_companions=len(companions),
        k_without_extraction=sum(not row.has_extraction for row in studies),
        quantile_type=params.quantile_type,
        n_randomised=sum(sizes),
        n_randomised_k=len(sizes),
        n_experimental=_people(studies, "experimental"),
        n_comparator=_people(studies, "comparator"),
        year_first=min(years, default=None),
        year_last=max(years, default=None),
        numbers=tuple(describe_numbers(groups, questions, params)) if studies else (),
        categories=tuple(count_categories(groups, questions)) if studies else (),
        flow=flow,
        flow_checks=checks,
        risk_of_bias=_risk_of_bias(dataset, studies, weights),
        judgements=_judgements(studies),
        figures=_figures(dataset, flow, is_judged=any(row.rob for row in studies), is_weighted=bool(weights)),
        messages=(
            *_about_studies(dataset, params, studies, companions, len(sizes)),
            *said_of_groups,
            *said_of_flow,
            *compare_with_studies(flow, len(studies)),
            *((NO_WEIGHTS,) if studies and not weights else ()),
        ),
    )


def _people(studies: tuple[StudyRow, ...], role: str) -> int:
    """Give the participants of all arms of one role whose number is known."""
    return sum(arm.n_randomised or 0 for row in studies for arm in row.arms if arm.role == role)


def _weights(upstream: Upstream, companions: tuple[StudyRow, ...]) -> dict[str, float]:
    """Give the share of each study in the pooled estimate; a companion's goes to the study that it belongs to."""
    pooled: Mapping[str, Any] = upstream.get("pooling") or {}
    owners = {row.study: row.companion_of or row.study for row in companions}
    weights: dict[str, float] = {}
    for row in pooled.get("studies", ()):
        study = owners.get(row["study"], row["study"])
        weights[study] = weights.get(study, 0.0) + row["weight"]
    return weights


def _risk_of_bias(
    dataset: Dataset, studies: tuple[StudyRow, ...], weights: dict[str, float]
) -> tuple[RiskOfBiasRow, ...]:
    """Give the judgements of each domain, best first, the overall one last."""
    rows = []
    for domain in _domains(studies):
        judged = [row for row in studies if domain in row.rob]
        pooled = sum(weights.get(row.study, 0.0) for row in judged)
        others = sorted({row.rob[domain] for row in judged} - set(dataset.rob_levels))
        for level in (*dataset.rob_levels, *others):
            here = [row for row in judged if row.rob[domain] == level]
            rows.append(
                RiskOfBiasRow(
                    name=domain,
                    label=_label(domain),
                    level=level,
                    count=len(here),
                    share=len(here) / len(judged),
                    weight=sum(weights.get(row.study, 0.0) for row in here) / pooled if pooled else None,
                    k=len(studies),
                    k_known=len(judged),
                )
            )
    return tuple(rows)


def _domains(studies: tuple[StudyRow, ...]) -> list[str]:
    """Give the domains that are judged in any study, the overall judgement last."""
    return sorted({domain for row in studies for domain in row.rob}, key=lambda name: (name == "overall", name))


def _label(domain: str) -> str:
    return domain.replace("_", " ").capitalize()


def _judgements(studies: tuple[StudyRow, ...]) -> tuple[JudgementRow, ...]:
    """Give the judgements of each study, domain by domain."""
    return tuple(
        JudgementRow(study=row.study, label=row.label, domain=_label(domain), level=row.rob[domain])
        for row in studies
        for domain in _domains(studies)
        if domain in row.rob
    )


def _figures(dataset: Dataset, flow: tuple[FlowRow, ...], *, is_judged: bool, is_weighted: bool) -> tuple[Figure, ...]:
    """Give the flow of records, and the judgements as lights and bars, where there are some."""
    found: list[Figure] = [FlowFigure(title="Flow of records (PRISMA 2020)", rows="flow")] if flow else []
    if is_judged:
        levels = tuple(dataset.rob_levels)
        found.append(JudgementFigure(title="Risk of bias of each study", rows="judgements", levels=levels))
        how, share = ("weighted by the share in the pooled estimate", "weight") if is_weighted else ("studies", "share")
        title = f"Risk of bias by domain, {how}"
        found.append(JudgementFigure(title=title, rows="risk_of_bias", column="", share=share, levels=levels))
    return tuple(found)


def _about_studies(
    dataset: Dataset, params: Params, studies: tuple[StudyRow, ...], companions: tuple[StudyRow, ...], sized: int
) -> list[str]:
    """Give what is to be said of the studies."""
    if not studies:
        return [NO_STUDIES]
    said = []
    if companions:
        said.append(COMPANIONS.format(k=len(companions), labels=", ".join(row.label for row in companions)))
    unread = sum(not row.has_extraction for row in studies)
    said += [NOT_EXTRACTED.format(k=unread)] if unread else []
    said += [PARTICIPANTS.format(known=sized, k=len(studies))] if sized < len(studies) else []
    unknown = sorted(set(params.characteristics) - {row.code for row in dataset.characteristics})
    said += [UNKNOWN_CODES.format(codes=", ".join(unknown))] if unknown else []
    return [*said, QUARTILES.format(type=params.quantile_type)]


plugin = Plugin(
    name="summary",
    version="1.1.0",
    contract_version=CONTRACT_VERSION,
    title="Studies, flow and risk of bias",
    needs=frozenset({Need.EFFECTS, Need.STUDIES, Need.RISK_OF_BIAS, Need.MODERATORS}),
    after=(),
    after_if_present=("pooling",),
    params=Params,
    result=Result,
    run=run,
)
