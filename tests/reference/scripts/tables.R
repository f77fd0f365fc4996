# Writes tests/reference/tables/*.json: Mantel-Haenszel, Peto and generalised linear mixed models of counts.
#
#   Rscript tests/reference/scripts/tables.R              all files
#   Rscript tests/reference/scripts/tables.R hahn2001     one file
#
# Needs R with metafor, metadat, lme4, numDeriv, BiasedUrn and jsonlite (Debian: r-cran-metafor r-cran-lme4
# r-cran-numderiv r-cran-biasedurn r-cran-jsonlite). Takes about 10 minutes.
#
# `metafor` holds metafor's own answers; lme4 and nlminb are told to go on as far as they can. `exact` holds the optimum
# of the exact likelihood, found here by trapezoidal sums and the roots of the score, with nothing of metafor in it.

suppressMessages({
  library(metafor)
  library(lme4)
  library(numDeriv)
  library(jsonlite)
})

folder <- "tests/reference/tables"
wanted <- commandArgs(TRUE)
versions <- as.list(sapply(c("metafor", "metadat", "lme4", "numDeriv", "BiasedUrn"), function(p) as.character(packageVersion(p))))
versions$R <- paste(R.version$major, R.version$minor, sep = ".")

# ---- data ----------------------------------------------------------------------------------------------------------

events <- function(name, d, ai, n1i, ci, n2i, exact = TRUE) {
  x <- data.frame(ai = d[[ai]], n1i = d[[n1i]], ci = d[[ci]], n2i = d[[n2i]])
  list(name = name, kind = "tables", data = x[complete.cases(x), ], exact = exact)
}
bcg <- transform(dat.bcg, n1i = tpos + tneg, n2i = cpos + cneg)
hcq <- subset(dat.axfors2021, hcq_cq == "hcq")
rates <- function(name, d) list(name = name, kind = "rates", data = d[c("x1i", "t1i", "x2i", "t2i")], exact = TRUE)

SETS <- list(
  events("bcg", bcg, "tpos", "n1i", "cpos", "n2i"),
  events("nielweise2007", dat.nielweise2007, "ai", "n1i", "ci", "n2i"),
  events("hahn2001", dat.hahn2001, "ai", "n1i", "ci", "n2i"),
  events("lee2004", dat.lee2004, "ai", "n1i", "ci", "n2i"),
  events("li2007", dat.li2007, "ai", "n1i", "ci", "n2i", exact = FALSE),
  events("axfors2021", hcq, "hcq_arm_event", "hcq_arm_total", "control_arm_event", "control_arm_total", exact = FALSE),
  events("viechtbauer2021", dat.viechtbauer2021, "xTi", "nTi", "xCi", "nCi"),
  events("collins1985a", dat.collins1985a, "b.xti", "nti", "b.xci", "nci", exact = FALSE),
  events("collins1985b", dat.collins1985b, "ped.xti", "fup.nti", "ped.xci", "fup.nci", exact = FALSE),
  events("hine1989", dat.hine1989, "ai", "n1i", "ci", "n2i"),
  rates("hart1999", dat.hart1999),
  rates("nielweise2008", dat.nielweise2008),
  list(name = "pritz1997", kind = "proportions", data = dat.pritz1997[c("xi", "ni")]),
  list(name = "debruin2009", kind = "proportions", data = dat.debruin2009[c("xi", "ni")]),
  list(name = "nielweise2008-arm1", kind = "one_rate", data = setNames(dat.nielweise2008[c("x1i", "t1i")], c("xi", "ti")))
)

# ---- metafor -------------------------------------------------------------------------------------------------------

quiet <- function(x) suppressMessages(suppressWarnings(x))
take <- function(fit, names) {
  values <- lapply(names, function(n) if (is.null(fit[[n]])) NA else as.vector(unlist(fit[[n]])))
  setNames(values, names)
}
POOLED <- c("beta", "se", "zval", "pval", "ci.lb", "ci.ub", "QE", "QEp", "I2", "H2", "k", "k.yi", "k.pos", "MH", "MHp",
            "CO", "COp", "BD", "BDp", "TA", "TAp")
MIXED <- c("beta", "se", "pval", "ci.lb", "ci.ub", "tau2", "sigma2", "I2", "H2", "QE.Wld", "QEp.Wld", "QE.LRT", "QEp.LRT",
           "QE.df", "k")

corrections <- list(
  default = list(),
  uncorrected = list(add = c(0, 0), to = c("none", "none"), drop00 = c(TRUE, FALSE), correct = FALSE),
  halves = list(add = c(0.5, 0.5), to = c("only0", "only0"), drop00 = c(TRUE, TRUE)),
  all = list(add = c(0.5, 0.25), to = c("all", "if0all"), drop00 = c(FALSE, FALSE))
)

pooled <- function(x, measures) {
  result <- list()
  for (measure in measures) for (rule in names(corrections)) {
    fit <- quiet(do.call(rma.mh, c(as.list(x), list(measure = measure), corrections[[rule]])))
    result[[paste(measure, rule)]] <- take(fit, POOLED)
  }
  result
}
peto <- function(x) {
  rules <- lapply(corrections, function(rule) rule[names(rule) != "correct"])
  fits <- lapply(rules, function(rule) take(quiet(do.call(rma.peto, c(as.list(x), rule))), POOLED[1:13]))
  fits
}

# lme4 as far as it goes: inner iterations to 1e-13, bobyqa until its steps are below 1e-8.
tight <- list(glmerCtrl = list(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhobeg = 1e-2, rhoend = 1e-8, maxfun = 1e6)),
              glmCtrl = list(epsilon = 1e-15, maxit = 200))
# nlminb's own tolerances stay: with smaller ones it reports no convergence.
exactly <- list(dnchgprec = 1e-15, glmerCtrl = tight$glmerCtrl, glmCtrl = tight$glmCtrl)

mixed <- function(x, measure, models, methods = c("ML", "EE")) {
  result <- list()
  for (model in models) for (method in methods) {
    is_exact <- identical(model, "CM.EL") && measure == "OR"
    # With large counts lme4's inner iterations do not reach 1e-13, then 1e-10 or its own 1e-7 has to do.
    for (tolerance in c(1e-13, 1e-10, 1e-7)) {
      control <- if (is_exact) exactly else tight
      control$glmerCtrl$tolPwrss <- tolerance
      arguments <- c(as.list(x), list(measure = measure, method = method, control = control))
      if (!is.na(model)) arguments$model <- model
      fit <- tryCatch(quiet(do.call(rma.glmm, arguments)), error = function(e) NULL)
      if (!is.null(fit)) break
    }
    if (is.null(fit)) next
    result[[paste(if (is.na(model)) "UM" else model, method)]] <- c(take(fit, MIXED), tolPwrss = tolerance)
  }
  result
}

# ---- the exact likelihood ------------------------------------------------------------------------------------------

# A family: the cumulant's first two derivatives and itself, for one study.
binomial_family <- function(n) list(A = function(e) n * ifelse(e > 0, e + log1p(exp(-e)), log1p(exp(e))),
                                    m = function(e) n * plogis(e), v = function(e) n * plogis(e) * plogis(-e))
poisson_family <- function() list(A = exp, m = exp, v = exp)
hyper_family <- function(n1, n2, m) {
  x <- max(0, m - n2):min(n1, m)
  w <- lchoose(n1, x) + lchoose(n2, m - x)
  each <- function(e, f) vapply(e, function(one) {
    t <- w + x * one; p <- exp(t - max(t)); f(p / sum(p), max(t) + log(sum(p)))
  }, 0)
  list(A = function(e) each(e, function(p, l) l), m = function(e) each(e, function(p, l) sum(p * x)),
       v = function(e) each(e, function(p, l) sum(p * x^2) - sum(p * x)^2))
}

# A study: a list of counts with family f, y, offset, loadings of beta (fixed), of alpha (own) and of u (z).
GRID <- seq(-18, 18, by = 0.15)

# Score and log-likelihood of one study at beta, alpha, sigma by a trapezoidal sum around the integrand's mode.
study <- function(parts, beta, alpha, sigma) {
  r <- length(sigma)
  eta <- function(part, u) part$offset + sum(part$fixed * beta) + part$own * alpha + as.vector(u %*% (part$z * sigma))
  height <- function(u) {
    total <- -rowSums(u^2) / 2 - r * log(2 * pi) / 2
    for (part in parts) { e <- eta(part, u); total <- total + part$y * e - part$f$A(e) }
    total
  }
  mode <- matrix(0, 1, r)
  for (i in 1:60) {
    slope <- -as.vector(mode); curvature <- diag(r)
    for (part in parts) {
      e <- eta(part, mode); w <- part$z * sigma
      slope <- slope + (part$y - part$f$m(e)) * w
      curvature <- curvature + part$f$v(e) * w %*% t(w)
    }
    step <- solve(curvature, slope)
    while (height(mode + matrix(step, 1)) < height(mode) - 1e-10) step <- step / 2
    mode <- mode + matrix(step, 1)
    if (max(abs(step)) < 1e-10) break
  }
  x <- as.matrix(expand.grid(rep(list(if (r == 2) GRID[c(TRUE, FALSE)] else GRID), r)))
  h <- (if (r == 2) 0.3 else 0.15)^r
  root <- t(solve(chol(curvature)))
  u <- sweep(x %*% root, 2, as.vector(mode), "+")
  terms <- height(u)
  top <- max(terms)
  weights <- exp(terms - top)
  score <- 0
  for (part in parts) {
    e <- part$y - part$f$m(eta(part, u))
    score <- score + cbind(e %o% part$fixed, sweep(u, 2, part$z, "*") * e, e * part$own)
  }
  list(ll = top + log(sum(weights) * h * abs(det(root))), score = colSums(weights * score) / sum(weights))
}

# The root of the score, from a start near it; `constant` completes the log-likelihood.
solve_exact <- function(studies, beta, sigma, alpha, has_own, constant) {
  p <- length(beta); r <- length(sigma); k <- length(studies); q <- p + r
  at <- function(shared, alpha) lapply(seq_len(k), function(i) study(studies[[i]], shared[1:p], alpha[i], shared[p + 1:r]))
  shared <- c(beta, sigma)
  if (has_own) for (i in seq_len(k)) {
    f <- function(a) study(studies[[i]], beta, a, sigma)$score[q + 1]
    alpha[i] <- uniroot(f, alpha[i] + c(-2, 2), extendInt = "yes", tol = 1e-6)$root
  }
  for (iteration in 1:30) {
    scores <- t(sapply(at(shared, alpha), function(s) s$score))
    J <- array(0, c(k, q + 1, q + 1))
    for (i in seq_len(k)) {
      columns <- if (has_own) q + 1 else q
      f <- function(z) study(studies[[i]], z[1:p], if (has_own) z[q + 1] else 0, z[p + 1:r])$score[1:columns]
      J[i, 1:columns, 1:columns] <- jacobian(f, c(shared, alpha[i])[1:columns], method.args = list(d = 1e-2, r = 6))
    }
    B <- matrix(J[, 1:q, q + 1], k); own <- if (has_own) J[, q + 1, q + 1] else rep(-1, k)
    S <- apply(J[, 1:q, 1:q, drop = FALSE], 2:3, sum) - t(B) %*% (B / own)
    g <- colSums(scores[, 1:q, drop = FALSE]) - colSums(B * (scores[, q + 1] * has_own / own))
    step <- -solve(S, g)
    own_step <- if (has_own) -(scores[, q + 1] + B %*% step) / own else rep(0, k)
    shared <- shared + step; alpha <- alpha + as.vector(own_step)
    if (max(abs(c(step, own_step))) < 1e-10) break
  }
  V <- solve(-S)
  tau <- abs(shared[q])
  list(beta = shared[1], se = sqrt(V[1, 1]), tau2 = tau^2, tau2.se = 2 * tau * sqrt(V[q, q]),
       sigma2 = if (r == 2) shared[p + 1]^2 else NA,
       ll = sum(sapply(at(shared, alpha), function(s) s$ll)) + constant, iterations = iteration)
}

exact_tables <- function(x, fits) {
  keep <- with(x, ai + ci > 0 & (n1i - ai) + (n2i - ci) > 0)
  x <- x[keep, ]; k <- nrow(x); result <- list()
  arms <- function(i, fixed, z, own) list(
    list(f = binomial_family(x$n1i[i]), y = x$ai[i], offset = 0, fixed = fixed[[1]], own = own, z = z[[1]]),
    list(f = binomial_family(x$n2i[i]), y = x$ci[i], offset = 0, fixed = fixed[[2]], own = own, z = z[[2]]))
  both <- with(x, sum(lchoose(n1i, ai) + lchoose(n2i, ci)))
  models <- list(
    UM.FS = list(studies = lapply(1:k, arms, fixed = list(1, 0), z = list(0.5, -0.5), own = 1), own = TRUE, constant = both),
    UM.RS = list(studies = lapply(1:k, arms, fixed = list(c(1, 1), c(0, 1)), z = list(c(1, 0.5), c(1, -0.5)), own = 0),
                 own = FALSE, constant = both),
    CM.AL = list(studies = lapply(1:k, function(i) list(list(f = binomial_family(x$ai[i] + x$ci[i]), y = x$ai[i],
                   offset = log(x$n1i[i] / x$n2i[i]), fixed = 1, own = 0, z = 1))),
                 own = FALSE, constant = with(x, sum(lchoose(ai + ci, ai)))),
    CM.EL = list(studies = lapply(1:k, function(i) list(list(f = hyper_family(x$n1i[i], x$n2i[i], x$ai[i] + x$ci[i]),
                   y = x$ai[i], offset = 0, fixed = 1, own = 0, z = 1))), own = FALSE, constant = both))
  for (model in names(models)) {
    fit <- fits[[paste(model, "ML")]]
    if (is.null(fit) || fit$tau2 < 1e-4) next
    m <- models[[model]]
    beta <- if (model == "UM.RS") c(fit$beta, log(sum(x$ci) / sum(x$n2i - x$ci))) else fit$beta
    sigma <- if (model == "UM.RS") sqrt(c(fit$sigma2, fit$tau2)) else sqrt(fit$tau2)
    alpha <- if (m$own) log((x$ci + 0.5) / (x$n2i - x$ci + 0.5)) else rep(0, k)
    result[[model]] <- solve_exact(m$studies, beta, sigma, alpha, m$own, m$constant)
  }
  c(result, list(wald = wald_exact(x)))
}

# The Wald statistic of the exact conditional model: conditional estimates of each table's log odds ratio, where finite.
wald_exact <- function(x) {
  inner <- with(x, pmin(ai, n2i - ci) > 0 & pmin(n1i - ai, ci) > 0)
  found <- sapply(which(inner), function(i) {
    f <- hyper_family(x$n1i[i], x$n2i[i], x$ai[i] + x$ci[i])
    b <- uniroot(function(e) f$m(e) - x$ai[i], c(-15, 15), tol = 1e-14)$root
    c(b, f$v(b))
  })
  mean <- sum(found[1, ] * found[2, ]) / sum(found[2, ])
  sum(found[2, ] * (found[1, ] - mean)^2)
}

exact_one <- function(y, family, offset, constant, fit) {
  if (is.null(fit) || fit$tau2 < 1e-4) return(NULL)
  studies <- lapply(seq_along(y), function(i) list(list(f = family(i), y = y[i], offset = offset[i], fixed = 1, own = 0, z = 1)))
  solve_exact(studies, fit$beta, sqrt(fit$tau2), rep(0, length(y)), FALSE, constant)
}

exact_rates <- function(x, fits) {
  x <- x[x$x1i + x$x2i > 0, ]; k <- nrow(x); result <- list()
  fit <- fits[["UM.FS ML"]]
  if (!is.null(fit) && fit$tau2 >= 1e-4) {
    arm <- function(y, t, fixed, z) list(f = poisson_family(), y = y, offset = log(t), fixed = fixed, own = 1, z = z)
    studies <- lapply(1:k, function(i) list(arm(x$x1i[i], x$t1i[i], 1, 0.5), arm(x$x2i[i], x$t2i[i], 0, -0.5)))
    result$UM.FS <- solve_exact(studies, fit$beta, sqrt(fit$tau2), log((x$x2i + 0.5) / x$t2i), TRUE,
                                -sum(lfactorial(x$x1i) + lfactorial(x$x2i)))
  }
  total <- x$x1i + x$x2i
  result$CM.EL <- exact_one(x$x1i, function(i) binomial_family(total[i]), log(x$t1i / x$t2i), sum(lchoose(total, x$x1i)),
                            fits[["CM.EL ML"]])
  result
}

# ---- files ---------------------------------------------------------------------------------------------------------

answers <- function(set) {
  x <- set$data
  if (set$kind == "tables") {
    fits <- mixed(x, "OR", if (set$exact) c("UM.FS", "UM.RS", "CM.EL", "CM.AL") else c("UM.FS", "CM.AL"))
    return(list(pooled = pooled(x, c("OR", "RR", "RD")), peto = peto(x), metafor = fits, exact = if (set$exact) exact_tables(x, fits)))
  }
  if (set$kind == "rates") {
    fits <- mixed(x, "IRR", c("UM.FS", "UM.RS", "CM.EL"))
    return(list(pooled = pooled(x, c("IRR", "IRD")), metafor = fits, exact = exact_rates(x, fits)))
  }
  if (set$kind == "proportions") {
    fits <- mixed(x, "PLO", NA)
    exact <- exact_one(x$xi, function(i) binomial_family(x$ni[i]), rep(0, nrow(x)), sum(lchoose(x$ni, x$xi)), fits[["UM ML"]])
  } else {
    fits <- mixed(x, "IRLN", NA)
    exact <- exact_one(x$xi, function(i) poisson_family(), log(x$ti), -sum(lfactorial(x$xi)), fits[["UM ML"]])
  }
  list(metafor = fits, exact = if (!is.null(exact)) list(UM = exact))
}

for (set in SETS) {
  if (length(wanted) && !set$name %in% wanted) next
  started <- proc.time()[3]
  content <- c(list(name = set$name, kind = set$kind, source = paste0("metadat, dat.", sub("-.*", "", set$name)),
                    versions = versions, data = as.list(set$data)), answers(set))
  text <- toJSON(content, digits = I(17), auto_unbox = TRUE, null = "null", na = "null")
  writeLines(text, file.path(folder, paste0(set$name, ".json")))
  cat(set$name, round(proc.time()[3] - started), "s\n")
}
