# Writes tests/reference/two_step.json: tau2 by the moment estimator with the weights of DerSimonian and Laird.
#
#   Rscript tests/reference/scripts/two_step.R
#
# metafor has no name for it; it is its general method of moments (GENQ) with the weights 1 / (vi + tau2 of DL). As
# metafor would also pool with those weights, effects are asked of a second call that is given tau2.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "exact.R"))
folder <- dirname(here)

two_step <- function(yi, vi, ...) {
  first <- do.call(rma, list(yi = yi, vi = vi, method = "DL", ...))
  do.call(rma, list(yi = yi, vi = vi, method = "GENQ", weights = 1 / (vi + first$tau2), ...))
}

answer <- function(yi, vi) {
  found <- two_step(yi, vi)
  fit <- rma(yi, vi, method = "DL", tau2 = found$tau2, test = "knha")
  list(tau2 = found$tau2, se.tau2 = found$se.tau2, b = c(fit$beta), se = fit$se, ci.lb = fit$ci.lb,
       ci.ub = fit$ci.ub, pval = fit$pval)
}

pooled <- function(path) {
  set <- fromJSON(path)
  answer(set$yi, set$vi)
}

# Models whose moderators are numbers, none an interaction: the others need metafor's way of writing categories.
regressed <- function(path) {
  set <- fromJSON(path, simplifyVector = TRUE, simplifyDataFrame = FALSE)
  is_plain <- function(model) all(model$mods %in% names(set$columns)) && all(sapply(set$columns[model$mods], is.numeric))
  models <- Filter(is_plain, set$models)
  lapply(models, function(model) {
    rows <- if (is.null(model$rows)) seq_along(set$yi) else model$rows + 1
    # Around their means: years beside an intercept cost metafor digits.
    columns <- sapply(set$columns[model$mods], function(values) values[rows] - mean(values[rows]))
    found <- two_step(set$yi[rows], set$vi[rows], mods = columns)
    list(name = model$name, tau2 = found$tau2, se.tau2 = found$se.tau2)
  })
}

files <- function(part) Filter(function(path) basename(path) != "effects.json", list.files(file.path(folder, part), full.names = TRUE))
named <- function(paths, ask) setNames(lapply(paths, ask), sub("\\.json$", "", basename(paths)))

out <- list(versions = versions, pooled = named(files("metafor"), pooled), regressed = named(files("moderators"), regressed))
writeLines(json(out), file.path(folder, "two_step.json"))
