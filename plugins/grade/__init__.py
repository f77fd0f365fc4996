"""GRADE: proposes how far each domain lowers the certainty of the evidence, and why. A person rates.

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
from plugins.grade.risk_of_bias import judge_risk_of_bias

PROPOSAL = "This is a proposal by rules; a person rates."
NO_PROPOSAL = "No certainty is proposed: no study has a result that can be pooled, so that there is nothing to rate."
NO_RATING_UP = "Reasons to rate up (large effect, dose-response, plausible confounding) are not looked at."


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the proposal for the dataset, from its pooled estimate and its sensitivity analyses."""
    evidence = Evidence.gather(dataset, upstream)
    if dataset.k == 0:
        return Result(k=0, start=params.start, messages=(NO_PROPOSAL,))
    domains = (
        judge_risk_of_bias(evidence, params),
        judge_inconsistency(evidence, params),
        judge_indirectness(),
        judge_imprecision(evidence, params),
        judge_publication_bias(evidence, params),
    )
    levels_down = sum(domain.rate_down for domain in domains)
    lowest = len(CERTAINTIES) - 1
    return Result(
        k=dataset.k,
        start=params.start,
        levels_down=levels_down,
        certainty=CERTAINTIES[min(CERTAINTIES.index(params.start) + levels_down, lowest)],
        domains=domains,
        messages=(PROPOSAL, *_not_looked_at(domains), NO_RATING_UP),
    )


def _not_looked_at(domains: tuple[Domain, ...]) -> tuple[str, ...]:
    """Give the sentence that names the domains for which there was nothing to look at."""
    names = [domain.name.replace("_", " ") for domain in domains if not domain.is_looked_at]
    return (f"A person has to judge without a proposal: {', '.join(names)}.",) if names else ()


plugin = Plugin(
    name="grade",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Certainty of the evidence (GRADE), proposed",
    needs=frozenset({Need.EFFECTS, Need.RISK_OF_BIAS}),
    after=("pooling", "sensitivity"),
    params=Params,
    result=Result,
    run=run,
)
