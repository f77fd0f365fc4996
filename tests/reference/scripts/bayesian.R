# Posteriors of the normal-normal model by adaptive quadrature over tau (not log(tau)) and, for the moments of mu and the
# marginal likelihood, over tau and mu from the product of the normal densities itself.
#
#     Rscript tests/reference/scripts/bayesian.R

suppressMessages({library(metafor); library(jsonlite)})

out <- file.path("tests", "reference", "bayesian")
dir.create(out, showWarnings = FALSE, recursive = TRUE)

# Data -----------------------------------------------------------------------------------------------------------------

crins <- data.frame(study = c("Heffron (2003)", "Gibelli (2004)", "Schuller (2005)", "Ganschow (2005)", "Spada (2006)",
                              "Gras (2008)"),
                    ai = c(14, 16, 3, 9, 4, 0), n1i = c(61, 28, 18, 54, 36, 50),
                    ci = c(15, 19, 8, 29, 11, 3), n2i = c(20, 28, 12, 54, 36, 34))
goralczyk <- data.frame(ai = c(13, 7, 3, 74, 29, 23, 14, 3, 28, 3, 17, 89, 17, 9, 7, 3, 80, 4, 1),
                        n1i = c(46, 24, 40, 188, 51, 98, 54, 27, 168, 24, 72, 351, 95, 83, 15, 16, 153, 26, 15),
                        ci = c(11, 4, 3, 88, 25, 24, 23, 5, 45, 9, 21, 92, 21, 10, 9, 8, 46, 6, 1),
                        n2i = c(24, 10, 27, 193, 48, 101, 47, 18, 168, 24, 76, 347, 95, 83, 16, 23, 79, 21, 15))
odds <- function(table) {
  es <- escalc(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = table)
  list(yi = as.numeric(es$yi), vi = as.numeric(es$vi))
}
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = metadat::dat.bcg)
raudenbush <- metadat::dat.raudenbush1985

data_sets <- list(
  rubin1981 = list(citation = "Rubin (1981), J Educ Stat 6(4):377-401: eight schools",
                   yi = c(28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16),
                   vi = c(14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6)^2),
  crins2014 = c(list(citation = "Crins et al. (2014), Pediatr Transplant 18(8):839-850: acute rejection, log odds ratios"),
                odds(crins)),
  goralczyk2011 = c(list(citation = "Goralczyk et al. (2011), Hepatology 54(2):541-554: acute rejection, log odds ratios"),
                    odds(goralczyk)),
  bcg = list(citation = "Colditz et al. (1994), JAMA 271(9):698-702, as metadat's dat.bcg: log risk ratios",
             yi = as.numeric(bcg$yi), vi = as.numeric(bcg$vi)),
  raudenbush1985 = list(citation = "Raudenbush (1984), J Educ Psychol 76(1):85-97, as metadat's dat.raudenbush1985",
                        yi = raudenbush$yi, vi = raudenbush$vi),
  unequal = list(citation = "made up: variances that differ 1e6-fold",
                 yi = c(0.3, 0.9, -0.4, 1.2), vi = c(1e-6, 1, 0.25, 0.01)),
  pair = list(citation = "the first and the fourth study of crins2014", yi = odds(crins)$yi[c(1, 4)],
              vi = odds(crins)$vi[c(1, 4)]),
  single = list(citation = "the first study of crins2014", yi = odds(crins)$yi[1], vi = odds(crins)$vi[1])
)

# Priors ---------------------------------------------------------------------------------------------------------------

half_t <- function(scale, df) function(t, v) 2 * dt(t / scale, df) / scale
log_normal <- function(mu, sigma) function(t, v) dlnorm(t, mu, sigma)
harmonic <- function(v) length(v) / sum(1 / v)
typical <- function(v) (length(v) - 1) * sum(1 / v) / (sum(1 / v)^2 - sum(1 / v^2))
conventional <- function(t, v) sapply(t, function(x) exp(mean(log(x) - 1.5 * log(v + x^2))))
priors <- list(
  half_normal = function(scale) function(t, v) 2 * dnorm(t, 0, scale),
  half_t = half_t,
  half_cauchy = function(scale) function(t, v) 2 * dcauchy(t, 0, scale),
  log_normal = log_normal,
  uniform_upper = function(upper) function(t, v) dunif(t, 0, upper),
  uniform = function() function(t, v) rep(1, length(t)),
  sqrt = function() function(t, v) t^-0.5,
  Jeffreys = function() function(t, v) sapply(t, function(x) sqrt(sum((x / (v + x^2))^2))),
  BergerDeely = function() function(t, v) sapply(t, function(x) exp(mean(log(x) - log(v + x^2)))),
  conventional = function() conventional,
  DuMouchel = function() function(t, v) sqrt(harmonic(v)) / (sqrt(harmonic(v)) + t)^2,
  shrinkage = function() function(t, v) 2 * harmonic(v) * t / (harmonic(v) + t^2)^2,
  I2 = function() function(t, v) 2 * typical(v) * t / (typical(v) + t^2)^2
)
improper <- c("uniform", "sqrt", "Jeffreys", "BergerDeely")

# Quadrature -----------------------------------------------------------------------------------------------------------

pieces <- function(f, breaks) {
  parts <- mapply(function(a, b) {
    integrate(f, a, b, rel.tol = 1e-12, abs.tol = 0, subdivisions = 5000L, stop.on.error = FALSE)$value
  }, head(breaks, -1), tail(breaks, -1))
  sum(parts)
}

root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15 * max(abs(low), abs(high)), maxiter = 1000)$root

fit <- function(yi, vi, prior, name, mu_prior, level = 0.95, upper = Inf) {
  k <- length(yi)
  scale <- max(diff(range(yi)), sqrt(mean(vi)))
  breaks <- sort(unique(c(0, sqrt(min(vi)) * c(0.1, 0.5, 1, 2, 5), scale * c(0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 50))))
  breaks <- c(breaks[breaks < upper], upper)
  given <- function(t) {
    w <- 1 / (vi + t^2)
    p <- if (is.null(mu_prior)) 0 else mu_prior$sd^-2
    m0 <- if (is.null(mu_prior)) 0 else mu_prior$mean
    c(mean = (sum(w * yi) + p * m0) / (sum(w) + p), sd = 1 / sqrt(sum(w) + p))
  }
  # With mu integrated out by hand: joint density at the conditional mean times sqrt(2 pi) times the conditional sd.
  log_joint <- function(m, t) {
    prior_of_mu <- if (is.null(mu_prior)) 0 else dnorm(m, mu_prior$mean, mu_prior$sd, log = TRUE)
    sum(dnorm(yi, m, sqrt(vi + t^2), log = TRUE)) + prior_of_mu
  }
  log_likelihood <- function(t) {
    g <- given(t)
    log_joint(g[["mean"]], t) + 0.5 * log(2 * pi) + log(g[["sd"]])
  }
  grid <- c(0, scale * 10^seq(-5, 2, length.out = 400))
  top <- max(sapply(grid, log_likelihood))
  raw <- function(t) sapply(t, function(x) exp(log_likelihood(x) - top)) * prior(t, vi)
  z <- pieces(raw, breaks)
  density <- function(t) raw(t) / z
  expect <- function(g) pieces(function(t) density(t) * sapply(t, g), breaks)
  below <- function(q) {
    if (q <= 0) return(0)
    pieces(density, c(breaks[breaks < q], q))
  }
  tau_quantile <- function(p) {
    high <- scale
    while (below(high) < p && high < upper) high <- min(high * 2, upper)
    root(function(q) below(q) - p, 0, high)
  }
  mixed <- function(mean, sd) list(
    cdf = function(x) expect(function(t) pnorm((x - mean(t)) / sd(t))),
    density = function(x) expect(function(t) dnorm(x, mean(t), sd(t))))
  quantile_of <- function(d, p) {
    low <- mean(yi) - scale; high <- mean(yi) + scale
    while (d$cdf(low) > p) low <- low - 2 * (high - low)
    while (d$cdf(high) < p) high <- high + 2 * (high - low)
    root(function(x) d$cdf(x) - p, low, high)
  }
  mu <- mixed(function(t) given(t)[["mean"]], function(t) given(t)[["sd"]])
  new <- mixed(function(t) given(t)[["mean"]], function(t) sqrt(given(t)[["sd"]]^2 + t^2))
  probabilities <- c(0.025, 0.25, 0.5, 0.9, 0.975)
  at <- mean(yi) + scale * c(-0.6, -0.1, 0.4)
  share <- function(t, i) vi[i] / (vi[i] + t^2)
  theta_mean <- function(i) function(t) share(t, i) * given(t)[["mean"]] + (1 - share(t, i)) * yi[i]
  theta_sd <- function(i) function(t) sqrt(share(t, i)^2 * given(t)[["sd"]]^2 + share(t, i) * t^2)
  theta <- lapply(unique(c(1, k)), function(i) {
    e1 <- expect(theta_mean(i))
    d <- mixed(theta_mean(i), theta_sd(i))
    list(index = i - 1, mean = e1, sd = sqrt(expect(function(t) theta_sd(i)(t)^2 + (theta_mean(i)(t) - e1)^2)),
         cdf = sapply(at, d$cdf))
  })
  tail <- k - is.null(mu_prior) + switch(name, uniform = 0, sqrt = 0.5, Jeffreys = 1, BergerDeely = 1, half_cauchy = 2,
                                         conventional = 2, DuMouchel = 2, shrinkage = 3, I2 = 3, half_t = 4, Inf)
  answer <- list(
    tau = list(quantiles = sapply(probabilities, tau_quantile),
               density = density(scale * c(0.05, 0.5)), cdf = sapply(scale * c(0.05, 0.5), below)),
    mu = list(quantiles = sapply(probabilities, function(p) quantile_of(mu, p)), density = sapply(at, mu$density),
              cdf = sapply(at, mu$cdf)),
    theta_new = list(quantiles = sapply(probabilities, function(p) quantile_of(new, p)), density = sapply(at, new$density),
                     cdf = sapply(at, new$cdf)),
    theta = theta, at = at, tau_at = scale * c(0.05, 0.5),
    weights = sapply(seq_len(k), function(i) expect(function(t) given(t)[["sd"]]^2 / (vi[i] + t^2))))
  if (tail > 2) answer$tau$mean <- expect(function(t) t)
  if (tail > 3) answer$tau$sd <- sqrt(expect(function(t) (t - answer$tau$mean)^2))
  if (tail > 2 || !is.null(mu_prior)) {
    e1 <- expect(function(t) given(t)[["mean"]])
    answer$mu$mean <- e1
    spread <- function(extra) sqrt(expect(function(t) given(t)[["sd"]]^2 + (given(t)[["mean"]] - e1)^2 + extra * t^2))
    if (tail > 3 || !is.null(mu_prior)) answer$mu$sd <- spread(0)
    if (tail > 3) answer$theta_new$sd <- spread(1)
  }
  answer <- c(answer, factors(yi, vi, prior, name, mu_prior, log_joint, log_likelihood, breaks, z, top, scale))
  answer
}

# Evidence and Bayes factors; the evidence from the product of densities over both tau and mu ---------------------------
factors <- function(yi, vi, prior, name, mu_prior, log_joint, log_likelihood, breaks, z, top, scale) {
  answer <- list()
  constant <- if (name == "conventional") pieces(function(t) prior(t, vi), c(breaks[is.finite(breaks)], Inf)) else 1
  if (!(name %in% improper)) answer$log_bayes_factor_tau <- log_likelihood(0) - (log(z) + top - log(constant))
  if (is.null(mu_prior)) return(answer)
  at_zero <- function(t) sapply(t, function(x) exp(sum(dnorm(yi, 0, sqrt(vi + x^2), log = TRUE)) - top)) * prior(t, vi)
  answer$log_bayes_factor_mu <- log(pieces(at_zero, breaks)) - log(z)
  if (name %in% improper) return(answer)
  sds <- c(-40, -10, -5, -2, -1, 0, 1, 2, 5, 10, 40)
  inner <- function(t) sapply(t, function(x) {
    centre <- (sum(yi / (vi + x^2)) + mu_prior$mean / mu_prior$sd^2) / (sum(1 / (vi + x^2)) + mu_prior$sd^-2)
    spread <- (sum(1 / (vi + x^2)) + mu_prior$sd^-2)^-0.5
    pieces(function(m) sapply(m, function(one) exp(log_joint(one, x) - top)), centre + spread * sds)
  })
  answer$log_marginal_likelihood <- log(pieces(function(t) inner(t) * prior(t, vi), breaks)) + top - log(constant)
  answer
}

# Cases ----------------------------------------------------------------------------------------------------------------

case <- function(data, prior, ..., mu = NULL) list(data = data, prior = prior, parameters = list(...), mu_prior = mu)
normal <- function(mean, sd) list(mean = mean, sd = sd)
cases <- list(
  rubin1981_half_cauchy = case("rubin1981", "half_cauchy", 25, mu = normal(0, 50)),
  rubin1981_uniform = case("rubin1981", "uniform"),
  crins2014_half_normal = case("crins2014", "half_normal", 0.5, mu = normal(0, 4)),
  crins2014_half_cauchy = case("crins2014", "half_cauchy", 0.5),
  crins2014_log_normal = case("crins2014", "log_normal", -1.07, 0.87),
  crins2014_uniform_upper = case("crins2014", "uniform_upper", 2, mu = normal(0, 4)),
  crins2014_sqrt = case("crins2014", "sqrt"),
  crins2014_conventional = case("crins2014", "conventional", mu = normal(0, 4)),
  goralczyk2011_half_t = case("goralczyk2011", "half_t", 0.5, 3, mu = normal(0, 4)),
  goralczyk2011_Jeffreys = case("goralczyk2011", "Jeffreys"),
  bcg_half_normal = case("bcg", "half_normal", 0.5),
  bcg_DuMouchel = case("bcg", "DuMouchel", mu = normal(0, 1)),
  bcg_I2 = case("bcg", "I2"),
  raudenbush1985_shrinkage = case("raudenbush1985", "shrinkage", mu = normal(0, 1)),
  raudenbush1985_BergerDeely = case("raudenbush1985", "BergerDeely"),
  unequal_half_normal = case("unequal", "half_normal", 1, mu = normal(0, 2)),
  unequal_half_cauchy = case("unequal", "half_cauchy", 0.3),
  pair_half_normal = case("pair", "half_normal", 0.5),
  pair_half_cauchy = case("pair", "half_cauchy", 0.5, mu = normal(0, 4)),
  single_half_normal = case("single", "half_normal", 0.5),
  single_half_t = case("single", "half_t", 0.5, 3, mu = normal(0, 4))
)

for (name in names(cases)) {
  started <- Sys.time()
  one <- cases[[name]]
  data <- data_sets[[one$data]]
  prior <- do.call(priors[[one$prior]], one$parameters)
  upper <- if (one$prior == "uniform_upper") one$parameters[[1]] else Inf
  cases[[name]]$answer <- fit(data$yi, data$vi, prior, one$prior, one$mu_prior, upper = upper)
  cases[[name]]$parameters <- I(as.numeric(unlist(one$parameters)))
  cat(name, format(Sys.time() - started), "\n")
}

sorted <- function(x) if (is.list(x) && !is.null(names(x))) lapply(x[order(names(x))], sorted) else x
for (name in names(data_sets)) data_sets[[name]][c("yi", "vi")] <- lapply(data_sets[[name]][c("yi", "vi")], I)
content <- list(
  about = "Posteriors of the normal-normal model by adaptive quadrature in R; probabilities of quantiles in `probabilities`.",
  versions = list(R = as.character(getRversion()), metafor = as.character(packageVersion("metafor")),
                  metadat = as.character(packageVersion("metadat"))),
  probabilities = c(0.025, 0.25, 0.5, 0.9, 0.975), data = data_sets, cases = cases)
write(toJSON(sorted(content), digits = I(17), auto_unbox = TRUE, null = "null"), file.path(out, "quadrature.json"))
