# What the scripts of the references share: metafor's fits at their exact optima, and JSON with all digits.
#
# metafor stops its searches early by default. Here it is told to go on until rounding ends them, from a start next to
# the highest maximum of the likelihood, so that a second, lower maximum never becomes the answer.

suppressMessages({
  library(metafor)
  library(jsonlite)
})

versions <- list(
  R = paste(R.version$major, R.version$minor, sep = "."),
  metafor = as.character(packageVersion("metafor")),
  metadat = as.character(packageVersion("metadat"))
)

TESTS <- c("z", "t", "knha", "adhoc")

# ---- writing -------------------------------------------------------------------------------------------------------

# The shortest text of at least 15 digits that reads back as the same number.
number <- function(x) {
  if (is.na(x) || !is.finite(x)) return("null")
  for (digits in 15:17) {
    text <- sprintf(paste0("%.", digits, "g"), x)
    if (as.numeric(text) == x) return(text)
  }
  text
}

quoted <- function(text) if (is.na(text)) "null" else as.character(toJSON(unbox(text)))

json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x) && is.null(names(x))) return(paste0("[", paste0(vapply(x, json, ""), collapse = ","), "]"))
  if (is.list(x)) {
    keys <- vapply(names(x), quoted, "")
    return(paste0("{", paste0(keys, ":", vapply(x, json, ""), collapse = ","), "}"))
  }
  items <- if (is.logical(x)) ifelse(is.na(x), "null", ifelse(x, "true", "false"))
           else if (is.numeric(x)) vapply(x, number, "")
           else vapply(as.character(x), quoted, "")
  if (length(x) == 1 && !inherits(x, "AsIs")) return(unname(items))
  paste0("[", paste0(items, collapse = ","), "]")
}

# One line for each part of the file.
save_json <- function(path, x) {
  lines <- vapply(names(x), function(key) paste0("\"", key, "\": ", json(x[[key]])), "")
  writeLines(c("{", paste0(lines, c(rep(",", length(lines) - 1), "")), "}"), path)
}

# The title and the source as metadat's help page gives them.
help_text <- function(dataset) {
  page <- tools::Rd_db("metadat")[[paste0(dataset, ".Rd")]]
  part <- function(tag) {
    found <- Filter(function(node) identical(attr(node, "Rd_tag"), tag), page)
    text <- gsub("\\\\(doi|verb|emph|bold|url)", "", paste(unlist(found), collapse = ""))
    trimws(gsub("[[:space:]]+", " ", gsub("[{}*_<>]", "", text)))
  }
  list(title = part("\\title"), source = part("\\source"))
}

# ---- the highest maximum -------------------------------------------------------------------------------------------

# Score and log-likelihood of tau2, up to constants.
likelihood_of <- function(yi, vi, X, restricted) {
  function(tau2) {
    wi <- 1 / (vi + tau2)
    root <- chol(crossprod(X, wi * X))
    inverse <- chol2inv(root)
    residuals <- c(yi - X %*% (inverse %*% crossprod(X, wi * yi)))
    trace <- sum(wi) - if (restricted) sum(inverse * crossprod(X, wi^2 * X)) else 0
    height <- sum(log(wi)) - sum(wi * residuals^2) - if (restricted) 2 * sum(log(diag(root))) else 0
    c(score = sum((wi * residuals)^2) - trace, height = height / 2)
  }
}

highest_maximum <- function(yi, vi, X, restricted) {
  at <- likelihood_of(yi, vi, X, restricted)
  score <- function(tau2) at(tau2)[["score"]]
  top <- 10 * (diff(range(yi))^2 + max(vi))
  points <- c(0, exp(seq(log(1e-6 * min(vi)), log(top), length.out = 400)))
  scores <- vapply(points, score, 0)
  below <- which(head(scores, -1) > 0 & tail(scores, -1) <= 0)
  found <- vapply(below, function(i) {
    uniroot(score, points[c(i, i + 1)], tol = 1e-17 * min(vi), maxiter = 10000)$root
  }, 0)
  if (scores[1] <= 0) found <- c(0, found)
  found[which.max(vapply(found, function(tau2) at(tau2)[["height"]], 0))]
}

# ---- fitting -------------------------------------------------------------------------------------------------------

design <- function(yi, mods) if (is.null(mods)) matrix(1, length(yi), 1) else mods

# `mods` is the whole design matrix, the intercept included. Knapp and Hartung with a common-effect model makes metafor
# warn that nobody means it; the numbers are compared anyway.
fit <- function(yi, vi, method, test, level = 95, control = list(), mods = NULL, ...) {
  # Variances between mean differences in days or millimetres exceed 100, where metafor looks no further.
  control <- modifyList(list(tau2.max = max(100, 100 * diff(range(yi))^2)), control)
  if (!method %in% c("PM", "PMM")) control$tau2.max <- NULL
  arguments <- list(yi = yi, vi = vi, method = method, test = test, level = level, control = control, ...)
  if (!is.null(mods)) arguments <- c(arguments, list(mods = mods, intercept = FALSE))
  suppressWarnings(do.call(rma, arguments))
}

# metafor walks on from the start until a step is too small to matter, one step at least.
fit_tight <- function(yi, vi, method, test, level = 95, mods = NULL, ...) {
  X <- design(yi, mods)
  control <- list()
  if (method %in% c("PM", "PMM")) control <- list(tol = 1e-16 * min(vi), maxiter = 10000)
  if (method %in% c("ML", "REML", "EB") && length(yi) > ncol(X)) {
    start <- if (method == "EB") fit_tight(yi, vi, "PM", "z", mods = mods)$tau2
             else highest_maximum(yi, vi, X, method == "REML")
    control <- list(tau2.init = start, threshold = 1e-11 * (start + min(vi)), maxiter = 10000)
  }
  fit(yi, vi, method, test, level, control, mods, ...)
}

# ---- many fits inside metafor --------------------------------------------------------------------------------------

# influence() and its like refit with the settings of the model, from metafor's own start. The smallest step at which
# all fits end is taken; `is_missing` says which studies have no answer by right.
patiently <- function(yi, vi, method, test, mods, answer_of, is_missing = rep(FALSE, length(yi))) {
  for (fraction in 10^(-13:-8)) {
    x <- try(fit(yi, vi, method, test, control = list(threshold = fraction * min(vi), maxiter = 1000), mods = mods),
             silent = TRUE)
    if (inherits(x, "try-error")) next
    answer <- answer_of(x)
    if (identical(unname(is.na(answer[[1]])), is_missing) || !method %in% c("ML", "REML", "EB")) return(answer)
  }
  stop("no step at which all fits end")
}

# Without study i a column may be constant or nil: then there is no model.
is_singular_without <- function(X) {
  vapply(seq_len(nrow(X)), function(i) qr(X[-i, , drop = FALSE])$rank < ncol(X), TRUE)
}

# Refuses an answer that is not at the highest maximum of each likelihood.
influence_tight <- function(yi, vi, method, test, mods = NULL) {
  X <- design(yi, mods)
  singular <- is_singular_without(X)
  found <- patiently(yi, vi, method, test, mods, function(x) {
    all <- influence(x)
    names <- c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight")
    c(lapply(unclass(all$inf)[names], I),
      list(dfbs = lapply(unname(unclass(all$dfbs)[seq_len(ncol(X))]), I), is_influential = I(all$is.infl)))
  }, singular)
  for (i in which(!singular)) {
    exact <- fit_tight(yi[-i], vi[-i], method, test, mods = if (!is.null(mods)) mods[-i, , drop = FALSE])$tau2
    stopifnot(abs(found$tau2.del[i] - exact) <= 1e-10 * (exact + median(vi)))
  }
  found
}
