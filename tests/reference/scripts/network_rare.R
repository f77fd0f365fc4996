# Writes tests/reference/network/rare.json: models of rare events of networks, computed in R from their definitions.
#
#   Rscript tests/reference/scripts/network_rare.R
#
# Needs R with metafor, metadat, numDeriv and jsonlite, 10 seconds. netmetabin.json holds what netmeta's own code says; here
# nothing is taken from it. Three checks:
#   two_treatments   a network of two treatments is an ordinary Mantel-Haenszel odds ratio: metafor's rma.mh, and by hand
#   single_studies   with one study for each design the Mantel-Haenszel model is generalised least squares of log odds
#                    ratios: metafor's rma.mv with the covariances of multi-arm studies
#   hypergeometric   Breslow's approximation: the log-likelihood by optim and numDeriv, and as a Poisson regression with an
#                    intercept for each study (glm), which has the same treatment effects and standard errors

suppressMessages({ library(metafor); library(jsonlite); library(numDeriv) })

folder <- "tests/reference/network"
versions <- as.list(c(R = paste(R.version$major, R.version$minor, sep = "."),
  vapply(c("metafor", "metadat", "numDeriv"), function(p) as.character(packageVersion(p)), "")))

arms_of <- function(study, treatment, events, total) {
  data.frame(study = as.character(study), treatment = as.character(treatment), events, total, stringsAsFactors = FALSE)
}
tables_of <- function(d, ai, n1i, ci, n2i) {
  study <- sprintf("s%02d", seq_len(nrow(d)))
  arms_of(rep(study, 2), rep(c("A", "B"), each = nrow(d)), c(d[[ai]], d[[ci]]), c(d[[n1i]], d[[n2i]]))
}
dong <- with(metadat::dat.dong2013, arms_of(id, treatment, death, randomized))

# ---- what says nothing about odds ratios ------------------------------------------------------------------------------

reduce <- function(arms, correction = 0) {
  both <- function(rows) sum(rows$events) > 0 && sum(rows$total - rows$events) > 0
  arms <- do.call(rbind, Filter(both, split(arms, arms$study)))
  arms$design <- ave(arms$treatment, arms$study, FUN = function(x) paste(sort(x, method = "radix"), collapse = " / "))
  cell <- paste(arms$design, arms$treatment, sep = " : ")
  alone <- ave(arms$events, cell, FUN = sum) == 0 | ave(arms$total - arms$events, cell, FUN = sum) == 0
  if (correction > 0) {
    sparse <- arms$design %in% arms$design[alone]
    arms$events <- arms$events + correction * sparse
    arms$total <- arms$total + 2 * correction * sparse
  } else {
    arms <- arms[!alone, ]
  }
  left <- ave(seq_along(arms$study), arms$study, FUN = length)
  arms[left > 1, ]
}

# ---- two treatments ---------------------------------------------------------------------------------------------------

by_hand <- function(arms) {
  a <- arms[arms$treatment == "A", ]; b <- arms[arms$treatment == "B", ]
  stopifnot(identical(a$study, b$study))
  N <- a$total + b$total
  R <- a$events * (b$total - b$events) / N; S <- b$events * (a$total - a$events) / N
  P <- (a$events + b$total - b$events) / N; Q <- 1 - P
  c(log(sum(R) / sum(S)),
    sqrt(sum(P * R) / (2 * sum(R)^2) + sum(P * S + Q * R) / (2 * sum(R) * sum(S)) + sum(Q * S) / (2 * sum(S)^2)))
}
two_treatments <- function(arms) {
  a <- arms[arms$treatment == "A", ]; b <- arms[arms$treatment == "B", ]
  # The effects of single studies, which are infinite for those with an empty cell, are not asked for.
  m <- suppressWarnings(rma.mh(ai = a$events, n1i = a$total, ci = b$events, n2i = b$total, measure = "OR", add = 0, to = "none", drop00 = TRUE))
  hand <- by_hand(arms)
  stopifnot(abs(hand - c(m$beta, m$se)) < 1e-12)
  list(arms = arms, estimate = c(m$beta), se = m$se, statistic = m$zval, p_value = m$pval, ci_lower = m$ci.lb, ci_upper = m$ci.ub)
}

# ---- one study for each design ----------------------------------------------------------------------------------------

all_pairs <- function(b, C, treatments) {
  L <- rbind(0, diag(length(b))); est <- drop(L %*% b); V <- L %*% C %*% t(L)
  v <- outer(diag(V), diag(V), "+") - 2 * V
  list(treatments = treatments, estimate = unname(outer(est, est, "-")), se = unname(sqrt(pmax(v, 0))))
}
single_studies <- function(arms) {
  arms <- arms[ave(pmin(arms$events, arms$total - arms$events), arms$study, FUN = min) > 0, ]
  design <- ave(arms$treatment, arms$study, FUN = function(x) paste(sort(x), collapse = " / "))
  size <- ave(arms$total, arms$study, FUN = sum)
  arms <- arms[size == ave(size, design, FUN = max), ]
  rows <- lapply(split(arms, arms$study), function(s) {
    s <- s[order(s$treatment, method = "radix"), ]
    level <- log(s$events / (s$total - s$events)); v <- 1 / s$events + 1 / (s$total - s$events)
    list(y = level[-1] - level[1], V = v[1] + diag(v[-1], nrow(s) - 1), t1 = s$treatment[-1], t2 = rep(s$treatment[1], nrow(s) - 1))
  })
  treatments <- sort(unique(arms$treatment), method = "radix")
  t1 <- unlist(lapply(rows, `[[`, "t1")); t2 <- unlist(lapply(rows, `[[`, "t2"))
  X <- outer(t1, treatments, "==") - outer(t2, treatments, "==")
  m <- rma.mv(unlist(lapply(rows, `[[`, "y")), bldiag(lapply(rows, `[[`, "V")), mods = X[, -1], intercept = FALSE)
  c(list(arms = arms, q = m$QE, q_df = m$k - m$p), all_pairs(coef(m), vcov(m), treatments))
}

# ---- the hypergeometric likelihood, approximated ----------------------------------------------------------------------

hypergeometric <- function(all_arms, correction = 0) {
  arms <- reduce(all_arms, correction)
  treatments <- sort(unique(arms$treatment), method = "radix")
  place <- match(arms$treatment, treatments)
  loglik <- function(b) {
    w <- arms$total * exp(c(0, b)[place])
    sum(arms$events * log(w / ave(w, arms$study, FUN = sum)))
  }
  score <- function(b) {
    w <- arms$total * exp(c(0, b)[place])
    r <- arms$events - ave(arms$events, arms$study, FUN = sum) * w / ave(w, arms$study, FUN = sum)
    unname(vapply(split(r, factor(place, seq_along(treatments))), sum, 0))[-1]
  }
  slope <- function(b) jacobian(score, b, method.args = list(d = 0.01, eps = 0.01, r = 6))
  top <- optim(numeric(length(treatments) - 1), loglik, score, method = "BFGS", control = list(fnscale = -1, reltol = 1e-16, maxit = 1000))
  b <- top$par
  for (i in 1:5) b <- b - solve(slope(b), score(b))
  stopifnot(abs(score(b)) < 1e-9, max(abs(grad(loglik, b))) < 1e-4, max(abs(b - top$par)) < 1e-4)
  first <- suppressWarnings(glm(events ~ 0 + factor(study) + factor(treatment, treatments) + offset(log(total)), family = poisson, data = arms,
    control = glm.control(epsilon = 1e-15, maxit = 100)))
  own <- seq(to = length(coef(first)), length.out = length(b))
  found <- all_pairs(b, solve(-slope(b)), treatments)
  poisson <- all_pairs(coef(first)[own], vcov(first)[own, own, drop = FALSE], treatments)
  stopifnot(abs(found$estimate - poisson$estimate) < 1e-9, abs(found$se - poisson$se) < 1e-8)
  c(list(arms = all_arms, correction = correction, k = length(unique(arms$study))), found, list(se_poisson = poisson$se))
}

out <- list(versions = versions,
  two_treatments = list(
    nielweise2007 = two_treatments(tables_of(metadat::dat.nielweise2007, "ai", "n1i", "ci", "n2i")),
    collins1985b = two_treatments(tables_of(metadat::dat.collins1985b, "pre.xti", "pre.nti", "pre.xci", "pre.nci")),
    hahn2001 = two_treatments(tables_of(metadat::dat.hahn2001, "ai", "n1i", "ci", "n2i"))),
  single_studies = list(dong2013 = single_studies(dong),
    baker2009 = single_studies(with(metadat::dat.baker2009, arms_of(study, treatment, exac, total))),
    dogliotti2014 = single_studies(with(metadat::dat.dogliotti2014, arms_of(study, treatment, stroke, total)))),
  hypergeometric = list(dong2013 = hypergeometric(dong), dong2013_corrected = hypergeometric(dong, 0.5),
    gurusamy2011 = hypergeometric(with(metadat::dat.gurusamy2011, arms_of(study, treatment, death, n))),
    hasselblad1998 = hypergeometric(with(metadat::dat.hasselblad1998, arms_of(study, trt, xi, ni))),
    baker2009 = hypergeometric(with(metadat::dat.baker2009, arms_of(study, treatment, exac, total)))))
writeLines(toJSON(out, digits = I(17), auto_unbox = TRUE, na = "null", null = "null", matrix = "rowmajor"), file.path(folder, "rare.json"))
