# The effects of a review from a Quorum site, pooled once more with metafor.
#
#   Rscript effects.R https://quorum.example.org lbp pain
#
# The token is read from the environment variable QUORUM_TOKEN. Needs the package metafor.

read_effects <- function(site, review, outcome, token) {
  address <- sprintf(
    "%s/api/v1/effects/?format=csv&review=%s&outcome=%s",
    sub("/$", "", site), utils::URLencode(review, reserved = TRUE), utils::URLencode(outcome, reserved = TRUE)
  )
  connection <- url(address, headers = c(Authorization = paste("Bearer", token)))
  utils::read.csv(connection, stringsAsFactors = FALSE, encoding = "UTF-8")
}

if (!interactive()) {
  arguments <- commandArgs(trailingOnly = TRUE)
  token <- Sys.getenv("QUORUM_TOKEN")
  if (length(arguments) != 3 || token == "") {
    stop("Say: QUORUM_TOKEN=... Rscript effects.R SITE REVIEW OUTCOME")
  }
  effects <- read_effects(arguments[1], arguments[2], arguments[3], token)
  for (analysis in unique(effects$analysis)) {
    rows <- effects[effects$analysis == analysis, ]
    if (nrow(rows) < 2) next
    fit <- metafor::rma(yi, vi, data = rows, method = "REML", test = "knha")
    cat(sprintf("%s: k = %d, %.4f [%.4f, %.4f]\n", analysis, fit$k, fit$beta, fit$ci.lb, fit$ci.ub))
  }
}
