"""The words of metafor and of the engine for the same model."""

METHODS = {"CE": "FE"}  # all others have metafor's name
# What metafor has by a way of its own: the variance, for a second call. DL2 is its GENQ with the weights of DL.
GIVEN_TAU2 = {
    "DL2": 'rma(yi, vi, data = {data}, method = "GENQ", '
    'weights = 1 / (vi + rma(yi, vi, data = {data}, method = "DL")$tau2))$tau2',
}
TESTS = {"wald": "z", "t": "t", "hksj": "knha", "hksj_adhoc": "adhoc"}
# metafor's own limits end the search for tau2 after four digits; these go to the last.
CONTROLS = {
    **dict.fromkeys(("PM", "PMM"), "list(tol = 1e-16, maxiter = 10000)"),
    **dict.fromkeys(("ML", "REML", "EB"), "list(threshold = 1e-13, maxiter = 100000)"),
}


def rma_options(data: str, *, tau2_method: str, ci_method: str, level: float) -> str:
    """Give the options of metafor's `rma`."""
    method = f'"{METHODS.get(tau2_method, tau2_method)}"'
    if tau2_method in GIVEN_TAU2:
        method = f'"DL", tau2 = {GIVEN_TAU2[tau2_method].format(data=data)}'
    control = f", control = {CONTROLS[tau2_method]}" if tau2_method in CONTROLS else ""
    return f'method = {method}, test = "{TESTS.get(ci_method, "z")}", level = {100 * level!r}{control}'


def rma(data: str, *, tau2_method: str, ci_method: str, level: float, mods: str = "") -> str:
    """Give the statement that fits a model with metafor."""
    options = rma_options(data, tau2_method=tau2_method, ci_method=ci_method, level=level)
    moderators = f"mods = {mods}, " if mods else ""
    return f"fit <- rma(yi, vi, {moderators}data = {data}, {options})"


def engine_pool(
    *, tau2_method: str, ci_method: str, level: float, pi_method: str = "ci", places: list[int] | None = None
) -> str:
    """Give the statement that pools with the engine; `places` are those of the effects, from 0, None: all."""
    part = "" if places is None else f"[{places!r}]"
    options = f'tau2_method="{tau2_method}", ci_method="{ci_method}", level={level!r}, pi_method="{pi_method}"'
    return f"fit = engine.pool(yi{part}, vi{part}, {options})"
