# Writes escalc/effects.json: what metafor's escalc says about made-up studies, and about its back-transformations.
#
#   Rscript tests/reference/scripts/escalc.R        (from the root of the repository)
#
# Needs R with metafor, jsonlite, mvtnorm (RTET), gsl (UCOR) and numDeriv (variance of RTET).

suppressMessages({
  library(metafor)
  library(jsonlite)
})

ZERO_RULES <- c("only0", "all", "if0all", "none")

# ---- made-up studies -----------------------------------------------------------------------------------------------
# In the tables called `whole` every study has an effect, so that they can be computed at once; those called `edge` hold
# studies for which some measures have none.

tables_whole <- data.frame(
  ai = c(4, 0, 12, 20, 3, 1, 20000, 1, 7),
  bi = c(119, 33, 0, 180, 97, 4, 180000, 2, 3),
  ci = c(11, 4, 9, 35, 0, 2, 35000, 1, 2),
  di = c(128, 29, 14, 165, 100, 3, 165000, 2, 8)
)
tables_edge <- data.frame(
  ai = c(0, 10, 0, 5, 0, 1, 4),
  bi = c(40, 0, 5, 0, 12, 0, 119),
  ci = c(0, 12, 5, 0, 3, 1, 11),
  di = c(41, 0, 0, 5, 9, 2, 128)
)
means_whole <- data.frame(
  m1i = c(10.2, 5.5, 100.1, 3.2, 7.4, 2.2, 1.5, 51.3),
  sd1i = c(2.5, 1.1, 15.2, 0.8, 2.0, 0.9, 0.6, 10.1),
  n1i = c(12, 40, 150, 4, 3, 3, 5, 5000),
  m2i = c(8.7, 5.9, 95.4, 2.1, 4.1, 2.9, 1.1, 50.9),
  sd2i = c(2.9, 1.3, 14.1, 1.7, 2.6, 0.4, 0.7, 9.8),
  n2i = c(15, 38, 147, 5, 3, 4, 5, 4000)
)
means_edge <- data.frame(
  m1i = c(1, -2, 2, 5, 4, 3, 4),
  sd1i = c(1, 1, 0, 0, 1, 1.5, 2),
  n1i = c(10, 10, 10, 10, 1, 2, 10),
  m2i = c(-1, -3, 1, 4, 3, 2, 3),
  sd2i = c(2, 1, 1, 0, 1, 1.2, 0),
  n2i = c(12, 12, 12, 12, 2, 2, 10)
)
differences <- data.frame(di = c(0.5, -0.2, 0), ti = c(1.2, -2.4, 0), n1i = c(10, 3, 200), n2i = c(12, 4, 100))
correlations_whole <- data.frame(ri = c(0.35, -0.2, 0.81, 0.02, -0.95, 0.5, 0.1), ni = c(20, 150, 8, 45, 30, 5, 5000))
correlations_edge <- data.frame(ri = c(0.3, 0.5, 1, -1, 0.9, 0), ni = c(3, 4, 10, 10, 5, 6))
proportions_whole <- data.frame(xi = c(5, 0, 17, 30, 1, 900), ni = c(20, 12, 17, 200, 3, 100000))
proportions_edge <- data.frame(xi = c(0, 1, 0, 8), ni = c(5, 1, 1, 8))
pairs_whole <- data.frame(
  m1i = c(30, 23.1, 10.4, 5, 12.5, 40.1),
  m2i = c(24, 22.5, 12.9, 4.1, 9.5, 39.8),
  sd1i = c(6.3, 5.2, 2.2, 1.4, 3.1, 8.2),
  sd2i = c(6.1, 4.4, 3.1, 1.5, 2.2, 7.9),
  ni = c(20, 50, 11, 6, 3, 3000),
  ri = c(0.47, 0.64, 0.77, 0.89, -0.2, 0.5)
)
pairs_edge <- data.frame(
  m1i = c(3, 3, -3, 3, 3), m2i = c(2, 2, 2, 3, 2), sd1i = c(1, 1, 1, 1, 0), sd2i = c(1, 2, 1.5, 1, 1),
  ni = c(10, 2, 10, 1, 10), ri = c(1, 0.5, 0.5, 0, 0.3)
)
rates_whole <- data.frame(
  x1i = c(3, 0, 14, 2, 400), t1i = c(120.5, 80, 2010, 3.5, 100000), x2i = c(8, 4, 11, 1, 500), t2i = c(118, 82.5, 1980, 2.5, 90000)
)
rates_edge <- data.frame(x1i = c(0, 5, 0), t1i = c(10, 20, 30), x2i = c(0, 0, 2), t2i = c(12, 22, 31))
rate_whole <- data.frame(xi = c(3, 0, 14, 1), ti = c(120.5, 80, 2010, 0.5))
rate_edge <- data.frame(xi = c(0, 4), ti = c(10, 5))
alphas_whole <- data.frame(ai = c(0.93, 0.81, 0.7, -0.1, 0.2), mi = c(20, 10, 5, 2, 3), ni = c(103, 64, 31, 3, 4))
alphas_edge <- data.frame(ai = c(1, 0.8, 0.8), mi = c(5, 5, 5), ni = c(30, 2, 1))
single_whole <- data.frame(mi = c(10.2, 5.5, 3.2, 120), sdi = c(2.5, 1.1, 0.8, 30), ni = c(12, 40, 3, 4000))
single_edge <- data.frame(mi = c(0, 2, 2), sdi = c(1, 0, 1), ni = c(10, 10, 1))
partial_whole <- data.frame(ti = c(2.5, -1.1, 4.2, 0.3), ni = c(40, 90, 25, 6), mi = c(3, 5, 2, 1), r2i = c(0.3, 0.12, 0.55, 0.05))

# ---- answers -------------------------------------------------------------------------------------------------------

answers <- list()

ask <- function(set, measure, columns = names(get(set)), ...) {
  options <- list(...)
  result <- suppressWarnings(do.call(escalc, c(list(measure = measure), as.list(get(set)[columns]), options)))
  entry <- list(set = set, measure = measure, columns = I(columns), options = options)
  if (!length(options)) entry$options <- setNames(list(), character(0))
  entry$yi <- as.numeric(result$yi)
  entry$vi <- as.numeric(result$vi)
  answers[[length(answers) + 1]] <<- entry
}

for (set in c("tables_whole", "tables_edge")) {
  for (measure in c("RR", "OR", "RD", "PETO", "AS", "PHI", "YUQ", "YUY", "PBIT", "OR2DN", "OR2DL")) {
    ask(set, measure)
    for (to in ZERO_RULES) for (drop00 in c(FALSE, TRUE)) {
      # With "none" some studies of `whole` have no effect, and "if0all" looks at all studies of a call.
      if (to == "none" && set == "tables_whole") next
      if (to == "if0all" && set == "tables_edge") next
      ask(set, measure, to = to, drop00 = drop00, add = 0.5)
    }
    ask(set, measure, add = 0.25)
  }
  for (vtype in c("UB", "LS")) ask(set, "RD", vtype = vtype)
  for (vtype in c("ST", "CS")) ask(set, "PHI", vtype = vtype)
}
ask("tables_whole", "RD", vtype = "AV")
for (set in c("means_whole", "means_edge")) {
  for (measure in c("SMDH", "SMD1H", "CVR", "RBIS", "D2ORN", "D2ORL")) ask(set, measure)
  for (vtype in c("LS", "HO")) for (measure in c("MD", "ROM")) ask(set, measure, vtype = vtype)
  for (vtype in c("LS", "LS2", "UB")) {
    ask(set, "SMD", vtype = vtype)
    ask(set, "SMD1", c("m1i", "n1i", "m2i", "sd2i", "n2i"), vtype = vtype)
  }
  for (vtype in c("LS", "ST", "CS")) ask(set, "RPB", vtype = vtype)
  ask(set, "VR", c("sd1i", "n1i", "sd2i", "n2i"))
}
for (vtype in c("AV", "AVHO")) ask("means_whole", "ROM", vtype = vtype)
ask("means_whole", "SMD", vtype = "AV")
ask("means_whole", "SMD1", c("m1i", "n1i", "m2i", "sd2i", "n2i"), vtype = "AV")
for (vtype in c("LS", "LS2", "UB", "AV")) for (column in c("di", "ti")) {
  ask("differences", "SMD", c(column, "n1i", "n2i"), vtype = vtype)
}
for (set in c("correlations_whole", "correlations_edge")) {
  ask(set, "ZCOR")
  ask(set, "COR")
  for (vtype in c("LS", "UB")) ask(set, "UCOR", vtype = vtype)
}
for (measure in c("COR", "UCOR")) ask("correlations_whole", measure, vtype = "AV")
for (measure in c("PCOR", "SPCOR")) for (vtype in c("LS", "AV")) {
  ask("partial_whole", measure, if (measure == "PCOR") c("ti", "ni", "mi") else names(partial_whole), vtype = vtype)
}
ask("partial_whole", "ZPCOR", c("ti", "ni", "mi"))
for (set in c("proportions_whole", "proportions_edge")) {
  for (measure in c("PR", "PLN", "PLO", "PAS", "PFT")) {
    ask(set, measure)
    for (to in ZERO_RULES) {
      if (to == "none" && set == "proportions_whole") next
      if (to == "if0all" && set == "proportions_edge") next
      ask(set, measure, to = to, add = 0.5)
    }
    ask(set, measure, add = 0.25)
  }
  ask(set, "PR", vtype = "UB")
}
for (measure in c("PR", "PLN", "PLO")) ask("proportions_whole", measure, vtype = "AV")
for (set in c("pairs_whole", "pairs_edge")) {
  for (measure in c("MC", "SMCRH", "ROMC", "CVRC")) ask(set, measure)
  ask(set, "VRC", c("sd1i", "sd2i", "ni", "ri"))
  for (vtype in c("LS", "LS2")) {
    ask(set, "SMCC", vtype = vtype)
    ask(set, "SMCR", c("m1i", "m2i", "sd1i", "ni", "ri"), vtype = vtype)
  }
}
for (set in c("rates_whole", "rates_edge")) {
  for (measure in c("IRR", "IRD", "IRSD")) {
    ask(set, measure)
    for (to in ZERO_RULES) for (drop00 in c(FALSE, TRUE)) {
      if (to == "none" && set == "rates_whole") next
      if (to == "if0all" && set == "rates_edge") next
      ask(set, measure, to = to, drop00 = drop00, add = 0.5)
    }
  }
}
for (set in c("rate_whole", "rate_edge")) for (measure in c("IR", "IRLN", "IRS", "IRFT")) {
  ask(set, measure)
  for (to in ZERO_RULES) {
    if (to == "none" && set == "rate_whole") next
    if (to == "if0all" && set == "rate_edge") next
    ask(set, measure, to = to, add = 0.5)
  }
}
for (set in c("alphas_whole", "alphas_edge")) for (measure in c("ARAW", "AHW", "ABT")) ask(set, measure)
for (set in c("single_whole", "single_edge")) {
  for (measure in c("MN", "MNLN", "CVLN")) ask(set, measure)
  ask(set, "SDLN", c("sdi", "ni"))
}

# ---- tetrachoric correlation: the exact optimum beside metafor's ---------------------------------------------------

quadrants <- function(rho, h, k) {
  inside <- mvtnorm::pmvnorm(lower = c(-Inf, -Inf), upper = c(h, k), corr = matrix(c(1, rho, rho, 1), 2))[1]
  c(inside, pnorm(h) - inside, pnorm(k) - inside, 1 - pnorm(h) - pnorm(k) + inside)
}

exact_rtet <- function(cells) {
  n <- sum(cells)
  h <- qnorm((cells[1] + cells[2]) / n)
  k <- qnorm((cells[1] + cells[3]) / n)
  excess <- function(rho) quadrants(rho, h, k)[1] - cells[1] / n
  rho <- uniroot(excess, c(-1 + 1e-12, 1 - 1e-12), tol = 1e-15, maxiter = 10000)$root
  minus <- function(x) -sum(cells * log(quadrants(x[1], x[2], x[3])))
  list(yi = rho, vi = solve(numDeriv::hessian(minus, c(rho, h, k), method.args = list(d = 0.005, eps = 0.01, r = 6)))[1, 1])
}

full <- Filter(function(row) all(row > 0), lapply(seq_len(nrow(tables_whole)), function(i) as.numeric(tables_whole[i, ])))
full <- c(full, list(c(30, 5, 6, 40), c(5, 30, 40, 6), c(10, 10, 10, 10), c(500, 3, 2, 7), c(50, 50, 20, 80)))
tetrachoric <- list(
  cells = full,
  exact = lapply(full, exact_rtet),
  metafor = lapply(full, function(cells) {
    result <- escalc("RTET", ai = cells[1], bi = cells[2], ci = cells[3], di = cells[4])
    list(yi = as.numeric(result$yi), vi = result$vi)
  })
)

# ---- back-transformations ------------------------------------------------------------------------------------------

angles <- c(0.05, 0.3, 0.7, 1.2, 1.5)
roots <- c(0.05, 0.1, 0.4, 2)
values <- c(-1.5, -0.2, 0, 0.4, 0.9)
back <- list(
  PLO = list(value = values, result = transf.ilogit(values)),
  PAS = list(value = c(angles, 1.7, -0.1), result = transf.iarcsin(c(angles, 1.7, -0.1))),
  PFT = list(value = angles, size = 17.5, result = transf.ipft(angles, ni = 17.5)),
  IRS = list(value = c(roots, -0.1), result = transf.isqrt(c(roots, -0.1))),
  IRFT = list(value = roots, size = 30, result = transf.iirft(roots, ti = 30)),
  ZCOR = list(value = values, result = transf.ztor(values)),
  AHW = list(value = values, result = transf.iahw(values)),
  ABT = list(value = values, result = transf.iabt(values))
)

version <- function(name) as.character(packageVersion(name))
sets <- sort(grep("_(whole|edge)$|^differences$", ls(), value = TRUE))
content <- list(
  versions = list(
    R = paste(R.version$major, R.version$minor, sep = "."), metafor = version("metafor"), mvtnorm = version("mvtnorm"),
    gsl = version("gsl"), numDeriv = version("numDeriv")
  ),
  sets = setNames(lapply(sets, function(name) as.list(get(name))), sets),
  answers = answers,
  tetrachoric = tetrachoric,
  back = back
)
text <- toJSON(content, auto_unbox = TRUE, digits = I(17), na = "null", null = "null")
writeLines(gsub("\\},\\{\"set\"", "},\n{\"set\"", text), "tests/reference/escalc/effects.json")
