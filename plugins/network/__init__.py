"""Network meta-analysis: all pairs of treatments, from direct and indirect evidence together."""

from typing import Any

from analysis.contract import (
    CONTRACT_VERSION,
    MEASURE_NAMES,
    Dataset,
    Figure,
    ForestFigure,
    HeatFigure,
    Need,
    NetworkFigure,
    Plugin,
    Progress,
    ScatterFigure,
    Upstream,
    forest_figure,
)
from analysis.engine import EngineError, UndefinedResult
from analysis.engine.network import (
    RARE_EVENT_MODELS,
    Decomposition,
    Network,
    adjust_funnel,
    decompose_designs,
    fit_evidence,
    net_heat,
    split_evidence,
)
from plugins.network.params import Params
from plugins.network.rare import describe_rare_events
from plugins.network.reading import Read, read_network
from plugins.network.result import Pair, Result
from plugins.network.tables import (
    list_designs,
    list_edges,
    list_funnel,
    list_heat,
    list_pairs,
    list_treatments,
    make_league,
)
from plugins.network.wording import NOT_FITTED, SCORES, TWO_TREATMENTS

NO_HETEROGENEITY = (
    "There are not more comparisons than treatments need, so that the variance between studies cannot be estimated; "
    "all intervals are those of the common-effect model."
)
NO_LOOPS = (
    "No treatments are joined in two ways by different studies, so that no estimate has both direct and indirect "
    "evidence and inconsistency cannot be tested."
)
DISAGREEMENT = "Direct and indirect evidence differ (p below {limit:g}) for {pairs}."
NO_DISAGREEMENT = (
    "Direct and indirect evidence differ for no pair (p below {limit:g}), but with few studies such tests have little "
    "power."
)
NO_NET_HEAT = "There is no net heat plot: {error}."
FEW_POINTS = (
    "The number of points in the funnel plot is {k}; below {least} its test can hardly tell asymmetry from chance "
    "(Sterne et al. 2011)."
)
UNKNOWN_ORDER = "The funnel plot is drawn against {reference}: the network does not have {names}."
DISAGREEMENT_LIMIT = 0.05
# Sterne et al. (2011), doi:10.1136/bmj.d4002.
LEAST_POINTS = 10


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the network meta-analysis of the comparisons of a dataset."""
    small = dataset.outcome.direction == "lower"
    is_rare = params.model in RARE_EVENT_MODELS
    analyse = describe_rare_events if is_rare else _analyse
    values = analyse(dataset, params, small=small)
    figures: list[Figure] = [_graph(dataset), _forest(dataset, values["reference"]), _league(dataset)]
    figures += [] if is_rare else [_heat(dataset), _funnel(dataset)]
    return Result.model_validate(
        {
            "measure": dataset.measure,
            "is_ratio": dataset.is_ratio,
            "model": params.model,
            "tau2_method": "" if is_rare else params.tau2_method,
            "level": params.level,
            "small_values_are_good": small,
            "figures": figures,
            **values,
        }
    )


def _analyse(dataset: Dataset, params: Params, *, small: bool) -> dict[str, Any]:
    """Give the fields of the result that a model of effects and variances has."""
    read = read_network(dataset, params)
    values: dict[str, Any] = {}
    said: list[str] = []
    if read.evidence is not None:
        try:
            fit = fit_evidence(read.evidence, model=params.model, tau2_method=params.tau2_method, level=params.level)
            values, said = _describe(fit, read, params, small=small)
        except EngineError as error:
            said = [NOT_FITTED.format(error=error)]
    return {
        "reference": read.reference,
        "parts": read.parts,
        "studies_left_out": read.left_out,
        "messages": (*read.messages, *said),
        **values,
    }


def _describe(fit: Network, read: Read, params: Params, *, small: bool) -> tuple[dict[str, Any], list[str]]:
    """Give the fields of the result, and what to say about them."""
    parts = decompose_designs(fit.evidence)
    treatments = list_treatments(fit, reference=read.reference, small_values_are_good=small)
    pairs = list_pairs(split_evidence(fit))
    said = [] if fit.q_df or params.model == "common_effect" else [NO_HETEROGENEITY]
    said += _say_consistency(fit, parts, pairs)
    names = ("k", "m", "n", "tau2", "tau", "i2", "i2_ci_lower", "i2_ci_upper", "h2", "q", "q_df", "q_p_value")
    values: dict[str, Any] = {name: getattr(fit, name) for name in names}
    for name in ("within", "between"):
        test = getattr(parts, name)
        values |= {f"q_{name}": test.q, f"q_{name}_df": test.q_df, f"q_{name}_p_value": test.q_p_value}
    if parts.between_random is not None:
        values["q_between_random"] = parts.between_random.q
        values["q_between_random_p_value"] = parts.between_random.q_p_value
    values |= {
        "tau2_within": parts.tau2_within,
        "treatments": treatments,
        "league": make_league(fit, tuple(treatment.name for treatment in treatments)),
        "edges": list_edges(read.comparisons),
        "direct_indirect": pairs,
        "designs": list_designs(parts),
    }
    if parts.between.q_df:
        try:
            values["net_heat"] = list_heat(net_heat(fit.evidence, model=params.model, reference=read.reference))
        except UndefinedResult as error:
            said.append(NO_NET_HEAT.format(error=error))
    found, more = _describe_funnel(fit, read, params)
    return values | found, [*said, *more, *([SCORES] if fit.n > 2 else [])]


def _say_consistency(fit: Network, parts: Decomposition, pairs: tuple[Pair, ...]) -> list[str]:
    """Give what to say of direct and indirect evidence."""
    if fit.n == 2:
        return [TWO_TREATMENTS]
    if not parts.between.q_df:
        return [NO_LOOPS]
    apart = [pair.label for pair in pairs if pair.p_value is not None and pair.p_value < DISAGREEMENT_LIMIT]
    if apart:
        return [DISAGREEMENT.format(limit=DISAGREEMENT_LIMIT, pairs=", ".join(apart))]
    return [NO_DISAGREEMENT.format(limit=DISAGREEMENT_LIMIT)]


def _describe_funnel(fit: Network, read: Read, params: Params) -> tuple[dict[str, Any], list[str]]:
    """Give the comparison-adjusted funnel and its test, and what to say about it."""
    unknown = [name for name in params.funnel_order if name not in fit.treatments]
    said = [UNKNOWN_ORDER.format(reference=read.reference, names=", ".join(unknown))] if unknown else []
    order = params.funnel_order if params.funnel_order and not unknown else (read.reference,)
    funnel = adjust_funnel(fit, order=order)
    points, limits = list_funnel(fit, funnel, read.comparisons)
    values: dict[str, Any] = {"funnel": points, "funnel_limits": limits}
    if funnel.egger is not None:
        values |= {
            "egger_k": funnel.egger.k,
            "egger_statistic": funnel.egger.statistic,
            "egger_df": funnel.egger.df,
            "egger_p_value": funnel.egger.p_value,
        }
    if len(points) < LEAST_POINTS:
        said.append(FEW_POINTS.format(k=len(points), least=LEAST_POINTS))
    return values, said


def _graph(dataset: Dataset) -> NetworkFigure:
    """Give the network graph."""
    return NetworkFigure(
        title=f"{dataset.outcome.name}: network of comparisons",
        rows="treatments",
        label="name",
        size="k",
        edges="edges",
        precision="se",
        size_label="studies with the treatment",
        width_label="studies that compare the two",
    )


def _league(dataset: Dataset) -> HeatFigure:
    """Give the league table as a heat map."""
    return HeatFigure(
        title=f"{dataset.outcome.name}: league table, {MEASURE_NAMES[dataset.measure]}",
        rows="league",
        value="estimate",
        ci_lower="ci_lower",
        ci_upper="ci_upper",
        is_ratio=dataset.is_ratio,
        x_label="the treatment it is compared with",
        y_label="the treatment, best first",
    )


def _forest(dataset: Dataset, reference: str) -> ForestFigure:
    """Give the forest plot of all treatments against the reference."""
    against = reference or "the reference"
    sides = ["Favours the treatment", f"Favours {against}"]
    if dataset.outcome.direction == "higher":
        sides.reverse()
    return forest_figure(
        dataset,
        title=f"{dataset.outcome.name}: network estimates against {against}",
        rows="treatments",
        favours_left=sides[0],
        favours_right=sides[1],
    )


def _heat(dataset: Dataset) -> HeatFigure:
    """Give the net heat plot."""
    return HeatFigure(
        title=f"{dataset.outcome.name}: net heat plot",
        rows="net_heat",
        size="share",
        x_label="Design that is set free",
        y_label="Comparison of a design",
    )


def _funnel(dataset: Dataset) -> ScatterFigure:
    """Give the comparison-adjusted funnel plot."""
    return ScatterFigure(
        title=f"{dataset.outcome.name}: comparison-adjusted funnel plot",
        rows="funnel",
        x="estimate",
        y="se",
        lines=("funnel_limits",),
        x_label=f"{MEASURE_NAMES[dataset.measure]}, around the effect of its comparison",
        y_label="Standard error",
        x_value=0.0,
        is_x_ratio=dataset.is_ratio,
        is_y_downward=True,
    )


plugin = Plugin(
    name="network",
    version="1.2.0",
    contract_version=CONTRACT_VERSION,
    title="Network meta-analysis",
    needs=frozenset({Need.COMPARISONS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
