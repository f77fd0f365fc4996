"""One model fitted: rows for the tables of the result."""

from math import isfinite
from typing import Any

from analysis import engine
from analysis.contract import Dataset, UnknownField
from plugins.meta_regression.columns import CannotFit, Columns, read_columns
from plugins.meta_regression.modelling import fit_columns
from plugins.meta_regression.params import Model, Params
from plugins.meta_regression.permuting import PermutationAnswer, join_model
from plugins.meta_regression.result import (
    Bubble,
    CoefficientRow,
    InfluenceRow,
    LinePoint,
    ModelRow,
    PredictionRow,
    TermRow,
    WilsonCoefficient,
    WilsonRow,
)

NOT_FITTED = "Not fitted: {why}."
NOBODY = "Not fitted: no study knows all moderators."
NO_INFLUENCE = "There are no influence diagnostics: {error}."
NO_PREDICTION = "There is no prediction at the stated values: {error}."
NO_MACRO = "Wilson's macro gives nothing: {error}."

# Points of the line of a bubble plot: a straight line needs two, its curved band some more.
POINTS = 25
OF_FIT = (
    *("p", "tau2", "tau", "tau2_se", "tau2_ci_lower", "tau2_ci_upper", "i2", "h2", "q", "q_df", "q_p_value"),
    *("qm", "qm_p_value", "r2", "ci_method"),
)

Tables = dict[str, list[Any]]


def fit_model(
    dataset: Dataset, model: Model, params: Params, *, is_main: bool, permutations: list[PermutationAnswer]
) -> tuple[Tables, ModelRow]:
    """Give the rows of a model for each table, and its own row; why there are none is the message of the row."""
    row = {"name": model.name, "label": model.title, "is_main": is_main, "moderators": model.moderators}
    row |= {"tau2_method": params.tau2_method, "ci_method": params.ci_method, "k": 0}
    tables: Tables = {}
    try:
        columns = read_columns(dataset, model)
    except (UnknownField, CannotFit) as error:
        return tables, ModelRow.model_validate(row | {"message": NOT_FITTED.format(why=str(error).rstrip("."))})
    tables["effects_left_out"] = list(columns.left_out)
    row["k"] = columns.dataset.k
    if not columns.dataset.k:
        return tables, ModelRow.model_validate(row | {"message": NOBODY})
    try:
        fit, said = fit_columns(columns, params)
    except (CannotFit, engine.EngineError) as error:
        return tables, ModelRow.model_validate(row | {"message": NOT_FITTED.format(why=error)})
    row |= {name: getattr(fit, name) for name in OF_FIT}
    row["qm_df"], row["qm_df_residual"] = fit.qm_df
    permuted, more = join_model(columns, params, permutations)
    if permuted is not None:
        names = {"qm_permutation_p_value": "qm_p_value", "permutations": "permutations", "is_exact": "is_exact"}
        row |= {mine: getattr(permuted, name) for mine, name in names.items()}
    tables["coefficients"], tables["terms"] = _coefficients(model, fit, permuted)
    for name, table in (("predictions", _predict), ("influence", _influence), ("wilson", _wilson)):
        made, sentences = table(columns, model, params, fit)
        tables |= made if name == "wilson" else {name: made[name]}
        more = [*more, *sentences]
    tables |= _bubbles(columns, fit)
    message = " ".join([*said, *more]) or None
    return tables, ModelRow.model_validate(row | {"message": message})


def _coefficients(
    model: Model, fit: engine.MetaRegression, permuted: engine.PermutationShares | None
) -> tuple[list[CoefficientRow], list[TermRow]]:
    """Give the rows of the coefficients and of the moderators."""
    inflation = engine.variance_inflation(fit)
    vif = {factor.name: factor.vif for factor in inflation.coefficients}
    shares = [None] * fit.p if permuted is None else list(permuted.p_value)
    rows = []
    for coefficient, share in zip(fit.coefficients, shares, strict=True):
        values = {name: getattr(coefficient, name) for name in coefficient.__slots__}
        values |= {"model": model.name, "permutation_p_value": share, "vif": vif.get(coefficient.name)}
        rows.append(CoefficientRow.model_validate(values))
    terms = [
        TermRow(name=term.name, model=model.name, coefficients=term.coefficients, vif=term.vif, sif=term.sif)
        for term in inflation.terms
    ]
    return rows, terms


def _predict(columns: Columns, model: Model, params: Params, fit: engine.MetaRegression) -> tuple[Tables, list[str]]:
    """Give adjusted predictions at the stated values of each moderator, or at those that are usual."""
    stated = {one.moderator: list(one.values) for one in params.predict_at}
    rows, said = [], []
    for name, column in columns.mods.items():
        if column is None:
            continue
        usual = [min(column), sum(column) / len(column), max(column)] if name in columns.numbers else None
        try:
            found = engine.adjusted_predictions(fit, at={name: stated.get(name, usual)}, mods=columns.mods)
        except engine.EngineError as error:
            said.append(NO_PREDICTION.format(error=error))
            continue
        for one in found:
            value = one.at[0][1]
            text = value if isinstance(value, str) else f"{value:.15g}"
            short = value if isinstance(value, str) else f"{value:.6g}"
            names = ("estimate", "se", "ci_lower", "ci_upper", "pi_lower", "pi_upper")
            values = {key: getattr(one, key) for key in names}
            values |= {"label": f"{name} = {short}", "model": model.name, "moderator": name, "value": text}
            rows.append(PredictionRow.model_validate(values))
    return {"predictions": rows}, said


def _influence(columns: Columns, model: Model, params: Params, fit: engine.MetaRegression) -> tuple[Tables, list[str]]:
    """Give influence diagnostics of each effect."""
    dataset = columns.dataset
    try:
        found = engine.influence(
            dataset.yi, dataset.vi, mods=fit.design, tau2_method=params.tau2_method, ci_method=fit.ci_method
        )
    except engine.EngineError as error:
        return {"influence": []}, [NO_INFLUENCE.format(error=error)]
    names = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat", "weight", "outlier_p_value")
    rows = []
    for place, effect in enumerate(dataset.effects):
        numbers = {name: float(getattr(found, name)[place]) for name in names}
        values: dict[str, Any] = {name: number if isfinite(number) else None for name, number in numbers.items()}
        values |= {name: bool(getattr(found, name)[place]) for name in ("is_outlier", "is_influential")}
        values |= {"label": effect.label, "model": model.name, "effect": effect.id, "study": effect.study}
        rows.append(InfluenceRow.model_validate(values))
    return {"influence": rows}, []


def _wilson(columns: Columns, model: Model, params: Params, fit: engine.MetaRegression) -> tuple[Tables, list[str]]:
    """Give what Wilson's macro gives, where it was asked for."""
    if params.wilson_method == "none":
        return {}, []
    try:
        found = engine.wilson_regression(
            columns.dataset.yi,
            columns.dataset.vi,
            mods=fit.design,
            model="fixed" if params.tau2_method == "CE" else "random",
            tau2_method=params.wilson_method,
            level=params.level,
        )
    except engine.EngineError as error:
        return {}, [NO_MACRO.format(error=error)]
    own = {"name": model.name, "label": model.title, "tau2_method": found.tau2_method or "CE"}
    row = {name: getattr(found, name) for name in WilsonRow.model_fields if name not in own}
    names = ("estimate", "se", "statistic", "p_value", "ci_lower", "ci_upper", "beta")
    lines = zip(found.names, *(getattr(found, name).tolist() for name in names), strict=True)
    coefficients = [
        WilsonCoefficient.model_validate({"name": name, "model": model.name, **dict(zip(names, numbers, strict=True))})
        for name, *numbers in lines
    ]
    return {"wilson": [WilsonRow.model_validate(row | own)], "wilson_coefficients": coefficients}, []


def _bubbles(columns: Columns, fit: engine.MetaRegression) -> Tables:
    """Give points and line of the bubble plot of a model with exactly one numeric moderator."""
    if len(columns.numbers) != 1:
        return {}
    (name,) = columns.numbers
    xs = columns.mods[name]
    rows = zip(columns.dataset.effects, xs, fit.weights.tolist(), strict=True)
    points = [Bubble(label=effect.label, x=x, y=effect.yi, weight=weight) for effect, x, weight in rows]
    step = (max(xs) - min(xs)) / (POINTS - 1)
    grid = [min(xs) + step * place for place in range(POINTS)]
    line = [
        LinePoint(
            x=x,
            y=one.estimate,
            ci_lower=one.ci_lower,
            ci_upper=one.ci_upper,
            pi_lower=one.pi_lower,
            pi_upper=one.pi_upper,
        )
        for x, one in zip(grid, engine.adjusted_predictions(fit, at={name: grid}, mods=columns.mods), strict=True)
    ]
    return {"bubbles": points, "line": line}
