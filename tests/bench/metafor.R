# metafor's part of the bench. Started with a folder of CSV files and the numbers of runs, permutations and subsets;
# reads the names of jobs from the standard input and answers each with lines of a name and numbers, then "end".
suppressMessages(library(metafor))

given <- commandArgs(trailingOnly = TRUE)
folder <- given[1]
runs <- as.integer(given[2])
permutations <- as.integer(given[3])
subsets <- as.integer(given[4])
shortest.run <- 0.05 # seconds, as in clock.py

read <- function(name, ...) read.csv(file.path(folder, paste0(name, ".csv")), ...)
k20 <- read("k20")
k30 <- read("k30")
k50 <- read("k50")
k1000 <- read("k1000")
many.yi <- as.matrix(read("many_yi", header = FALSE))
many.vi <- as.matrix(read("many_vi", header = FALSE))

say <- function(name, values) cat(name, paste(sprintf("%.17g", as.numeric(values)), collapse = " "), "\n")
now <- function() as.numeric(Sys.time())
seconds.of <- function(run, repeats) {
  start <- now()
  for (i in seq_len(repeats)) run()
  (now() - start) / repeats
}
fit.values <- function(fit) list(estimate = fit$beta, se = fit$se, tau2 = fit$tau2)
fit.job <- function(data, method) list(run = function() rma(yi, vi, data = data, method = method), read = fit.values)

model.50 <- rma(yi, vi, data = k50)
model.50.x <- rma(yi, vi, mods = ~ x, data = k50)
model.20 <- rma(yi, vi, data = k20)

jobs <- list(
  reml_30 = fit.job(k30, "REML"),
  reml_1000 = fit.job(k1000, "REML"),
  dl_30 = fit.job(k30, "DL"),
  pm_30 = fit.job(k30, "PM"),
  leave_one_out = list(
    run = function() leave1out(model.50),
    read = function(found) list(estimate = found$estimate, se = found$se, tau2 = found$tau2)
  ),
  influence = list(
    run = function() influence(model.50),
    read = function(found) {
      with(found$inf, list(
        rstudent = rstudent, dffits = dffits, cook_d = cook.d, cov_r = cov.r, tau2_del = tau2.del, hat = hat
      ))
    }
  ),
  many = list(
    run = function() {
      lapply(seq_len(nrow(many.yi)), function(i) {
        tryCatch(suppressWarnings(rma(many.yi[i, ], many.vi[i, ])), error = function(e) NULL)
      })
    },
    read = function(found) {
      pick <- function(name) sapply(found, function(fit) if (is.null(fit)) NaN else fit[[name]][1])
      list(estimate = pick("beta"), se = pick("se"), tau2 = pick("tau2"))
    }
  ),
  permutation = list(
    run = function() permutest(model.50.x, iter = permutations, progbar = FALSE),
    read = function(found) {
      list(estimate = model.50.x$beta, se = model.50.x$se, p_value = found$pval, permutations = permutations)
    }
  ),
  gosh = list(
    run = function() gosh(model.20, subsets = subsets, progbar = FALSE),
    read = function(found) list(mask = t(found$incl), estimate = found$res$estimate, tau2 = found$res$tau2)
  )
)

cat("version", packageDescription("metafor")$Version, "\n")
cat("R", as.character(getRversion()), "\n")
cat("blas", extSoftVersion()[["BLAS"]], "\n")
cat("end\n")

input <- file("stdin", "r")
while (length(name <- readLines(input, n = 1)) > 0) {
  job <- jobs[[name]]
  set.seed(1)
  found <- job$run()
  repeats <- max(1, ceiling(shortest.run / max(seconds.of(job$run, 1), 1e-9)))
  times <- sapply(seq_len(runs), function(i) seconds.of(job$run, repeats))
  say("seconds", median(times))
  values <- job$read(found)
  for (part in names(values)) say(part, values[[part]])
  cat("end\n")
}
