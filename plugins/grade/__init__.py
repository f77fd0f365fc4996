"""GRADE: proposes how far each domain lowers, and each reason raises, the certainty of the evidence. A person rates.

Rules, thresholds and their sources are told in docs/grade.md.
"""

from analysis.contract import CONTRACT_VERSION, Dataset, Need, Plugin, Progress, Upstream
from plugins.grade.evidence import Evidence
from plugins.grade.imprecision import judge_imprecision
from plugins.grade.inconsistency import judge_inconsistency
from plugins.grade.indirectness import judge_indirectness
from plugins.grade.params import Params
from plugins.grade.proposal import CERTAINTIES, Domain, Result
from plugins.grade.publication_bias import judge_publication_bias
from plugins.grade.rating_up import judge_rating_up
from plugins.grade.risk_of_bias import judge_risk_of_bias

NO_ESTIMATE = "No certainty is proposed: pooling gave no estimate, as its own messages say."
PROPOSAL = "This is a proposal by rules; a person rates."
NO_PROPOSAL = "No certainty is proposed: no study has a result that can be pooled, so that there is nothing to rate."


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the proposal for the dataset, from its pooled estimate and its sensitivity analyses."""
    evidence = Evidence.gather(dataset, upstream)
    if dataset.k == 0:
        return Result(k=0, start=params.start, messages=(NO_PROPOSAL,))
    if evidence.pooling.estimate is None:
        return Result(k=dataset.k, start=params.start, messages=(NO_ESTIMATE,))
    domains = (
        judge_risk_of_bias(evidence, params),
        judge_inconsistency(evidence, params),
        judge_indirectness(evidence, params),
        judge_imprecision(evidence, params),
        judge_publication_bias(evidence, params),
    )
    rate_ups = judge_rating_up(evidence, domains, params)
    levels_down = sum(domain.rate_down for domain in domains)
    levels_up = sum(row.rate_up for row in rate_ups)
    place = CERTAINTIES.index(params.start) + levels_down - levels_up
    return Result(
        k=dataset.k,
        start=params.start,
        levels_down=levels_down,
        levels_up=levels_up,
        certainty=CERTAINTIES[min(max(place, 0), len(CERTAINTIES) - 1)],
        domains=domains,
        rate_ups=rate_ups,
        messages=(PROPOSAL, *_not_looked_at(domains)),
    )


def _not_looked_at(domains: tuple[Domain, ...]) -> tuple[str, ...]:
    """Give the sentence that names the domains for which there was nothing to look at."""
    names = [domain.name.replace("_", " ") for domain in domains if not domain.is_looked_at]
    return (f"A person has to judge without a proposal: {', '.join(names)}.",) if names else ()


plugin = Plugin(
    name="grade",
    version="1.1.0",
    contract_version=CONTRACT_VERSION,
    title="Certainty of the evidence (GRADE), proposed",
    needs=frozenset({Need.EFFECTS, Need.RISK_OF_BIAS, Need.MODERATORS}),
    after=("pooling", "sensitivity"),
    after_if_present=("small_study_effects",),
    params=Params,
    result=Result,
    run=run,
)
