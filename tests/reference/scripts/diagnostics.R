# Writes diagnostics/*.json: what metafor says about single studies in the sets of ../metafor.
#
#   Rscript tests/reference/scripts/diagnostics.R            all files
#   Rscript tests/reference/scripts/diagnostics.R bcg-RR     one file
#
# Effects and variances are those of ../metafor/<name>.json, which regenerate.R writes.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "exact.R"))

sets <- file.path(here, "..", "metafor")
folder <- file.path(here, "..", "diagnostics")
wanted <- commandArgs(TRUE)
pdf(NULL)

NAMES <- c("bcg-RR", "bcg3-RR", "berkey1998", "egger2001-OR", "gibson2002-SMD", "hart1999-IRR", "hine1989-RD",
           "molloy2014-ZCOR", "normand1999-SMD", "pritz1997-PLO", "raudenbush1985")
# All subsets of at most this many studies are fitted.
FEW <- 6

pick <- function(fits, name) I(vapply(fits, function(x) c(x[[name]]), 0))
QUANTITIES <- c(estimate = "beta", se = "se", pval = "pval", ci.lb = "ci.lb", ci.ub = "ci.ub", Q = "QE", tau2 = "tau2",
                I2 = "I2")

# The first 1, 2, ... k studies in the given order. metafor has no degree of freedom for the first one alone.
cumulative <- function(yi, vi, order, method, test) {
  fits <- lapply(seq_along(yi), function(i) {
    fit_tight(yi[order[seq_len(i)]], vi[order[seq_len(i)]], method, test)
  })
  c(list(order = I(order - 1)), lapply(QUANTITIES, function(name) pick(fits, name)))
}

baujat_tight <- function(yi, vi, method) {
  patiently(yi, vi, method, "z", NULL, function(x) {
    points <- suppressWarnings(baujat(x))
    list(y = I(points$y), x = I(points$x))
  })
}

# rma for every subset, the empty one left out; the studies of a subset are the bits of its number.
all_subsets <- function(yi, vi, method) {
  numbers <- seq_len(2^length(yi) - 1)
  fits <- lapply(numbers, function(number) {
    is_in <- bitwAnd(number, 2^(seq_along(yi) - 1)) > 0
    fit_tight(yi[is_in], vi[is_in], method, "z")
  })
  names <- c(k = "k", estimate = "beta", QE = "QE", tau2 = "tau2", I2 = "I2", H2 = "H2")
  lapply(names, function(name) pick(fits, name))
}

leave_one_out <- function(yi, vi, method, test) {
  fits <- lapply(seq_along(yi), function(i) fit_tight(yi[-i], vi[-i], method, test))
  lapply(QUANTITIES, function(name) pick(fits, name))
}

columns <- function(x, names) lapply(unclass(x)[names], function(column) I(unname(column)))

answer <- function(name, yi, vi) {
  by_test <- function(ask) sapply(c("z", "knha"), ask, simplify = FALSE)
  k <- length(yi)
  list(
    name = name, versions = versions, k = k,
    influence = list(
      REML = by_test(function(test) influence_tight(yi, vi, "REML", test)),
      DL = list(z = influence_tight(yi, vi, "DL", "z"))
    ),
    cumulative = list(
      as_listed = by_test(function(test) cumulative(yi, vi, seq_len(k), "REML", test)),
      by_precision = list(z = cumulative(yi, vi, order(vi), "REML", "z")),
      DL = list(z = cumulative(yi, vi, seq_len(k), "DL", "z"))
    ),
    leave_one_out = list(
      REML = list(z = leave_one_out(yi, vi, "REML", "z")), PM = list(adhoc = leave_one_out(yi, vi, "PM", "adhoc")),
      FE = list(z = leave_one_out(yi, vi, "FE", "z"))
    ),
    baujat = sapply(c("REML", "FE"), function(method) baujat_tight(yi, vi, method), simplify = FALSE),
    rstandard = by_test(function(test) columns(rstandard(fit_tight(yi, vi, "REML", test)), c("resid", "se", "z"))),
    blup = by_test(function(test) columns(blup(fit_tight(yi, vi, "REML", test)), c("pred", "se", "pi.lb", "pi.ub"))),
    gosh = if (k <= FEW) sapply(c("REML", "FE"), function(method) all_subsets(yi, vi, method), simplify = FALSE)
  )
}

dir.create(folder, showWarnings = FALSE)
for (name in if (length(wanted)) wanted else NAMES) {
  message(name)
  set <- fromJSON(file.path(sets, paste0(name, ".json")))
  save_json(file.path(folder, paste0(name, ".json")), answer(name, set$yi, set$vi))
}
