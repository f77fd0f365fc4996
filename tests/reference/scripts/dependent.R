# Writes tests/reference/dependent/*.json: what metafor, clubSandwich and robumeta say about dependent effects.
#
#   Rscript tests/reference/scripts/dependent.R
#
# Needs R with metafor, metadat, clubSandwich, robumeta, numDeriv and jsonlite. metafor's optimisers stop when the
# log-likelihood rises no more, which leaves the parameters 1e-5 to 1e-8 from the optimum. Newton's method on the exact
# score goes on from there; metafor then evaluates everything else with the variances given.

suppressMessages({
  library(metafor)
  library(clubSandwich)
  library(robumeta)
  library(numDeriv)
  library(jsonlite)
})

folder <- "tests/reference/dependent"
dir.create(folder, showWarnings = FALSE)
versions <- as.list(c(
  R = paste(R.version$major, R.version$minor, sep = "."),
  vapply(c("metafor", "metadat", "clubSandwich", "robumeta", "numDeriv"), function(p) as.character(packageVersion(p)), "")
))
save_json <- function(name, x) {
  text <- toJSON(c(list(versions = versions), x), digits = I(17), auto_unbox = TRUE, na = "null", null = "null")
  writeLines(text, file.path(folder, paste0(name, ".json")))
}
TIGHT <- list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-14, maxit = 5000)

# ---- exact optima --------------------------------------------------------------------------------------------------

# Score and second derivatives of V + sum(theta * kernels), dense.
derivatives <- function(theta, yi, V, X, kernels, reml) {
  M <- V
  for (a in seq_along(kernels)) M <- M + theta[a] * kernels[[a]]
  W <- chol2inv(chol(M))
  P <- W - W %*% X %*% solve(t(X) %*% W %*% X, t(X) %*% W)
  Py <- P %*% yi
  T <- if (reml) P else W
  TK <- lapply(kernels, function(K) T %*% K)
  KPy <- lapply(kernels, function(K) K %*% Py)
  m <- length(kernels)
  score <- vapply(seq_len(m), function(a) (sum(Py * KPy[[a]]) - sum(diag(TK[[a]]))) / 2, 0)
  hessian <- matrix(0, m, m)
  for (a in seq_len(m)) for (b in seq_len(m)) {
    hessian[a, b] <- sum(TK[[a]] * t(TK[[b]])) / 2 - sum(KPy[[a]] * (P %*% KPy[[b]]))
  }
  list(score = score, hessian = hessian)
}

polish <- function(theta, yi, V, X, kernels, reml) {
  free <- theta > 1e-6 | vapply(kernels, function(K) any(diag(K) == 0), TRUE)
  theta[!free] <- 0
  for (iteration in 1:30) {
    d <- derivatives(theta, yi, V, X, kernels, reml)
    step <- rep(0, length(theta))
    step[free] <- -solve(d$hessian[free, free, drop = FALSE], d$score[free])
    theta <- theta + step
    if (max(abs(step)) < 1e-15 * max(1, abs(theta))) break
  }
  stopifnot(all(d$score[!free] < 0), max(abs(d$score[free])) < 1e-7)
  theta
}

numbers <- function(x) {
  list(
    names = I(rownames(x$beta)), estimate = I(c(x$beta)), se = I(x$se), statistic = I(x$zval), p_value = I(x$pval),
    ci_lower = I(x$ci.lb), ci_upper = I(x$ci.ub), q = x$QE, q_p_value = x$QEp, qm = x$QM, qm_df = x$QMdf,
    qm_p_value = x$QMp, log_likelihood = c(logLik(x)), sigma2 = I(x$sigma2), tau2 = I(x$tau2), rho = I(x$rho),
    method = x$method
  )
}

# ---- multilevel ----------------------------------------------------------------------------------------------------

same <- function(f) outer(as.character(f), as.character(f), "==") * 1

multilevel <- function(dat, V, random, factors, mods = ~1, method = "REML", intervals = FALSE) {
  if (is.null(dim(V))) V <- diag(V)
  start <- rma.mv(yi, V, mods = mods, random = random, data = dat, method = method, control = TIGHT)
  theta <- polish(start$sigma2, dat$yi, V, start$X, lapply(factors, same), method == "REML")
  fits <- lapply(c(z = "z", t = "t"), function(test) {
    rma.mv(yi, V, mods = mods, random = random, data = dat, method = method, sigma2 = theta, test = test)
  })
  P <- { W <- solve(V); X <- start$X; W - W %*% X %*% solve(t(X) %*% W %*% X) %*% t(X) %*% W }
  i2 <- theta / (sum(theta) + (start$k - start$p) / sum(diag(P)))
  answer <- list(
    z = numbers(fits$z), t = numbers(fits$t), aic = AIC(start), bic = BIC(start), aicc = AIC(start, correct = TRUE),
    i2_by_factor = I(i2), levels = I(start$s.nlevels)
  )
  if (start$p == 1) {
    predicted <- predict(fits$t)
    answer$predict <- list(pi.lb = predicted$pi.lb, pi.ub = predicted$pi.ub)
  }
  if (intervals) {
    tight <- rma.mv(yi, V, mods = mods, random = random, data = dat, method = method, control = TIGHT)
    found <- confint(tight, control = list(tol = 1e-12))
    found <- if (is.null(found$random)) found[seq_along(theta)] else list(found)
    answer$intervals <- lapply(found, function(ci) I(as.numeric(unlist(ci$random[1, c("ci.lb", "ci.ub")]))))
  }
  blups <- ranef(fits$t)
  answer$ranef <- lapply(unname(blups), function(u) {
    list(levels = I(rownames(u)), estimate = I(u$intrcpt), se = I(u$se), pi_lower = I(u$pi.lb), pi_upper = I(u$pi.ub))
  })
  list(answer = answer, fit = fits$z)
}

robust_numbers <- function(x, cluster, tested) {
  one <- function(type) {
    V <- vcovCR(x, cluster = cluster, type = type)
    test <- coef_test(x, vcov = V, test = c("Satterthwaite", "naive-tp"))
    ci <- conf_int(x, vcov = V, test = "Satterthwaite")
    wald <- Wald_test(x, constraints = constrain_zero(tested), vcov = V, test = c("HTZ", "Naive-Fp"))
    list(
      covariance = unclass(matrix(c(V), nrow(V))), se = I(test$SE), df = I(test$df_Satt), p_value = I(test$p_Satt),
      p_naive = I(test$p_tp), ci_lower = I(ci$CI_L), ci_upper = I(ci$CI_U),
      htz = I(unlist(wald[wald$test == "HTZ", c("Fstat", "df_num", "df_denom", "p_val")])),
      naive = I(unlist(wald[wald$test == "Naive-Fp", c("Fstat", "df_num", "df_denom", "p_val")]))
    )
  }
  types <- c("CR0", "CR1", "CR1p", "CR1S", "CR2")
  setNames(lapply(types, one), types)
}

konstantopoulos <- dat.konstantopoulos2011
assink <- dat.assink2016
assink_V <- vcalc(vi, cluster = study, obs = esid, rho = 0.6, data = assink)
bornmann <- escalc(measure = "OR", ai = waward, n1i = wtotal, ci = maward, n2i = mtotal, data = dat.bornmann2007)
konstantopoulos$id <- seq_len(nrow(konstantopoulos))
cases <- list(
  konstantopoulos = multilevel(konstantopoulos, konstantopoulos$vi, ~ 1 | district / school,
    list(konstantopoulos$district, konstantopoulos$id), intervals = TRUE),
  konstantopoulos_ml = multilevel(konstantopoulos, konstantopoulos$vi, ~ 1 | district / school,
    list(konstantopoulos$district, konstantopoulos$id), method = "ML", intervals = TRUE),
  konstantopoulos_crossed = multilevel(konstantopoulos, konstantopoulos$vi, list(~ 1 | district, ~ 1 | year, ~ 1 | id),
    list(konstantopoulos$district, konstantopoulos$year, konstantopoulos$id)),
  assink = multilevel(assink, assink_V, ~ 1 | study / esid, list(assink$study, assink$id), intervals = TRUE),
  assink_mods = multilevel(assink, assink_V, ~ 1 | study / esid, list(assink$study, assink$id), ~ deltype + year),
  bornmann = multilevel(bornmann, bornmann$vi, ~ 1 | study / obs, list(bornmann$study, seq_len(nrow(bornmann))),
    intervals = TRUE),
  bornmann_mods = multilevel(bornmann, bornmann$vi, ~ 1 | study / obs, list(bornmann$study, seq_len(nrow(bornmann))),
    ~ type, method = "ML")
)
uni <- rma(yi, vi, mods = ~ deltype + year, data = assink, method = "DL")
set_weights <- round(seq(1, 3, length.out = nrow(assink)), 3)
weighted <- rma(yi, vi, mods = ~ deltype + year, data = assink, method = "DL", weights = set_weights)
save_json("multilevel", list(
  data = list(
    konstantopoulos = c(list(source = "Konstantopoulos (2011), doi:10.1002/jrsm.35"),
      as.list(konstantopoulos[c("yi", "vi", "district", "school", "year", "id")])),
    assink = c(list(source = "Assink and Wibbelink (2016), doi:10.20982/tqmp.12.3.p154"),
      as.list(assink[c("yi", "vi", "study", "esid", "deltype", "year")])),
    bornmann = c(list(source = "Bornmann, Mutz and Daniel (2007), doi:10.1016/j.joi.2007.03.001"),
      lapply(as.list(bornmann[c("yi", "vi", "study", "obs", "type")]), as.vector))
  ),
  cases = lapply(cases, function(case) case$answer),
  robust = list(
    konstantopoulos = robust_numbers(cases$konstantopoulos$fit, konstantopoulos$district, 1),
    assink_mods = robust_numbers(cases$assink_mods$fit, assink$study, 2:4),
    bornmann_mods = robust_numbers(cases$bornmann_mods$fit, bornmann$study, 2)
  ),
  univariate = list(tau2 = uni$tau2, weights = set_weights, estimate = I(c(uni$beta)),
    weighted_estimate = I(c(weighted$beta)), weighted_tau2 = weighted$tau2,
    plain = robust_numbers(uni, assink$study, 2:4), weighted = robust_numbers(weighted, assink$study, 2:4))
))

# ---- multivariate --------------------------------------------------------------------------------------------------

# Kernels of the entries of G, upper triangle by rows.
entries <- function(inner, outer_factor) {
  inner <- factor(inner)
  q <- nlevels(inner)
  together <- same(outer_factor)
  found <- list()
  for (a in seq_len(q)) for (b in a:q) {
    one <- outer(inner == levels(inner)[a], inner == levels(inner)[b])
    found[[length(found) + 1]] <- together * (if (a == b) one else one + t(one))
  }
  found
}

multivariate <- function(dat, V, random, inner, outer_factor, struct, mods, method = "REML") {
  best <- NULL
  for (rho in c(0.1, 0.5, 0.9, -0.1)) {
    fit <- try(suppressWarnings(rma.mv(yi, V, mods = mods, random = random, data = dat, struct = struct, method = method,
      control = c(TIGHT, list(rho.init = rho)))), silent = TRUE)
    if (inherits(fit, "try-error")) next
    if (is.null(best) || logLik(fit) > logLik(best)) best <- fit
  }
  tau2 <- best$tau2
  rho <- best$rho
  q <- nlevels(factor(inner))
  exact <- "optimiser"
  inside <- min(eigen(best$G, symmetric = TRUE)$values) > 1e-6
  if (struct %in% c("UN", "DIAG") && inside) {
    K <- entries(inner, outer_factor)
    is_diagonal <- unlist(lapply(seq_len(q), function(a) seq(a, q) == a))
    theta <- best$G[lower.tri(best$G, diag = TRUE)]
    if (struct == "DIAG") { K <- K[is_diagonal]; theta <- tau2 }
    theta <- polish(theta, dat$yi, V, best$X, K, method == "REML")
    if (struct == "UN") {
      G <- matrix(0, q, q)
      G[lower.tri(G, diag = TRUE)] <- theta
      G <- G + t(G) - diag(diag(G))
      tau2 <- diag(G)
      rho <- cov2cor(G)[lower.tri(G)]
    } else tau2 <- theta
    exact <- "score"
  } else if (inside) {
    n <- length(tau2)
    value <- function(par) {
      c(logLik(rma.mv(yi, V, mods = mods, random = random, data = dat, struct = struct, method = method,
        tau2 = exp(par[seq_len(n)]), rho = if (struct == "ID") 0 else tanh(par[n + 1]))))
    }
    par <- c(log(tau2), if (struct != "ID") atanh(rho))
    for (iteration in 1:4) par <- par - solve(hessian(value, par), grad(value, par))
    tau2 <- exp(par[seq_len(n)])
    if (struct != "ID") rho <- tanh(par[n + 1])
    exact <- "numerical score"
  }
  final <- rma.mv(yi, V, mods = mods, random = random, data = dat, struct = struct, method = method, tau2 = tau2, rho = rho)
  list(
    answer = c(numbers(final), list(exact = exact, aic = AIC(best), bic = BIC(best), aicc = AIC(best, correct = TRUE))),
    fit = final
  )
}

berkey <- dat.berkey1998
berkey_V <- vcalc(vi = 1, cluster = author, rvars = c(v1i, v2i), data = berkey)
arms <- to.long(measure = "OR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.colditz1994)
arms <- escalc(measure = "PLO", xi = out1, mi = out2, data = arms)
arms$group <- as.character(arms$group)
ishak <- reshape(dat.ishak2007, direction = "long", idvar = "study", v.names = c("yi", "vi"),
  varying = list(c(2, 4, 6, 8), c(3, 5, 7, 9)))
ishak <- ishak[order(ishak$study, ishak$time), ]
ishak <- ishak[!is.na(ishak$yi), ]
ishak_V <- vcalc(vi, cluster = study, time1 = time, phi = 0.97, data = ishak)
kalaian <- dat.kalaian1996
kalaian_V <- vcalc(vi, cluster = study, type = outcome, rho = 0.66, data = kalaian)

structs <- c("UN", "CS", "HCS", "DIAG", "ID", "AR")
mv <- list()
for (struct in structs) {
  mv[[paste0("berkey_", struct)]] <- multivariate(berkey, berkey_V, ~ outcome | trial, berkey$outcome, berkey$trial,
    struct, ~ outcome - 1)
  mv[[paste0("ishak_", struct)]] <- multivariate(ishak, ishak_V, ~ time | study, ishak$time, ishak$study,
    struct, ~ factor(time) - 1)
}
mv$ishak_HAR <- multivariate(ishak, ishak_V, ~ time | study, ishak$time, ishak$study, "HAR", ~ factor(time) - 1)
mv$berkey_UN_ml <- multivariate(berkey, berkey_V, ~ outcome | trial, berkey$outcome, berkey$trial, "UN", ~ outcome - 1, "ML")
mv$berkey_UN_year <- multivariate(berkey, berkey_V, ~ outcome | trial, berkey$outcome, berkey$trial, "UN",
  ~ outcome + outcome:I(year - 1983) - 1)
mv$colditz_UN_ml <- multivariate(arms, diag(arms$vi), ~ group | study, arms$group, arms$study, "UN", ~ group - 1, "ML")
mv$kalaian_UN <- multivariate(kalaian, kalaian_V, ~ outcome | study, kalaian$outcome, kalaian$study, "UN", ~ outcome - 1)
save_json("multivariate", list(
  data = list(
    berkey = c(list(source = "Berkey et al. (1998)", V = berkey_V), as.list(berkey[c("yi", "outcome", "trial", "year")])),
    ishak = c(list(source = "Ishak et al. (2007), doi:10.1177/1740774507083567"),
      lapply(as.list(ishak[c("yi", "vi", "study", "time")]), as.vector)),
    colditz = c(list(source = "Colditz et al. (1994), doi:10.1001/jama.1994.03510330076038"),
      list(yi = as.vector(arms$yi), vi = as.vector(arms$vi), group = as.character(arms$group), study = as.character(arms$study))),
    kalaian = c(list(source = "Kalaian and Raudenbush (1996), doi:10.1037/1082-989X.1.3.227"),
      lapply(as.list(kalaian[c("yi", "vi", "study", "outcome")]), as.vector))
  ),
  cases = lapply(mv, function(case) case$answer),
  robust = list(berkey_UN = robust_numbers(mv$berkey_UN$fit, berkey$trial, 1:2),
    ishak_DIAG = robust_numbers(mv$ishak_DIAG$fit, ishak$study, 1:4))
))

# ---- vcalc ---------------------------------------------------------------------------------------------------------

made <- data.frame(
  vi = c(0.11, 0.2, 0.13, 0.4, 0.15, 0.16, 0.07, 0.18, 0.3, 0.21), cluster = c(1, 1, 1, 1, 2, 2, 2, 3, 3, 4),
  subgroup = c("x", "x", "y", "y", "x", "x", "x", "y", "y", "x"), type = c("a", "a", "b", "b", "a", "b", "c", "a", "c", "b"),
  obs = c(1, 2, 1, 2, 1, 1, 1, 3, 1, 1), time = c(1, 2, 5, 3, 1, 2, 4, 0, 1, 2), later = c(1, 3, 6, 3, 2, 2, 5, 1, 1, 2),
  g1 = c("t1", "t1", "t2", "t3", "t1", "t1", "t2", "t1", "t2", "t1"), g2 = c("c", "c", "c", "c", "c", "t2", "c", "c", "c", "c"),
  n1 = c(10, 11, 30, 12, 20, 21, 22, 30, 31, 40), n2 = c(15, 14, 31, 13, 18, 22, 23, 33, 30, 41)
)
table_of <- function(values, names) matrix(values, length(names), dimnames = list(names, names))
types <- table_of(c(1, .3, .5, .3, 1, .2, .5, .2, 1), c("a", "b", "c"))
save_json("vcalc", list(data = as.list(made), types = types, answers = list(
  obs = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, obs = seq_len(10), rho = 0.6),
  type = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, type = type, obs = obs, rho = c(0.7, 0.4)),
  type_table = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, type = type, obs = obs, rho = list(table_of(c(1, .7, .7, .7, 1, .7, .7, .7, 1), 1:3), types)),
  subgroup = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, subgroup = subgroup, obs = seq_len(10), rho = 0.5),
  time = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, time1 = time, phi = 0.8),
  time_negative = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, time1 = time, phi = -0.5),
  time_type = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, type = type, obs = obs, rho = c(0.7, 0.4), time1 = time, phi = 0.9),
  groups = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, obs = seq_len(10), rho = 0.6, grp1 = g1, grp2 = g2, w1 = n1, w2 = n2),
  groups_plain = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, obs = seq_len(10), rho = 0.6, grp1 = g1, grp2 = g2),
  one_group = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, obs = seq_len(10), rho = 0.6, grp1 = g1, w1 = n1),
  change = vcalc(vi, data = made, checkpd = FALSE, cluster = cluster, obs = seq_len(10), rho = 0.6, grp1 = g1, grp2 = g2, time1 = time, time2 = later, phi = 0.8, w1 = n1, w2 = n2)
)))

# ---- robust variance estimation ------------------------------------------------------------------------------------

data(corrdat, hierdat, package = "robumeta")
rve <- function(formula, dat, model, small, rho = 0.8) {
  x <- robu(formula, data = dat, studynum = studyid, var.eff.size = var, modelweights = model, small = small, rho = rho)
  r <- x$reg_table
  list(model = model, small = small, rho = rho, estimate = r$b.r, se = r$SE, df = r$dfs, ci_lower = r$CI.L, ci_upper = r$CI.U,
    tau2 = c(x$mod_info$tau.sq), omega2 = c(x$mod_info$omega.sq), i2 = c(x$mod_info$I.2))
}
corr <- effectsize ~ males + college + binge
hier <- effectsize ~ binge + followup + sreport + age
save_json("rve", list(
  source = "robumeta's examples corrdat and hierdat; Tanner-Smith and Tipton (2014), doi:10.1002/jrsm.1091",
  corr = as.list(corrdat[c("effectsize", "var", "studyid", "males", "college", "binge")]),
  hier = as.list(hierdat[c("effectsize", "var", "studyid", "binge", "followup", "sreport", "age")]),
  answers = list(
    corr_small = rve(corr, corrdat, "CORR", TRUE), corr_large = rve(corr, corrdat, "CORR", FALSE),
    corr_rho = rve(corr, corrdat, "CORR", TRUE, 0.2), corr_hier = rve(corr, corrdat, "HIER", TRUE),
    hier_small = rve(hier, hierdat, "HIER", TRUE), hier_large = rve(hier, hierdat, "HIER", FALSE),
    hier_corr = rve(hier, hierdat, "CORR", TRUE)
  )
))
