"""What a script recomputes of a snapshot: numbers as they are stored, and how R and the engine come to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.bundling.calls import METHODS, engine_pool, rma, rma_options
from analysis.contract import Dataset

INVERSE_VARIANCE = "inverse_variance"
OPTIONS = ("tau2_method", "ci_method", "level")
ESTIMATE = ("estimate", "se", "ci_lower", "ci_upper", "p_value")
OF_FIT = {
    "estimate": "fit$beta",
    "se": "fit$se",
    "ci_lower": "fit$ci.lb",
    "ci_upper": "fit$ci.ub",
    "p_value": "fit$pval",
    "tau2": "fit$tau2",
    "q": "fit$QE",
}
OF_PREDICTION = {"pi_lower": "predict(fit)$pi.lb", "pi_upper": "predict(fit)$pi.ub"}
TABLE = "ai = ai, n1i = n1i, ci = ci, n2i = n2i"
COUNTS = ("ai", "n1i", "ci", "n2i")
TESTS_OF_ASYMMETRY = {"egger_lm": "lm", "egger_rma": "rma"}
FILLED = {"trim_and_fill_l0": "L0", "trim_and_fill_r0": "R0"}


@dataclass(frozen=True, slots=True)
class Check:
    """Some numbers of a result, and how they come about again.

    `r` and `python` are statements that end with the fit in the variable `fit`; `r_values` and `python_values` say by
    name of the number where it is found then. A name without an entry is not compared in that language.
    """

    title: str
    stored: dict[str, float]
    r: str
    r_values: dict[str, str]
    python: str
    python_values: dict[str, str]


def checks_of(
    results: Mapping[str, Mapping[str, Any]], params: Mapping[str, Mapping[str, Any]], dataset: Mapping[str, Any]
) -> list[Check]:
    """Give the checks for the results of a snapshot, as plain data by plugin; without effects there are none."""
    content = Dataset.model_validate(dataset)
    found = [*_pooling(results.get("pooling", {}), content)]
    for name, make in MAKERS.items():
        if name in results and content.k:
            found += make(results[name], params.get(name, {}), content)
    return found


def _known(row: Mapping[str, Any], names: Any) -> dict[str, float]:
    return {name: row[name] for name in names if row.get(name) is not None}


def _check(title: str, row: Mapping[str, Any], r: str, r_values: dict[str, str], python: str, **more: str) -> Check:
    """Give a check of the numbers of a row that both languages know by name."""
    named = {name: f"fit.{name}" for name in r_values} | more
    stored = _known(row, r_values)
    return Check(title, stored, r, r_values, python, {name: named[name] for name in stored})


def _pooling(result: Mapping[str, Any], dataset: Dataset) -> Iterator[Check]:
    if result.get("estimate") is None:
        return
    model, level = result.get("method", INVERSE_VARIANCE), result["level"]
    if model == INVERSE_VARIANCE:
        values = dict(OF_FIT)
        prediction = result.get("pi_method", "ci")
        if prediction == "ci" and result["model"] == "random_effects":
            values |= OF_PREDICTION
        options = {name: result[name] for name in OPTIONS}
        yield _check("pooling", result, rma("effects", **options), values, engine_pool(**options, pi_method=prediction))
        return
    call = table_call(model, result["measure"], level)
    if call is None or any(name not in effect.columns for effect in dataset.effects for name in COUNTS):
        return
    values = {name: code for name, code in OF_FIT.items() if name not in ("tau2", "q")}
    counts = ", ".join(f'{name}=column("{name}")' for name in COUNTS)
    name, measure = (
        ("pool_peto", "") if model == "peto" else ("pool_mantel_haenszel", f', measure="{result["measure"]}"')
    )
    yield _check(
        "pooling", result, f"fit <- {call}", values, f"fit = engine.{name}({counts}{measure}, level={level!r})"
    )


def table_call(model: str, measure: str, level: float) -> str | None:
    """Give metafor's call for a model of counts; None for one that it does not have, or not in this way."""
    width = f"level = {100 * level!r}"
    if model == "mantel_haenszel" and measure in ("OR", "RR", "RD"):
        return f'rma.mh({TABLE}, measure = "{measure}", data = effects, {width})'
    return f"rma.peto({TABLE}, data = effects, {width})" if model == "peto" else None


def _leave_one_out(result: Mapping[str, Any], params: Mapping[str, Any], dataset: Dataset) -> Iterator[Check]:
    for row in result.get("leave_one_out", ()):
        kept = [place for place, effect in enumerate(dataset.effects) if effect.study != row["name"]]
        if row.get("estimate") is None or row["k"] != len(kept) or len(kept) < 2:
            continue
        options: dict[str, Any] = {name: row.get(name) or result.get(name) for name in OPTIONS}
        if None in options.values():
            continue
        values = {name: code for name, code in OF_FIT.items() if name in row and name != "q"}
        r = f"part <- effects[c({_places(kept, 1)}), ]\n{rma('part', **options)}"
        yield _check(f"sensitivity, without {row['name']}", row, r, values, engine_pool(**options, places=kept))


def _places(places: list[int], first: int) -> str:
    return ", ".join(str(place + first) for place in places)


def _subgroups(result: Mapping[str, Any], params: Mapping[str, Any], dataset: Dataset) -> Iterator[Check]:
    groups = {row["effect"]: row["group"] for row in result.get("studies", ())}
    places = {effect.id: place for place, effect in enumerate(dataset.effects)}
    if result.get("tau2_sharing") == "common" and len(result["groups"]) > 1:
        yield from _common_groups(result, groups, places)
        return
    for row in result.get("groups", ()):
        kept = [places[effect] for effect, group in groups.items() if group == row["name"]]
        alone = {"tau2_method": "CE", "ci_method": "wald"} if row["k"] == 1 else {}
        options = {name: result[name] for name in OPTIONS} | alone
        values = {name: OF_FIT[name] for name in (*ESTIMATE, *(("tau2", "q") if row["k"] > 1 else ()))}
        r = f"part <- effects[c({_places(kept, 1)}), ]\n{rma('part', **options)}"
        yield _check(f"subgroups, {row['name']}", row, r, values, engine_pool(**options, places=kept))


def _common_groups(result: Mapping[str, Any], groups: dict[str, str], places: dict[str, int]) -> Iterator[Check]:
    """Give the check of groups that share one variance: a regression on the groups."""
    names = [row["name"] for row in result["groups"]]
    kept = [places[effect] for effect in groups]
    codes = ", ".join(str(names.index(group)) for group in groups.values())
    options = {name: result[name] for name in OPTIONS}
    frame = f"part <- cbind(effects[c({_places(kept, 1)}), ], code = factor(c({codes})))"
    r = f"{frame}\n{rma('part', **options, mods='~ 0 + code')}\nwhole <- {_call(options, '~ code')}"
    stored, r_values = _known(result, ("qm", "qm_p_value")), {"qm": "whole$QM", "qm_p_value": "whole$QMp"}
    python_values = {name: f"fit.{name}" for name in r_values}
    for number, row in enumerate(result["groups"]):
        for name in ESTIMATE:
            key = f"{name}[{row['name']}]"
            stored[key] = row[name]
            r_values[key] = f"{OF_FIT[name]}[{number + 1}]"
            python_values[key] = f"fit.groups[{number}].{name}"
    call = ", ".join(f"{name}={value!r}" for name, value in options.items())
    at = f"[[{_places(kept, 0)}]]"
    python = f'fit = engine.pool_subgroups(yi{at}, vi{at}, groups=[{codes}], tau2="common", {call})'
    yield Check("subgroups", stored, r, r_values, python, python_values)


def _call(options: Mapping[str, Any], mods: str) -> str:
    return f"rma(yi, vi, mods = {mods}, data = part, {rma_options('part', **options)})"


def _regression(result: Mapping[str, Any], params: Mapping[str, Any], dataset: Dataset) -> Iterator[Check]:
    """Give the checks of models whose moderators are numbers that every pooled effect has."""
    for model in result.get("models", ()):
        columns = [_numbers(dataset, name) for name in model["moderators"]]
        rows = [row for row in result["coefficients"] if row["model"] == model["name"]]
        if model.get("p") is None or not all(columns) or len(rows) != len(columns) + 1:
            continue
        options = {name: model.get(name) for name in ("tau2_method", "ci_method")} | {"level": result["level"]}
        names = [f"x{number}" for number in range(1, len(columns) + 1)]
        frame = ", ".join(f"{name} = c({_texts(column)})" for name, column in zip(names, columns, strict=True))
        r = f"part <- cbind(effects, {frame})\n{rma('part', **options, mods='~ ' + ' + '.join(names))}"
        mods = ", ".join(f'"{name}": [{_texts(column)}]' for name, column in zip(names, columns, strict=True))
        call = ", ".join(f"{name}={value!r}" for name, value in options.items())
        stored = _known(model, ("tau2", "qm", "qm_p_value"))
        r_values = {"tau2": "fit$tau2", "qm": "fit$QM", "qm_p_value": "fit$QMp"}
        python_values = {name: f"fit.{name}" for name in r_values}
        for number, row in enumerate(rows):
            for name in ESTIMATE:
                key = f"{name}[{row['name']}]"
                stored[key] = row[name]
                r_values[key] = f"{OF_FIT[name]}[{number + 1}]"
                python_values[key] = f"fit.coefficients[{number}].{name}"
        python = f"fit = engine.pool(yi, vi, mods={{{mods}}}, {call})"
        yield Check(f"meta_regression, {model['name']}", stored, r, r_values, python, python_values)


def _numbers(dataset: Dataset, field: str) -> list[float]:
    """Give the values of a field of all effects; none where one is missing or is no number."""
    if field not in dataset.fields():
        return []
    facts = [dataset.fact(effect, field) for effect in dataset.effects]
    numbers = [float(fact) for fact in facts if isinstance(fact, int | float) and not isinstance(fact, bool)]
    return numbers if len(numbers) == len(facts) else []


def _texts(column: list[float]) -> str:
    return ", ".join(repr(value) for value in column)


def _small_studies(result: Mapping[str, Any], params: Mapping[str, Any], dataset: Dataset) -> Iterator[Check]:
    level, tau2_method = result["level"], result["tau2_method"]
    for row in result.get("tests", ()):
        kind = TESTS_OF_ASYMMETRY.get(row["name"])
        if kind is None or row.get("p_value") is None:
            continue
        given = "effects$yi, effects$vi" if kind == "lm" else "base"
        base = rma("effects", tau2_method=tau2_method, ci_method="wald", level=level).replace("fit <-", "base <-")
        r = f'{base}\nfit <- regtest({given}, model = "{kind}", predictor = "sei")'
        more = "" if kind == "lm" else f', tau2_method="{tau2_method}"'
        python = f"fit = engine.egger_{kind}(yi, vi, level={level!r}{more})"
        values = {"statistic": "fit$zval", "p_value": "fit$pval"}
        yield _check(f"small_study_effects, {row['name']}", row, r, values, python)
    if "ci_method" in params:
        for row in result.get("adjusted", ()):
            if row["name"] in FILLED and row.get("estimate") is not None:
                yield _filled(row, result, params)


def _filled(row: Mapping[str, Any], result: Mapping[str, Any], params: Mapping[str, Any]) -> Check:
    """Give the check of trim and fill. metafor pools what it filled with normal intervals, so it is asked once more."""
    options = {**{name: result[name] for name in ("tau2_method", "level")}, "ci_method": params["ci_method"]}
    estimator, side = FILLED[row["name"]], params.get("missing_side", "auto")
    asked = "" if side == "auto" else f', side = "{side}"'
    filled = f'{rma("effects", **options)}\nfilled <- trimfill(fit, estimator = "{estimator}"{asked})'
    r = f"{filled}\npart <- data.frame(yi = filled$yi, vi = filled$vi)\n{rma('part', **options)}"
    call = ", ".join(f"{name}={value!r}" for name, value in options.items())
    python = f'fit = engine.trim_and_fill(yi, vi, side="{side}", estimator="{estimator}", {call})'
    values = {"filled_count": "filled$k0"} | {name: OF_FIT[name] for name in (*ESTIMATE, "tau2")}
    found = {name: f"fit.pooled.{name}" for name in (*ESTIMATE, "tau2")} | {"filled_count": "fit.k0"}
    return _check(f"small_study_effects, {row['name']}", row, r, values, python, **found)


def _multilevel(result: Mapping[str, Any], params: Mapping[str, Any], dataset: Dataset) -> Iterator[Check]:
    if result.get("estimate") is None or dataset.k < 2:
        return
    studies = len({effect.study for effect in dataset.effects})
    inner, outer = "~ 1 | id", "~ 1 | study"
    random = inner if studies == 1 else outer if studies == dataset.k else "~ 1 | study/id"
    factors = {inner: '"effect": id_', outer: '"study": study'}.get(random, '"study": study, "study/effect": id_')
    test = "t" if result["ci_method"] == "t" else "z"
    level, method = result["level"], METHODS.get(result["tau2_method"], result["tau2_method"])
    r = (
        f"v <- vcalc(vi, cluster = study, obs = as.numeric(factor(id)), data = effects, rho = {result['rho']!r})\n"
        f'fit <- rma.mv(yi, v, random = {random}, data = effects, method = "{method}", test = "{test}", '
        f"level = {100 * level!r}, control = list(rel.tol = 1e-10, iter.max = 10000, eval.max = 10000))"
    )
    python = (
        'study = [row["study"] for row in rows]\nid_ = [row["id"] for row in rows]\n'
        f"v = engine.vcalc(vi, cluster=study, obs=id_, rho={result['rho']!r})\n"
        f'fit = engine.fit_multilevel(yi, v, random={{{factors}}}, method="{result["tau2_method"]}", '
        f'ci_method="{result["ci_method"]}", level={level!r})'
    )
    rows = {row["name"]: row for row in result["inferences"]}
    values = {name: OF_FIT[name] for name in ESTIMATE}
    found = {name: f"fit.{name}[0]" for name in ESTIMATE}
    components = {f"sigma2[{one['name']}]": one["sigma2"] for one in result["components"]}
    row = rows["model"] | components
    more = {name: f"fit.sigma2[{place}]" for place, name in enumerate(components)}
    in_r = {name: f"fit$sigma2[{place + 1}]" for place, name in enumerate(components)}
    yield _check("multilevel, model", row, r, values | in_r, python, **found, **more)
    if "robust" in rows:
        r += "\nfit <- robust(fit, cluster = study, clubSandwich = TRUE)"
        python += f"\nfit = engine.robust(fit, cluster=study, level={level!r})"
        yield _check("multilevel, robust", rows["robust"], r, values, python, **found)


MAKERS = {
    "sensitivity": _leave_one_out,
    "subgroups": _subgroups,
    "meta_regression": _regression,
    "small_study_effects": _small_studies,
    "multilevel": _multilevel,
}
