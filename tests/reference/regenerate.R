# Writes metafor/*.json: what metafor says about data sets of metadat, all estimators of tau2 and all intervals.
#
#   Rscript tests/reference/regenerate.R            all files, next to this script
#   Rscript tests/reference/regenerate.R bcg-RR     one file
#
# Needs R with metafor, metadat and jsonlite (Debian: r-cran-metafor r-cran-jsonlite).
# Numbers are written with as many digits as it takes to read them back unchanged.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "scripts", "exact.R"))

folder <- file.path(here, "metafor")
wanted <- commandArgs(TRUE)

METHODS <- c("FE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")
ITERATED <- c("ML", "REML", "EB", "PM", "PMM")
WEIGHTED <- c("FE", "DL", "PM", "ML", "REML")
MEANS <- c("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
EVENTS <- c("ai", "n1i", "ci", "n2i")

# ---- what is asked of one data set ---------------------------------------------------------------------------------

interval <- function(x) {
  out <- list(se = x$se, zval = x$zval, pval = x$pval, ci.lb = x$ci.lb, ci.ub = x$ci.ub, ddf = if (x$test != "z") x$ddf)
  if (x$method == "FE") return(out)
  prediction <- predict(x)
  c(out, list(pi.lb = prediction$pi.lb, pi.ub = prediction$pi.ub))
}

# What an estimator says whatever the interval, and then each interval.
numbers <- function(fitter, method, tests) {
  fits <- sapply(tests, function(test) fitter(method, test), simplify = FALSE)
  x <- fits[[1]]
  c(list(b = c(x$beta), tau2 = x$tau2, se.tau2 = x$se.tau2, I2 = x$I2, H2 = x$H2, QE = x$QE, QEp = x$QEp, k = x$k),
    lapply(fits, interval))
}

grid <- function(fitter, yi, vi, methods = METHODS, tests = TESTS, ...) {
  sapply(methods, function(method) numbers(function(method, test) fitter(yi, vi, method, test, ...), method, tests),
         simplify = FALSE)
}

tau2_interval <- function(x, control = list(), type = "QP") {
  limits <- confint(x, control = control, type = type)
  list(ci.lb = limits$random["tau^2", "ci.lb"], ci.ub = limits$random["tau^2", "ci.ub"],
       is_empty = isTRUE(limits$ci.null))
}

# Both searches end at `top`, above which neither interval reaches.
tight_interval <- function(yi, vi, method, type, level = 95) {
  x <- fit_tight(yi, vi, method, "z", level)
  top <- 10 * max(vi) + 10 * diff(range(yi))^2 * length(yi) / qchisq((1 - level / 100) / 2, length(yi) - 1)
  limits <- tau2_interval(x, list(tol = 1e-16 * min(vi), maxiter = 10000, tau2.max = top), type)
  stopifnot(limits$ci.ub < top)
  limits
}

leave_one_out <- function(yi, vi) {
  fits <- lapply(seq_along(yi), function(i) fit_tight(yi[-i], vi[-i], "REML", "knha"))
  pick <- function(name) vapply(fits, function(x) c(x[[name]]), 0)
  list(estimate = pick("beta"), se = pick("se"), pval = pick("pval"), ci.lb = pick("ci.lb"), ci.ub = pick("ci.ub"),
       tau2 = pick("tau2"), I2 = pick("I2"), Q = pick("QE"))
}

shares <- function(x) I(unname(weights(x)) / 100)

# Weights between equal shares and inverse variances, as a user might give them.
user_weighted <- function(yi, vi) {
  weights <- signif(1 / sqrt(vi), 6)
  c(list(weights = I(weights)), grid(fit_tight, yi, vi, c("FE", "DL", "REML"), TESTS, weights = weights))
}

likelihoods <- function(yi, vi) {
  sapply(c("ML", "REML"), function(method) {
    values <- fitstats(fit_tight(yi, vi, method, "z"))
    list(ll = values[1], deviance = values[2], AIC = values[3], BIC = values[4], AICc = values[5])
  }, simplify = FALSE)
}

answer <- function(name, dataset, title, source, measure, inputs, yi, vi) {
  k <- length(yi)
  list(
    name = name, dataset = dataset, title = title, source = source, measure = measure, versions = versions, k = k,
    inputs = if (length(inputs)) lapply(inputs, I), yi = I(yi), vi = I(vi),
    default = grid(fit, yi, vi, ITERATED, c("z", "knha")),
    tight = grid(fit_tight, yi, vi),
    weights = sapply(WEIGHTED, function(method) shares(fit_tight(yi, vi, method, "z")), simplify = FALSE),
    level_80 = grid(fit_tight, yi, vi, "REML", TESTS, level = 80),
    user_weights = user_weighted(yi, vi),
    likelihood = likelihoods(yi, vi),
    profile = list(default = tau2_interval(fit(yi, vi, "REML", "z")), tight = tight_interval(yi, vi, "REML", "QP"),
                   level_80 = tight_interval(yi, vi, "REML", "QP", 80)),
    profile_likelihood = list(ML = tight_interval(yi, vi, "ML", "PL"), REML = tight_interval(yi, vi, "REML", "PL"),
                              REML_80 = tight_interval(yi, vi, "REML", "PL", 80)),
    leave_one_out = if (k > 2) leave_one_out(yi, vi)
  )
}

# ---- data sets -----------------------------------------------------------------------------------------------------

means <- function(data, ...) list(data = data, columns = c(...), names = MEANS)
events <- function(data, ...) list(data = data, columns = c(...), names = EVENTS)
given <- function(data) list(data = data, columns = c("yi", "vi"), names = c("yi", "vi"))
same <- function(data, ...) list(data = data, columns = c(...), names = c(...))

write_set <- function(name, dataset, measure, arms) {
  if (length(wanted) && !name %in% wanted) return(invisible())
  message(name)
  table <- setNames(as.data.frame(arms$data)[arms$columns], arms$names)
  table <- table[complete.cases(table), , drop = FALSE]
  if (measure == "GEN") {
    effects <- list(yi = as.numeric(table$yi), vi = as.numeric(table$vi))
    inputs <- list()
  } else {
    effects <- do.call(escalc, c(list(measure = measure), as.list(table)))
    inputs <- if (measure %in% c("MD", "SMD", "RR", "OR", "RD")) as.list(table) else list()
  }
  text <- help_text(dataset)
  content <- answer(name, dataset, text$title, text$source, measure, inputs, c(effects$yi), c(effects$vi))
  save_json(file.path(folder, paste0(name, ".json")), content)
}

cells <- function(data, ai, bi, ci, di) {
  with(data, data.frame(ai = get(ai), n1i = get(ai) + get(bi), ci = get(ci), n2i = get(ci) + get(di)))
}

bcg <- cells(dat.bcg, "tpos", "tneg", "cpos", "cneg")
trials <- with(dat.viechtbauer2021, data.frame(ai = xTi, n1i = nTi, ci = xCi, n2i = nCi))
covid <- with(dat.axfors2021[dat.axfors2021$hcq_cq == "hcq", ],
              data.frame(ai = hcq_arm_event, n1i = hcq_arm_total, ci = control_arm_event, n2i = control_arm_total))

for (measure in c("RR", "OR", "RD")) write_set(paste0("bcg-", measure), "dat.bcg", measure, events(bcg, EVENTS))
write_set("bcg2-RR", "dat.bcg", "RR", events(bcg[1:2, ], EVENTS))
write_set("bcg3-RR", "dat.bcg", "RR", events(bcg[1:3, ], EVENTS))
for (measure in c("OR", "RR", "RD")) {
  write_set(paste0("egger2001-", measure), "dat.egger2001", measure, events(dat.egger2001, EVENTS))
}
write_set("linde2005-RR", "dat.linde2005", "RR", events(dat.linde2005[-c(5, 26), ], EVENTS))
write_set("hine1989-RD", "dat.hine1989", "RD", events(dat.hine1989, EVENTS))
write_set("nielweise2007-OR", "dat.nielweise2007", "OR", events(dat.nielweise2007, EVENTS))
write_set("li2007-OR", "dat.li2007", "OR", events(dat.li2007, EVENTS))
write_set("hahn2001-RR", "dat.hahn2001", "RR", events(dat.hahn2001, EVENTS))
write_set("lau1992-OR", "dat.lau1992", "OR", events(dat.lau1992, EVENTS))
write_set("laopaiboon2015-RR", "dat.laopaiboon2015", "RR", events(dat.laopaiboon2015, EVENTS))
write_set("graves2010-RR", "dat.graves2010", "RR", events(dat.graves2010, EVENTS))
write_set("axfors2021-OR", "dat.axfors2021", "OR", events(covid, EVENTS))
write_set("viechtbauer2021-OR", "dat.viechtbauer2021", "OR", events(trials, EVENTS))
for (measure in c("SMD", "MD")) {
  write_set(paste0("normand1999-", measure), "dat.normand1999", measure, means(dat.normand1999, MEANS))
  write_set(paste0("gibson2002-", measure), "dat.gibson2002", measure, means(dat.gibson2002, MEANS))
  write_set(paste0("curtis1998-", measure), "dat.curtis1998", measure, means(dat.curtis1998, MEANS))
}
write_set("curtis1998-ROM", "dat.curtis1998", "ROM", means(dat.curtis1998, MEANS))
for (dataset in c("molloy2014", "cohen1981")) {
  write_set(paste0(dataset, "-ZCOR"), paste0("dat.", dataset), "ZCOR", same(get(paste0("dat.", dataset)), "ri", "ni"))
}
write_set("nakagawa2007-ZCOR", "dat.nakagawa2007", "ZCOR",
          list(data = dat.nakagawa2007, columns = c("Correlation", "SampleSize"), names = c("ri", "ni")))
for (dataset in c("pritz1997", "hannum2020")) {
  write_set(paste0(dataset, "-PLO"), paste0("dat.", dataset), "PLO", same(get(paste0("dat.", dataset)), "xi", "ni"))
}
for (dataset in c("hart1999", "nielweise2008")) {
  write_set(paste0(dataset, "-IRR"), paste0("dat.", dataset), "IRR",
            same(get(paste0("dat.", dataset)), "x1i", "t1i", "x2i", "t2i"))
}
write_set("bonett2010-ABT", "dat.bonett2010", "ABT", same(dat.bonett2010, "ai", "mi", "ni"))
write_set("pignon2000", "dat.pignon2000", "GEN", given(with(dat.pignon2000, data.frame(yi = OmE / V, vi = 1 / V))))
write_set("vanhowe1999-OR", "dat.vanhowe1999", "OR",
          events(cells(dat.vanhowe1999, "non.pos", "non.neg", "cir.pos", "cir.neg"), EVENTS))
write_set("cannon2006-OR", "dat.cannon2006", "OR",
          list(data = dat.cannon2006, columns = c("ep1t", "nt", "ep1c", "nc"), names = EVENTS))
for (dataset in c("assink2016", "bangertdrowns2004", "begg1989", "hackshaw1998", "konstantopoulos2011", "knapp2017",
                  "raudenbush1985")) {
  write_set(dataset, paste0("dat.", dataset), "GEN", given(get(paste0("dat.", dataset))))
}
write_set("berkey1998", "dat.berkey1998", "GEN", given(dat.berkey1998[dat.berkey1998$outcome == "PD", ]))

# ---- effect sizes --------------------------------------------------------------------------------------------------

write_effects <- function() {
  tables <- data.frame(
    ai = c(4, 0, 12, 0, 20, 3, 15, 7.5, 1), n1i = c(123, 33, 12, 40, 200, 100, 15, 20.5, 2),
    ci = c(11, 4, 9, 0, 35, 0, 18, 2.5, 1), n2i = c(139, 33, 23, 41, 200, 100, 18, 22.5, 3000)
  )
  arms <- data.frame(
    m1i = c(10.2, 5.5, 100.1, 3.2, -4, 0.5, 2), sd1i = c(2.5, 1.1, 15.2, 0.8, 3, 0.25, 1), n1i = c(12, 40, 150, 4, 25, 5000, 2),
    m2i = c(8.7, 5.9, 95.4, 2.1, -4, 0.75, 1), sd2i = c(2.9, 1.3, 14.1, 1.7, 6, 0.5, 3), n2i = c(15, 38, 147, 5, 12.5, 4000, 2)
  )
  options <- expand.grid(measure = c("RR", "OR", "RD"), add = c(0.5, 0.25), to = c("only0", "all", "if0all", "none"),
                         drop00 = c(FALSE, TRUE), stringsAsFactors = FALSE)
  cases <- lapply(seq_len(nrow(options)), function(i) {
    # metafor gives up on logs of 0 with an infinite or missing effect; those are null here.
    result <- suppressWarnings(do.call(escalc, c(as.list(options[i, ]), as.list(tables))))
    c(as.list(options[i, ]), list(yi = I(c(result$yi)), vi = I(c(result$vi))))
  })
  names(cases) <- with(options, paste(measure, add, to, drop00))
  averages <- sapply(c("MD", "SMD"), function(measure) {
    result <- do.call(escalc, c(list(measure = measure), as.list(arms)))
    list(yi = I(c(result$yi)), vi = I(c(result$vi)))
  }, simplify = FALSE)
  content <- list(versions = versions, source = "arms made up for this file", events = lapply(as.list(tables), I),
                  means = lapply(as.list(arms), I), from_events = cases, from_means = averages)
  save_json(file.path(folder, "effects.json"), content)
}

if (!length(wanted) || "effects" %in% wanted) write_effects()
