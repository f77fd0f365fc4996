# Writes tests/reference/network/*.json but netmeta.json: network meta-analyses computed in R from their definitions.
#
#   Rscript tests/reference/scripts/network.R
#
# Needs R with metafor, metadat, and jsonlite. REML and ML are metafor's rma.mv with a known V (rho = 1/2), whose optimum
# Newton's method on the exact score improves; the moment estimator, the decomposition of Q, the split of direct and
# indirect evidence, P-scores and the net heat matrix are matrix formulas in base R: generalised least squares with the
# covariances of multi-arm studies (no reduced weights, no graph theory), dense and for all rows at once.

suppressMessages({ library(metafor); library(jsonlite) })

folder <- "tests/reference/network"
dir.create(folder, showWarnings = FALSE)
versions <- as.list(c(R = paste(R.version$major, R.version$minor, sep = "."),
  vapply(c("metafor", "metadat"), function(p) as.character(packageVersion(p)), "")))
TIGHT <- list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-14, maxit = 5000)

# ---- arms: one row each: study, treatment, level, variance of the level ---------------------------------------------

mean_arms <- function(study, treatment, m, sd, n) {
  data.frame(study = as.character(study), treatment = as.character(treatment), level = m, variance = sd^2 / n, mean = m, sd, total = n)
}
odds_arms <- function(study, treatment, x, n) {
  keep <- ave(x, study, FUN = sum) > 0 & ave(n - x, study, FUN = sum) > 0
  study <- as.character(study)[keep]; treatment <- as.character(treatment)[keep]; x <- x[keep]; n <- n[keep]
  add <- 0.5 * (ave(as.numeric(x == 0 | x == n), study, FUN = max) > 0)
  data.frame(study, treatment, level = log((x + add) / (n - x + add)), variance = 1 / (x + add) + 1 / (n - x + add),
             events = x, total = n)
}
senn <- with(metadat::dat.senn2013, mean_arms(study, treatment, mi, sdi, ni))
smoke <- with(metadat::dat.hasselblad1998, odds_arms(study, trt, xi, ni))
dong <- with(metadat::dat.dong2013, odds_arms(id, treatment, death, randomized))
baker <- with(metadat::dat.baker2009, odds_arms(study, treatment, exac, total))
park <- metadat::dat.franchini2012
park <- do.call(rbind, lapply(1:3, function(i) {
  p <- park[!is.na(park[[paste0("n", i)]]), ]
  mean_arms(p$Study, p[[paste0("Treatment", i)]], p[[paste0("y", i)]], p[[paste0("sd", i)]], p[[paste0("n", i)]])
}))

# ---- contrasts with the first treatment of each study ---------------------------------------------------------------

contrasts_of <- function(arms) {
  rows <- lapply(split(arms, factor(arms$study, unique(arms$study))), function(s) {
    s <- s[order(s$treatment, method = "radix"), ]
    others <- s[-1, ]
    V <- matrix(s$variance[1], nrow(others), nrow(others)) + diag(others$variance, nrow(others))
    list(y = others$level - s$level[1], V = V, study = others$study, t1 = others$treatment,
         t2 = rep(s$treatment[1], nrow(others)), design = rep(paste(s$treatment, collapse = " / "), nrow(others)))
  })
  pick <- function(name) unname(unlist(lapply(rows, `[[`, name)))
  list(y = pick("y"), V = as.matrix(bldiag(lapply(rows, `[[`, "V"))), study = pick("study"), t1 = pick("t1"),
       t2 = pick("t2"), design = pick("design"))
}
incidence <- function(t1, t2, trts) {
  X <- matrix(0, length(t1), length(trts), dimnames = list(NULL, trts))
  X[cbind(seq_along(t1), match(t1, trts))] <- 1
  X[cbind(seq_along(t2), match(t2, trts))] <- -1
  X
}
shared <- function(study) (outer(study, study, "==") + diag(length(study))) / 2

gls <- function(y, V, X) {
  W <- solve(V); C <- solve(t(X) %*% W %*% X)
  b <- drop(C %*% t(X) %*% W %*% y); r <- y - drop(X %*% b)
  P <- W - W %*% X %*% C %*% t(X) %*% W
  list(b = b, C = C, Q = drop(t(r) %*% W %*% r), df = length(y) - ncol(X), P = P, W = W, r = r)
}
moments_tau2 <- function(y, V, X, K) {
  f <- gls(y, V, X)
  if (f$df == 0) return(NA)
  max(0, (f$Q - f$df) / sum(f$P * K))
}
polish <- function(tau2, y, V, X, K, reml) {
  if (tau2 < 1e-8) { start <- 0 } else start <- tau2
  for (i in 1:50) {
    f <- gls(y, V + start * K, X)
    Py <- f$P %*% y; A <- if (reml) f$P else f$W
    AK <- A %*% K; KPy <- K %*% Py
    score <- (sum(Py * KPy) - sum(diag(AK))) / 2
    hessian <- sum(AK * t(AK)) / 2 - sum(KPy * (f$P %*% KPy))
    if (start == 0 && score <= 0) return(0)
    step <- -score / hessian
    start <- max(0, start + step)
    if (abs(step) < 1e-15 * max(1, start)) break
  }
  stopifnot(abs(score) < 1e-7)
  start
}

# ---- one network ----------------------------------------------------------------------------------------------------

all_pairs <- function(b, C, trts) {
  # b, C: treatments but the first against the first
  L <- rbind(0, diag(length(b))); est <- drop(L %*% b); V <- L %*% C %*% t(L)
  v <- outer(diag(V), diag(V), "+") - 2 * V
  list(estimate = outer(est, est, "-"), se = sqrt(pmax(v, 0)))
}
pscores <- function(pairs, good) {
  n <- nrow(pairs$se); z <- pairs$estimate / ifelse(pairs$se > 0, pairs$se, 1)
  p <- pnorm(if (good == "small") -z else z); diag(p) <- 0
  rowSums(p) / (n - 1)
}
split_evidence <- function(arms, pairs, tau2, trts) {
  out <- list()
  by_study <- split(arms, arms$study)
  for (i in 1:(length(trts) - 1)) for (j in (i + 1):length(trts)) {
    both <- Filter(function(s) all(c(trts[i], trts[j]) %in% s$treatment), by_study)
    if (!length(both)) next
    y <- sapply(both, function(s) s$level[s$treatment == trts[i]] - s$level[s$treatment == trts[j]])
    v <- sapply(both, function(s) s$variance[s$treatment == trts[i]] + s$variance[s$treatment == trts[j]]) + tau2
    d <- sum(y / v) / sum(1 / v); vd <- 1 / sum(1 / v)
    e <- pairs$estimate[i, j]; ve <- pairs$se[i, j]^2
    if (vd / ve < 1 + 1e-6) {
      out[[length(out) + 1]] <- list(t1 = trts[i], t2 = trts[j], k = length(both), proportion = ve / vd, direct = d, direct_se = sqrt(vd))
      next
    }
    vi <- 1 / (1 / ve - 1 / vd); ind <- vi * (e / ve - d / vd)
    out[[length(out) + 1]] <- list(t1 = trts[i], t2 = trts[j], k = length(both), proportion = ve / vd, direct = d,
      direct_se = sqrt(vd), indirect = ind, indirect_se = sqrt(vi), difference = d - ind, difference_se = sqrt(vd + vi),
      p_value = 2 * pnorm(-abs(d - ind) / sqrt(vd + vi)))
  }
  out
}
# Between-designs Q: the full interaction model has one effect for each contrast of each design.
interaction <- function(cs) {
  cell <- paste(cs$design, cs$t1, sep = " : ")
  Z <- outer(cell, unique(cell), "==") * 1
  list(Z = Z, design = cs$design[match(unique(cell), cell)], cell = unique(cell))
}
detached <- function(cs, X, tau2) {
  M <- cs$V + tau2 * shared(cs$study)
  full <- gls(cs$y, M, interaction(cs)$Z)
  sapply(unique(cs$design), function(d) {
    own <- interaction(cs); Z <- own$Z[, own$design == d, drop = FALSE]
    XZ <- cbind(X, Z)
    if (qr(XZ)$rank < ncol(XZ)) return(NA)
    gls(cs$y, M, XZ)$Q - full$Q
  })
}
heat <- function(cs, X, tau2) {
  M <- cs$V + tau2 * shared(cs$study)
  own <- interaction(cs); full <- gls(cs$y, M, own$Z)
  theta <- full$b; S <- full$C; W <- solve(S)
  Xd <- X[match(own$cell, paste(cs$design, cs$t1, sep = " : ")), , drop = FALSE]
  fit <- gls(theta, S, Xd)
  whole <- drop(W %*% fit$r) * fit$r
  G <- Xd %*% fit$C %*% t(Xd) %*% W
  D <- sapply(own$design, function(d) {
    Z <- diag(length(theta))[, own$design == d, drop = FALSE]; XZ <- cbind(Xd, Z)
    if (qr(XZ)$rank < ncol(XZ)) return(rep(NA, length(theta)))
    r <- gls(theta, S, XZ)$r
    whole - drop(W %*% r) * r
  })
  keep <- abs(whole) > 1.5e-8 & apply(D, 2, function(x) all(is.finite(x)))
  list(cell = own$cell[keep], heat = unname(D[keep, keep]), share = unname(G[keep, keep]))
}
network <- function(name, arms, good, reference) {
  trts <- sort(unique(arms$treatment), method = "radix")
  cs <- contrasts_of(arms); K <- shared(cs$study)
  X <- incidence(cs$t1, cs$t2, trts)[, -1]
  common <- gls(cs$y, cs$V, X)
  Z <- interaction(cs)$Z; within <- gls(cs$y, cs$V, Z)
  tau2 <- list(DL = moments_tau2(cs$y, cs$V, X, K))
  for (method in c("REML", "ML")) {
    m <- rma.mv(cs$y, cs$V, mods = X, intercept = FALSE, random = ~ comp | study, rho = 1 / 2, method = method,
      data = data.frame(comp = paste(cs$t1, cs$t2), study = cs$study), control = TIGHT, sparse = FALSE)
    tau2[[method]] <- polish(m$tau2, cs$y, cs$V, X, K, method == "REML")
    cat(name, method, "metafor", m$tau2, "optimum", tau2[[method]], "\n")
    stopifnot(abs(m$tau2 - tau2[[method]]) < 1e-4 * max(1, m$tau2))
    m0 <- rma.mv(cs$y, cs$V, mods = X, intercept = FALSE, random = ~ comp | study, rho = 1 / 2, tau2 = tau2[[method]],
      data = data.frame(comp = paste(cs$t1, cs$t2), study = cs$study))
    f <- gls(cs$y, cs$V + tau2[[method]] * K, X)
    stopifnot(max(abs(coef(m0) - f$b)) < 1e-8, max(abs(vcov(m0) - f$C)) < 1e-8)
  }
  tau2_within <- moments_tau2(cs$y, cs$V, Z, K)
  M <- cs$V + ifelse(is.na(tau2_within), 0, tau2_within) * K
  between_random <- gls(cs$y, M, X)$Q - gls(cs$y, M, Z)$Q
  models <- lapply(c(CE = 0, tau2), function(t) {
    f <- gls(cs$y, cs$V + t * K, X); p <- all_pairs(f$b, f$C, trts)
    list(tau2 = t, estimate = p$estimate, se = p$se, pscore = pscores(p, good), split = split_evidence(arms, p, t, trts))
  })
  # comparison-adjusted funnel against the reference, classical test (common-effect centres)
  pairs <- do.call(rbind, lapply(split(arms, arms$study), function(s) if (reference %in% s$treatment) {
    o <- s[s$treatment != reference, ]; r <- s[s$treatment == reference, ]
    data.frame(t = o$treatment, y = o$level - r$level, v = o$variance + r$variance)
  }))
  pairs$adj <- pairs$y - ave(seq_len(nrow(pairs)), pairs$t, FUN = function(i) weighted.mean(pairs$y[i], 1 / pairs$v[i]))
  egger <- if (nrow(pairs) > 2) summary(lm(adj ~ sqrt(v), weights = 1 / v, data = pairs))$coefficients[2, ] else NULL
  det <- detached(cs, X, 0)
  out <- list(versions = versions, arms = arms, good = good, reference = reference, treatments = trts, k = length(unique(cs$study)),
    q = common$Q, q_df = common$df, q_within = within$Q, q_within_df = within$df, q_between = common$Q - within$Q,
    tau2_within = tau2_within, q_between_random = between_random, detached = as.list(det), models = models,
    heat = heat(cs, X, 0), heat_random = heat(cs, X, ifelse(is.na(tau2_within), 0, tau2_within)),
    egger = list(k = nrow(pairs), slope = egger[[1]], slope_se = egger[[2]], statistic = egger[[3]], p_value = egger[[4]]))
  text <- toJSON(out, digits = I(17), auto_unbox = TRUE, na = "null", null = "null", matrix = "rowmajor")
  writeLines(text, file.path(folder, paste0(name, ".json")))
}
network("senn2013", senn, "small", "placebo")
network("franchini2012", park, "small", "Placebo")
network("hasselblad1998", smoke, "large", "no_contact")
network("dong2013", dong, "small", "Placebo")
network("baker2009", baker, "small", "Placebo")
