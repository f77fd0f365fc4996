# Writes small_study/*.json: what metafor says about small-study effects and publication bias in the sets of ../metafor.
#
#   Rscript tests/reference/scripts/small_study.R            all files, a quarter of an hour
#   Rscript tests/reference/scripts/small_study.R li2007-OR  one file
#
# Effects and variances are those of ../metafor/<name>.json, which regenerate.R writes. Where metafor has no answer
# (PET-PEESE, limit meta-analysis, fail-safe N of the general kind) it is worked out with lm() and rma().

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "exact.R"))
suppressMessages(library(numDeriv))
versions$numDeriv <- as.character(packageVersion("numDeriv"))

sets <- file.path(here, "..", "metafor")
folder <- file.path(here, "..", "small_study")
wanted <- commandArgs(TRUE)

NAMES <- c("axfors2021-OR", "bangertdrowns2004", "bcg-RR", "cohen1981-ZCOR", "hahn2001-RR", "hine1989-RD", "knapp2017",
           "nielweise2007-OR", "vanhowe1999-OR")

# metafor's function with some of R's functions replaced by more exact ones.
with_exact <- function(names, replacements) {
  room <- list2env(replacements, parent = asNamespace("metafor"))
  for (name in names) {
    copy <- getFromNamespace(name, "metafor")
    environment(copy) <- room
    assign(name, copy, envir = room)
  }
  get(names[1], envir = room)
}

exact_root <- function(f, interval = c(lower, upper), ..., lower = min(interval), upper = max(interval), tol = NULL,
                       maxiter = NULL) {
  stats::uniroot(f, interval, ..., tol = 1e-15 * max(abs(interval)), maxiter = 10000)
}

# Powers are integrated over 12 standard deviations of the effects on each side instead of 5.
hc_exact <- with_exact("hc.rma.uni", list(
  uniroot = exact_root,
  integrate = function(f, lower, upper, ...) {
    parts <- seq(lower, lower + 12, by = 0.5)
    list(value = sum(mapply(function(a, b) stats::integrate(f, a, b, rel.tol = 1e-13)$value, head(parts, -1), parts[-1])))
  }
))
tes_exact <- with_exact(c("tes", ".tes.lim"), list(
  uniroot = exact_root,
  integrate = function(f, lower, upper, theta, tau, ..., rel.tol, subdivisions, stop.on.error) {
    parts <- theta + tau * seq(-12, 12, by = 1)
    list(value = sum(mapply(function(a, b) {
      stats::integrate(f, a, b, theta = theta, tau = tau, ..., rel.tol = 1e-12, subdivisions = 1000)$value
    }, head(parts, -1), parts[-1])))
  }
))

# ---- regression and rank tests ---------------------------------------------------------------------------------------

predictors <- function(vi, ni) {
  list(sei = sqrt(vi), vi = vi, ni = ni, ninv = 1 / ni, sqrtni = sqrt(ni), sqrtninv = 1 / sqrt(ni))
}

egger_rma <- function(yi, vi, x, method, test) {
  fit <- fit_tight(yi, vi, method, test, mods = cbind(1, x))
  list(estimate = fit$beta[1], ci.lb = fit$ci.lb[1], ci.ub = fit$ci.ub[1], se = I(fit$se), slope = fit$beta[2],
       statistic = fit$zval[2], pval = fit$pval[2], tau2 = fit$tau2)
}

egger_lm <- function(yi, vi, ni, predictor, level = 0.05) {
  found <- regtest(yi, vi, ni = ni, model = "lm", predictor = predictor, level = level)
  table <- coef(summary(found$fit))
  list(estimate = if (is.null(found$est)) NA else unname(found$est), ci.lb = if (is.null(found$est)) NA else found$ci.lb,
       ci.ub = if (is.null(found$est)) NA else found$ci.ub, se = I(unname(table[, 2])), slope = unname(table[2, 1]),
       statistic = found$zval, pval = found$pval)
}

rank <- function(yi, vi) {
  of <- function(exact) suppressWarnings(ranktest(yi, vi, exact = exact))
  list(tau = unname(of(TRUE)$tau), pval = of(TRUE)$pval, normal = of(FALSE)$pval,
       has_ties = anyDuplicated(vi) > 0 || anyDuplicated(data.frame(yi, vi)) > 0)
}

# ---- trim and fill ---------------------------------------------------------------------------------------------------

# metafor trims with its own searches: the smallest step at which all of them end. The last fit is the exact one.
fill <- function(yi, vi, method, side, estimator) {
  found <- NULL
  for (fraction in 10^(-13:-8)) {
    control <- if (method %in% c("REML", "ML")) list(threshold = fraction * min(vi), maxiter = 1000) else list()
    x <- try(fit(yi, vi, method, "z", control = control), silent = TRUE)
    if (inherits(x, "try-error")) next
    arguments <- c(list(x, side = side, estimator = estimator), if (length(control)) list(control = control))
    found <- try(suppressWarnings(do.call(trimfill, arguments)), silent = TRUE)
    if (!inherits(found, "try-error")) break
  }
  if (is.null(found) || inherits(found, "try-error")) return(NULL)
  exact <- fit_tight(c(found$yi), found$vi, method, "z")
  list(k0 = found$k0, se.k0 = found$se.k0, p.k0 = found$p.k0, side = found$side, filled = I(c(found$yi)[found$fill]),
       filled_vi = I(found$vi[found$fill]), estimate = exact$beta[1], se = exact$se, tau2 = exact$tau2, pval = exact$pval)
}

# ---- PET-PEESE and limit meta-analysis ---------------------------------------------------------------------------------

pet_peese <- function(yi, vi) {
  line <- function(x) coef(summary(lm(yi ~ x, weights = 1 / vi)))[1, ]
  pet <- line(sqrt(vi))
  peese <- line(vi)
  list(pet = I(unname(pet)), peese = I(unname(peese)))
}

limit <- function(yi, vi, method) {
  fit <- fit_tight(yi, vi, method, "z")
  sei <- sqrt(vi)
  total <- sqrt(vi + fit$tau2)
  generalised <- lm(I(yi / total) ~ I(1 / total))
  alpha <- unname(coef(generalised)[1])
  beta <- unname(coef(generalised)[2])
  shrunk <- beta + sqrt(fit$tau2 / (vi + fit$tau2)) * (yi - beta)
  last <- lm(I(shrunk / sei) ~ I(1 / sei))
  covariance <- vcov(generalised) / summary(generalised)$sigma^2
  mean_of_limits <- fit_tight(shrunk, vi, "FE", "z")
  list(
    bias = alpha, slope = beta, tau2 = fit$tau2, limit_yi_1 = shrunk[1],
    beta0 = list(estimate = beta + sqrt(fit$tau2) * alpha,
                 se = sqrt(sum(c(sqrt(fit$tau2), 1) * (covariance %*% c(sqrt(fit$tau2), 1))))),
    betalim = list(estimate = unname(coef(last)[2]), se = 1 / sqrt(sum((1 / sei - mean(1 / sei))^2))),
    mulim = list(estimate = mean_of_limits$beta[1], se = mean_of_limits$se),
    q = fit$QE, q_residual = sum(resid(lm(I(yi / sei) ~ I(1 / sei)))^2),
    g2 = if (fit$tau2 > 0) 1 - summary(last)$r.squared else 0
  )
}

# ---- fail-safe N -----------------------------------------------------------------------------------------------------

fail_safe <- function(yi, vi) {
  of <- function(...) {
    found <- fsn(yi, vi, ...)
    list(fsnum = found$fsnum, pval = found$pval, meanes = found$meanes, target = found$target)
  }
  list(Rosenthal = of(), Rosenthal_01 = of(alpha = 0.01), Orwin = of(type = "Orwin"),
       Orwin_weighted = of(type = "Orwin", weighted = TRUE), Orwin_target = of(type = "Orwin", target = 0.07),
       Rosenberg = of(type = "Rosenberg"))
}

# The smallest number of studies that takes the p value above alpha: the model is refitted with each number.
general <- function(yi, vi, alpha = 0.05, most = 60) {
  observed <- fit_tight(yi, vi, "REML", "z")
  variance <- 1 / mean(1 / vi)
  for (n in 0:most) {
    added <- if (n > 1) c(scale(seq_len(n)^2)) * sqrt(variance + observed$tau2) else numeric(n)
    filled <- fit_tight(c(yi, added), c(vi, rep(variance, n)), "REML", "z")
    if (filled$pval >= alpha) {
      return(list(fsnum = n, estimate = filled$beta[1], tau2 = filled$tau2, pval = filled$pval))
    }
  }
  NULL
}

# ---- excess significance and Henmi-Copas ---------------------------------------------------------------------------------

excess <- function(yi, vi, method) {
  x <- fit_tight(yi, vi, method, "z")
  theta <- x$beta[1]
  tau2 <- if (method == "FE") NULL else x$tau2
  of <- function(f, ...) {
    found <- f(yi, vi, theta = theta, tau2 = tau2, progbar = FALSE, ...)
    list(O = found$O, E = found$E, pval = found$pval, X2 = found$X2, test = found$test, theta.lim = I(as.numeric(found$theta.lim)))
  }
  is_small <- length(yi) <= 16
  found <- list(
    theta = theta, tau2 = x$tau2, default = of(tes), exact = of(tes_exact),
    chi2 = of(tes_exact, test = "chi2"), binom = of(tes_exact, test = "binom"),
    corrected = of(tes_exact, test = "chi2", correct = TRUE),
    greater = of(tes_exact, test = "chi2", alternative = "greater"),
    less = of(tes_exact, test = "chi2", alternative = "less"),
    two_sided = of(tes_exact, test = "chi2", tes.alternative = "two.sided"),
    two_sided_binom = of(tes_exact, test = "binom", tes.alternative = "two.sided", find.lim = FALSE),
    fewer = of(tes_exact, test = "binom", tes.alternative = "less")
  )
  if (is_small) found$two_sided_exact <- of(tes_exact, test = "exact", tes.alternative = "two.sided", find.lim = FALSE)
  found
}

henmi_copas <- function(yi, vi, level = 95) {
  of <- function(f) {
    found <- f(rma(yi, vi, method = "DL", level = level))
    list(estimate = c(found$beta), se = found$se, ci.lb = c(found$ci.lb), ci.ub = c(found$ci.ub), tau2 = found$tau2)
  }
  list(default = of(hc), exact = of(hc_exact))
}

# ---- selection models --------------------------------------------------------------------------------------------------

p_value <- function(z, alternative) {
  if (alternative == "two.sided") 2 * pnorm(-abs(z)) else pnorm(z, lower.tail = alternative == "less")
}

weight_of <- list(
  beta = function(p, d) p^(d[1] - 1) * (1 - p)^(d[2] - 1),
  halfnorm = function(p, d) exp(-d * p^2),
  negexp = function(p, d) exp(-d * p),
  logistic = function(p, d) 2 * exp(-d * p) / (1 + exp(-d * p)),
  power = function(p, d) (1 - p)^d
)
LEAST <- c(beta = 1e-5, power = 1e-5, halfnorm = 0, negexp = 0, logistic = 0)

# The log-likelihood that metafor integrates to 1e-4, integrated piece by piece to rounding.
smooth_likelihood <- function(yi, vi, type, alternative) {
  sei <- sqrt(vi)
  least <- LEAST[[type]]
  cut <- function(p) pmin(pmax(p, least), 1 - least)
  edge <- if (least > 0) qnorm(least / (1 + (alternative == "two.sided")), lower.tail = FALSE) else 9
  inner <- if (alternative == "two.sided" && least > 0) qnorm((1 - least) / 2, lower.tail = FALSE) * 4^(0:9) else numeric(0)
  z <- sort(unique(c(seq(-edge, edge, length.out = 2 * ceiling(edge) + 1), inner, -inner)))
  # Gauss-Legendre points between the edges; weights are constant outside them.
  rule <- statmod::gauss.quad(24)
  middle <- (head(z, -1) + z[-1]) / 2
  half <- diff(z) / 2
  points <- c(outer(rule$nodes, half) + rep(middle, each = 24))
  width <- c(outer(rule$weights, half))
  p <- cut(p_value(yi / sei, alternative))
  at_points <- cut(p_value(points, alternative))
  ends <- cut(p_value(c(-edge, edge) * 40, alternative))
  function(par) {
    d <- par[-(1:2)]
    spread <- sqrt(vi + par[2])
    w <- weight_of[[type]](at_points, d) * width
    outside <- weight_of[[type]](ends, d)
    seen <- colSums(w * exp(-((outer(points, sei) - par[1]) / rep(spread, each = length(points)))^2 / 2)) *
      sei / (spread * sqrt(2 * pi)) + outside[1] * pnorm(-edge * sei, par[1], spread) +
      outside[2] * pnorm(edge * sei, par[1], spread, lower.tail = FALSE)
    sum(log(weight_of[[type]](p, d)) + dnorm(yi, par[1], spread, log = TRUE) - log(seen))
  }
}

# metafor's own log-likelihood of a step function, the first weight being 1.
step_likelihood <- function(yi, vi, steps, alternative) {
  steps <- c(steps, 1)
  group <- vapply(p_value(yi / sqrt(vi), alternative), function(p) which(p <= steps)[1], 0L)
  if (any(tabulate(group, length(steps)) == 0)) return(NULL)
  function(par) {
    -metafor:::.selmodel.ll.stepfun(
      c(par[1:2], 1, par[-(1:2)]), yi = yi, vi = vi, X = matrix(1, length(yi)), preci = rep(1, length(yi)), k = length(yi),
      pX = 1, pvals = NULL, deltas = length(steps), delta.val = rep(NA, length(steps)), delta.transf = FALSE, mapfun = NULL,
      delta.min = NULL, delta.max = NULL, tau2.val = NA, tau2.transf = FALSE, tau2.max = Inf, beta.val = NA, wi.fun = NULL,
      steps = steps, pgrp = group, alternative = alternative, pval.min = 0, intCtrl = NULL, verbose = FALSE, digits = 4
    )
  }
}

# Steps of 2% of a standard error and three halvings: extrapolation and rounding both leave errors below 1e-8.
RICHARDSON <- list(eps = 0.02, d = 0.02, zero.tol = 1e-8, r = 4)

# Climbs from several starts and then by Newton's method with Richardson's derivatives. A variance or parameter that ends
# at 0 is held there.
climb <- function(ll, yi, vi, deltas, is_step) {
  plain <- fit_tight(yi, vi, "ML", "z")
  grow <- function(x, held) {
    par <- c(x[1], exp(x[-1]))
    par[held] <- 0
    par
  }
  search <- function(start, held) {
    goal <- function(x) {
      value <- try(-ll(grow(x, held)), silent = TRUE)
      if (inherits(value, "try-error") || !is.finite(value)) 1e10 else value
    }
    for (i in 1:2) start <- suppressWarnings(nlminb(start, goal, control = list(rel.tol = 1e-14, iter.max = 500)))$par
    list(par = grow(start, held), held = held, value = -goal(start))
  }
  starts <- expand.grid(mu = plain$beta[1] + c(-3, 0, 3) * plain$se, tau2 = log(plain$tau2 + median(vi) * c(0.02, 1)),
                        delta = log(c(0.3, 2)))
  found <- apply(starts, 1, function(s) search(c(s[1], s[2], rep(s[3], deltas)), integer(0)), simplify = FALSE)
  best <- found[[which.max(vapply(found, function(f) f$value, 0))]]
  small <- c(FALSE, best$par[2] < 1e-5 * median(vi), if (is_step) rep(FALSE, deltas) else best$par[-(1:2)] < 1e-3)
  if (any(small)) {
    held <- search(c(best$par[1], log(pmax(best$par[-1], 1e-9))), which(small))
    if (held$value > best$value - 1e-9) best <- held
  }
  free <- setdiff(seq_along(best$par), best$held)
  at <- function(x) {
    par <- best$par
    par[free] <- x
    ll(par)
  }
  x <- best$par[free]
  errors <- errors_at(ll, best$par, free, plain$se, TRUE)
  if (is.null(errors)) return(NULL)
  size <- errors[free]
  for (i in 1:12) {
    near <- function(u) at(x + u * size)
    zero <- 0 * x
    step <- c(solve(hessian(near, zero, method.args = RICHARDSON), grad(near, zero, method.args = RICHARDSON)))
    if (max(abs(step)) > 1) return(NULL)
    x <- x - step * size
  }
  if (max(abs(step)) > 1e-9) return(NULL)
  best$par[free] <- x
  list(par = best$par, se = errors_at(ll, best$par, free, plain$se, is_step), ll = ll(best$par), step = max(abs(step)),
       plain = c(logLik(plain)))
}

# Standard errors; a parameter of a smooth weight that is held at 0 has one as well, where the likelihood bends down.
errors_at <- function(ll, par, free, se, is_step) {
  of <- function(known) {
    size <- pmax(0.1 * abs(par), c(se, 1e-3, rep(0.1, length(par) - 2)) * (par == 0), 1e-4)[known]
    for (i in 1:3) {
      bend <- hessian(function(u) {
        at <- par
        at[known] <- par[known] + u * size
        ll(at)
      }, 0 * size, method.args = RICHARDSON)
      if (any(!is.finite(bend)) || any(eigen(bend)$values >= 0)) return(NULL)
      size <- sqrt(diag(solve(-bend))) * size
    }
    errors <- rep(NA, length(par))
    errors[known] <- size
    errors
  }
  errors <- if (!is_step) of(union(free, seq_along(par)[-(1:2)]))
  if (is.null(errors)) of(free) else errors
}

select <- function(yi, vi, type, alternative, steps = NULL) {
  deltas <- if (type == "beta") 2 else if (is.null(steps)) 1 else length(steps)
  ll <- if (type == "stepfun") step_likelihood(yi, vi, steps, alternative) else smooth_likelihood(yi, vi, type, alternative)
  if (is.null(ll)) return(NULL)
  found <- try(climb(ll, yi, vi, deltas, type == "stepfun"), silent = TRUE)
  if (is.null(found) || inherits(found, "try-error") || any(found$par[-(1:2)] > 50)) return(NULL)
  arguments <- list(rma(yi, vi, method = "ML", control = list(maxiter = 1000)), type = type, alternative = alternative)
  if (!is.null(steps)) arguments$steps <- steps
  default <- try(suppressWarnings(do.call(selmodel, arguments)), silent = TRUE)
  list(
    type = type, alternative = alternative, steps = I(as.numeric(steps)), estimate = found$par[1], tau2 = found$par[2],
    delta = I(found$par[-(1:2)]), se = found$se[1], tau2_se = found$se[2], delta_se = I(found$se[-(1:2)]), ll = found$ll,
    lrt = max(0, 2 * (found$ll - found$plain)), last_step = found$step,
    default = if (inherits(default, "try-error")) NULL else list(estimate = default$beta[1], se = default$se,
                                                                 tau2 = default$tau2, ll = c(logLik(default)))
  )
}

selections <- function(yi, vi) {
  towards <- if (fit_tight(yi, vi, "FE", "z")$beta[1] > 0) "greater" else "less"
  found <- list(
    three = select(yi, vi, "stepfun", towards, 0.025),
    four = select(yi, vi, "stepfun", towards, c(0.025, 0.5)),
    five = select(yi, vi, "stepfun", towards, c(0.05, 0.25, 0.5)),
    two_sided = select(yi, vi, "stepfun", "two.sided", 0.05)
  )
  for (type in names(weight_of)) {
    found[[type]] <- select(yi, vi, type, towards)
    found[[paste0(type, "_two_sided")]] <- select(yi, vi, type, "two.sided")
  }
  Filter(Negate(is.null), found)
}

# ---- all together ------------------------------------------------------------------------------------------------------

answer <- function(name, yi, vi) {
  k <- length(yi)
  # Made-up sample sizes: what matters is that both sides use the same.
  ni <- 40 + 7 * ((seq_len(k) * 11) %% 29)
  predictor <- predictors(vi, ni)
  sides <- expand.grid(side = c("left", "right"), estimator = c("L0", "R0", "Q0"), stringsAsFactors = FALSE)
  list(
    name = name, versions = versions, k = k, ni = I(ni),
    egger_rma = list(
      predictors = lapply(predictor, function(x) egger_rma(yi, vi, x, "REML", "z")),
      methods = sapply(c("DL", "ML", "PM", "EB", "HE", "SJ", "FE"), function(method) {
        egger_rma(yi, vi, predictor$sei, method, "z")
      }, simplify = FALSE),
      tests = sapply(c("t", "knha"), function(test) egger_rma(yi, vi, predictor$sei, "REML", test), simplify = FALSE)
    ),
    egger_lm = sapply(names(predictor), function(x) egger_lm(yi, vi, ni, x), simplify = FALSE),
    egger_lm_80 = egger_lm(yi, vi, ni, "sei", level = 0.2),
    rank = rank(yi, vi),
    trim_fill = sapply(c("REML", "DL", "FE"), function(method) {
      found <- lapply(seq_len(nrow(sides)), function(i) fill(yi, vi, method, sides$side[i], sides$estimator[i]))
      names(found) <- paste(sides$side, sides$estimator)
      c(list(auto = fill(yi, vi, method, NULL, "L0")), found)
    }, simplify = FALSE),
    pet_peese = pet_peese(yi, vi),
    limit = sapply(c("REML", "DL"), function(method) limit(yi, vi, method), simplify = FALSE),
    fail_safe = fail_safe(yi, vi),
    general = general(yi, vi),
    excess = sapply(c("REML", "FE"), function(method) excess(yi, vi, method), simplify = FALSE),
    henmi_copas = list(`95` = henmi_copas(yi, vi), `80` = henmi_copas(yi, vi, 80)),
    selection = selections(yi, vi)
  )
}

dir.create(folder, showWarnings = FALSE)
for (name in if (length(wanted)) wanted else NAMES) {
  message(name)
  set <- fromJSON(file.path(sets, paste0(name, ".json")))
  save_json(file.path(folder, paste0(name, ".json")), answer(name, set$yi, set$vi))
}
