"""The answer: what the engine says about the effects, as the plain data that the report and JSON show."""

from collections.abc import Mapping
from typing import Any

from analysis import engine
from analysis.desk.measuring import Sample
from analysis.desk.options import Options
from analysis.desk.plain import COEFFICIENT, NAMES, OF_THE_ESTIMATE, plain, take
from analysis.desk.refusal import Refusal
from analysis.engine.errors import EngineError

Model = Mapping[str, Any]


def answer(sample: Sample, options: Options) -> dict[str, Any]:
    """Give everything that was asked about the effects; the names are documented in docs/pool.md.

    Raises
    ------
    Refusal : subgroups together with moderators
    EngineError : the model cannot be fitted
    """
    if sample.mods and sample.subgroup:
        raise Refusal("--subgroup and --moderators exclude each other: name the subgroup among the moderators.")
    model: Model = {"tau2_method": options.tau2_method, "ci_method": options.ci_method, "level": options.level}
    mods: Any = sample.mods or None
    fit: Any = engine.pool(sample.yi, sample.vi, mods=mods, **model)
    found = _regression(fit) if sample.mods else take(fit, NAMES)
    notes = list(sample.notes)
    if fit.ci_method != options.ci_method:
        notes.append(f"With one study the interval is normal ({fit.ci_method}), whatever was asked for.")
    if sample.subgroup:
        found["subgroups"], more = compare_subgroups(sample, sample.subgroup, model)
        notes += more
    if sample.cluster:
        found["robust"] = _robust(sample, sample.cluster, fit)
    if options.all:
        # The small-study methods and their optimisers are loaded for who asks for them.
        from analysis.desk.sensitivity import explore

        more_found, more = explore(sample, model)
        found |= more_found
        notes += more
    asked = {
        "measure": sample.measure,
        "columns": dict(sample.columns),
        "tau2_method": fit.tau2_method,
        "ci_method": fit.ci_method,
    }
    studies = {"slab": list(sample.slab), "yi": plain(sample.yi), "vi": plain(sample.vi), "weights": plain(fit.weights)}
    return asked | found | studies | {"notes": notes}


def _regression(fit: Any) -> dict[str, Any]:
    """Give the results of a model with moderators: no one estimate, but coefficients and their joint test."""
    found = dict.fromkeys(NAMES) | take(fit, (name for name in NAMES if name not in OF_THE_ESTIMATE))
    found["coefficients"] = [{"name": one.name} | take(one, COEFFICIENT) for one in fit.coefficients]
    return found | take(fit, ("qm", "qm_df", "qm_p_value", "r2"))


def compare_subgroups(sample: Sample, subgroup: list[str], model: Model) -> tuple[dict[str, Any], list[str]]:
    """Give the results of each subgroup, with a tau2 of its own, and the test between them.

    The test is Q of the estimates of the subgroups, weighted by their standard errors. A subgroup that cannot be pooled
    has no numbers, and a note says why; then there is no test.
    """
    groups, notes = [], []
    for name in sorted(set(subgroup)):
        rows = [i for i, one in enumerate(subgroup) if one == name]
        try:
            found = take(engine.pool(sample.yi[rows], sample.vi[rows], **model), NAMES)
        except EngineError as error:
            found = dict.fromkeys(NAMES) | {"k": len(rows), "level": model["level"]}
            notes.append(f"subgroups, {name}: {error}.")
        groups.append({"subgroup": name} | found)
    estimates = [(one["estimate"], one["se"] ** 2) for one in groups if one["se"]]
    between = None
    if len(groups) < 2:
        notes.append("subgroups: there is no test between them, as there is only one.")
    elif len(estimates) == len(groups):
        means, variances = zip(*estimates, strict=True)
        between = take(engine.measure_heterogeneity(means, variances), ("q", "q_df", "q_p_value"))
    return {"groups": groups, "between": between}, notes


def _robust(sample: Sample, cluster: list[str], fit: Any) -> dict[str, Any]:
    """Give CR2 inference with Satterthwaite degrees of freedom; the fitted model is the working model."""
    from analysis.engine.dependent.robust import robust_regression

    mods, names = None, ["intercept"]
    if sample.mods:
        names = list(fit.design.names)
        mods = {name: fit.design.X[:, j] for j, name in enumerate(names) if j}
    found = robust_regression(sample.yi, sample.vi, cluster=cluster, tau2=fit.tau2, mods=mods, level=fit.level)
    columns = {name: plain(getattr(found, name)) for name in COEFFICIENT}
    coefficients = [
        {"name": name} | {column: values[j] for column, values in columns.items()} for j, name in enumerate(names)
    ]
    return {"clusters": found.clusters} | take(found, ("kind", "df_method")) | {"coefficients": coefficients}
