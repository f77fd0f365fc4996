"""An R script that recomputes a pooled result from the table of effects with metafor, and prints both."""

from typing import Any

METHODS = {"CE": "FE"}  # all others have metafor's name
# What metafor has by a way of its own: the variance, for a second call. DL2 is its GENQ with the weights of DL.
GIVEN_TAU2 = {
    "DL2": 'rma(yi, vi, data = effects, method = "GENQ", weights = 1 / (vi + rma(yi, vi, method = "DL")$tau2))$tau2',
}
TESTS = {"wald": "z", "t": "t", "hksj": "knha", "hksj_adhoc": "adhoc"}
# metafor's own limits end the search for tau2 after four digits; these go to the last.
CONTROLS = {
    **dict.fromkeys(("PM", "PMM"), "list(tol = 1e-16, maxiter = 10000)"),
    **dict.fromkeys(("ML", "REML", "EB"), "list(threshold = 1e-13, maxiter = 100000)"),
}
TABLE = "ai = ai, n1i = n1i, ci = ci, n2i = n2i"
QUANTITIES = ("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2", "q", "pi_lower", "pi_upper")
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

HEAD = """# Recomputes the pooled result from effects.csv with metafor, and prints both. Run it beside effects.csv.
effects <- read.csv("effects.csv", stringsAsFactors = FALSE)
"""
NOTHING_STORED = HEAD + 'cat("This analysis does not pool: it has no step “pooling”.\\n")\n'
NOTHING_POOLED = HEAD + 'cat("Nothing was pooled:", nrow(effects), "effects.\\n")\n'
NOT_COVERED = HEAD + (
    'cat("This script does not recompute the model “{model}”; its numbers are in runs/pooling/result.json.\\n")\n'
)
BODY = (
    HEAD
    + """suppressMessages(library(metafor))
fit <- suppressWarnings({call})
stored <- c({stored})
metafor <- c({computed})
show <- function(values) formatC(values, digits = 15, width = 24, format = "g")
cat(sprintf("%-10s%24s%24s%14s\\n", "", "stored", "metafor", "difference"))
cat(sprintf("%-10s%s%s%14.1e\\n", names(stored), show(stored), show(metafor), metafor - stored), sep = "")
worst <- max(abs(metafor - stored) / pmax(abs(stored), 1e-3))
cat(sprintf("Largest difference, relative: %.1e (metafor %s)\\n", worst, as.character(packageVersion("metafor"))))
"""
)


def write_script(pooling: dict[str, Any] | None) -> str:
    """Give the script for a result of the plugin pooling, as plain data; None where the analysis does not pool."""
    if pooling is None:
        return NOTHING_STORED
    if pooling.get("estimate") is None:
        return NOTHING_POOLED
    call = _call(pooling)
    if call is None:
        return NOT_COVERED.format(model=pooling.get("method"))
    computed = _computed(pooling)
    names = [name for name in QUANTITIES if name in computed and pooling.get(name) is not None]
    return BODY.format(
        call=call,
        stored=", ".join(f"{name} = {pooling[name]!r}" for name in names),
        computed=", ".join(f"{name} = as.numeric({computed[name]})" for name in names),
    )


def _call(pooling: dict[str, Any]) -> str | None:
    """Give metafor's call for the model, None for a model that the script does not cover."""
    level = f"level = {100 * pooling['level']!r}"
    model, tau2_method, measure = pooling.get("method", "inverse_variance"), pooling["tau2_method"], pooling["measure"]
    if model == "mantel_haenszel" and measure in ("OR", "RR", "RD"):
        return f'rma.mh({TABLE}, measure = "{measure}", data = effects, {level})'
    if model == "peto":
        return f"rma.peto({TABLE}, data = effects, {level})"
    if model != "inverse_variance":
        return None
    method = f'"{METHODS.get(tau2_method, tau2_method)}"'
    if tau2_method in GIVEN_TAU2:
        method = f'"DL", tau2 = {GIVEN_TAU2[tau2_method]}'
    control = f", control = {CONTROLS[tau2_method]}" if tau2_method in CONTROLS else ""
    test = TESTS.get(pooling["ci_method"], "z")
    return f'rma(yi, vi, data = effects, method = {method}, test = "{test}", {level}{control})'


def _computed(pooling: dict[str, Any]) -> dict[str, str]:
    """Give what to read of metafor's fit; the prediction interval where both define it alike."""
    found = dict(OF_FIT)
    if pooling.get("method", "inverse_variance") != "inverse_variance":
        return {name: code for name, code in found.items() if name not in ("tau2", "q")}
    if pooling.get("pi_method", "ci") == "ci" and pooling["model"] == "random_effects":
        found |= OF_PREDICTION
    return found
