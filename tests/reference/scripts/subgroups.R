# Writes subgroups/*.json: metafor on groups of studies with every estimator and interval, on permutations of designs with
# several columns, on averaged predictions, and the sums that Wilson's macro prints, from metafor's fits.
#
#   Rscript tests/reference/scripts/subgroups.R            all files
#   Rscript tests/reference/scripts/subgroups.R bcg        one file
#
# Needs R with metafor, metadat and jsonlite. Categories are sorted as in the C locale; the first one is the reference.

invisible(Sys.setlocale("LC_COLLATE", "C"))
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "exact.R"))

folder <- file.path(here, "..", "subgroups")
wanted <- commandArgs(TRUE)
METHODS <- c("FE", "DL", "SJ", "ML", "REML", "EB", "PM")

design_of <- function(columns) {
  X <- model.matrix(~ ., data = as.data.frame(columns, check.names = FALSE, stringsAsFactors = TRUE))
  colnames(X)[1] <- "intrcpt"
  X
}

# ---- subgroups -----------------------------------------------------------------------------------------------------

# One study has no t distribution and no tau2: it keeps its normal interval.
one_group <- function(yi, vi, method, test) {
  alone <- length(yi) == 1
  x <- if (alone) rma(yi, vi, method = "FE") else fit_tight(yi, vi, method, test)
  part <- list(k = x$k, b = c(x$beta), se = x$se, pval = x$pval, ci.lb = x$ci.lb, ci.ub = x$ci.ub)
  if (alone) return(part)
  out <- predict(x)
  c(part, list(tau2 = x$tau2, I2 = x$I2, H2 = x$H2, QE = x$QE, QEp = x$QEp),
    if (method != "FE") list(pi.lb = out$pi.lb, pi.ub = out$pi.ub))
}

separate <- function(yi, vi, group, levels, method, test) {
  each <- lapply(levels, function(level) one_group(yi[group == level], vi[group == level], method, test))
  between <- rma(sapply(each, `[[`, "b"), sei = sapply(each, `[[`, "se"), method = "FE")
  list(groups = each, Q = between$QE, Qp = between$QEp)
}

common <- function(yi, vi, group, method, test) {
  compared <- fit_tight(yi, vi, method, test, mods = design_of(list(group = group)))
  each <- fit_tight(yi, vi, method, test, mods = model.matrix(~ group - 1))
  out <- predict(each, newmods = diag(each$p))
  c(list(b = I(c(each$beta)), se = I(each$se), pval = I(each$pval), ci.lb = I(each$ci.lb), ci.ub = I(each$ci.ub),
         tau2 = each$tau2, QE = each$QE, QEp = each$QEp, QM = compared$QM, QMp = compared$QMp),
    if (method != "FE") list(pi.lb = I(out$pi.lb), pi.ub = I(out$pi.ub)))
}

subgroups <- function(yi, vi, group) {
  levels <- sort(unique(group))
  ask <- function(method, test) {
    list(separate = separate(yi, vi, group, levels, method, test), common = common(yi, vi, group, method, test))
  }
  list(levels = I(levels), group = I(group),
       fits = sapply(METHODS, function(method) sapply(TESTS, function(test) ask(method, test), simplify = FALSE),
                     simplify = FALSE))
}

# ---- permutations --------------------------------------------------------------------------------------------------

permutations <- function(yi, vi, columns) {
  X <- if (length(columns)) design_of(columns)
  ask <- function(method, test) {
    control <- if (method %in% c("ML", "REML")) list(threshold = 1e-12, maxiter = 10000)
               else if (method == "PM") list(tol = 1e-14, maxiter = 10000) else list()
    found <- permutest(fit(yi, vi, method, test, control = control, mods = X), exact = TRUE, progbar = FALSE)
    stopifnot(!anyNA(found$QM.perm))
    list(pval = I(unname(found$pval)), QMp = found$QMp, iterations = length(found$QM.perm))
  }
  list(mods = I(names(columns)), k = length(yi),
       fits = sapply(c("ML", "REML", "PM"), function(method) sapply(c("z", "knha"), function(test) ask(method, test),
                                                                    simplify = FALSE), simplify = FALSE))
}

# ---- averaged predictions ------------------------------------------------------------------------------------------

# Numbers at their means, all levels of a category alike: the rows of the design over the grid of all levels, averaged.
averages <- function(yi, vi, columns, formula, focus) {
  data <- as.data.frame(columns, stringsAsFactors = TRUE)
  X <- model.matrix(formula, data)
  colnames(X)[1] <- "intrcpt"
  grid <- expand.grid(lapply(data, function(column) if (is.factor(column)) levels(column) else mean(column)))
  rows <- model.matrix(formula, data = grid, xlev = lapply(Filter(is.factor, data), levels))
  levels <- levels(data[[focus]])
  averaged <- t(sapply(levels, function(level) colMeans(rows[grid[[focus]] == level, , drop = FALSE])))
  ask <- function(test) {
    out <- predict(fit_tight(yi, vi, "REML", test, mods = X), newmods = averaged[, -1, drop = FALSE])
    lapply(unclass(out)[c("pred", "se", "ci.lb", "ci.ub", "pi.lb", "pi.ub")], function(part) I(unname(part)))
  }
  list(mods = I(names(columns)), interactions = I(grep(":", labels(terms(formula)), value = TRUE)), focus = focus,
       levels = I(levels), z = ask("z"), knha = ask("knha"))
}

# ---- Wilson's macro ------------------------------------------------------------------------------------------------

# The sums after the variance component: metafor fits at that variance, lm has the weighted sums of squares.
macro <- function(yi, vi, columns) {
  X <- design_of(columns)
  k <- nrow(X)
  p <- ncol(X)
  ml <- fit_tight(yi, vi, "ML", "z", mods = X)$tau2
  components <- list(FE = 0, MM = fit_tight(yi, vi, "DL", "z", mods = X)$tau2, ML = ml, REML = ml * k / (k - p),
                     REML_exact = fit_tight(yi, vi, "REML", "z", mods = X)$tau2)
  fits <- lapply(names(components), function(name) {
    tau2 <- components[[name]]
    x <- fit(yi, vi, "ML", "z", mods = X, tau2 = tau2)
    wi <- 1 / (vi + tau2)
    full <- anova(lm(yi ~ 1, weights = wi), lm(yi ~ X - 1, weights = wi))
    sums <- full$RSS
    spread <- function(x) sqrt(sum(wi * (x - weighted.mean(x, wi))^2) / sum(wi))
    list(v = tau2, se = if (name %in% c("ML", "REML")) sqrt(2 / sum(wi^2)) else NULL,
         mean = weighted.mean(yi, wi), R2 = 1 - sums[2] / sums[1], Q = I(c(sums[1] - sums[2], sums[2], sums[1])),
         B = I(c(x$beta)), SE = I(x$se), Z = I(x$zval), P = I(x$pval), lower = I(x$ci.lb), upper = I(x$ci.ub),
         Beta = I(c(0, c(x$beta)[-1] * apply(X[, -1, drop = FALSE], 2, spread) / spread(yi))))
  })
  list(mods = I(names(columns)), fits = setNames(fits, names(components)))
}

# ---- data sets -----------------------------------------------------------------------------------------------------

write_set <- function(name, dataset, data, groups = NULL, permuted = list(), few = NULL, wilson = list(),
                      averaged = list()) {
  if (length(wanted) && !name %in% wanted) return(invisible())
  message(name)
  used <- unique(c(groups, unlist(permuted), unlist(wilson), unlist(lapply(averaged, `[[`, "mods"))))
  columns <- lapply(as.list(data[used]), function(column) if (is.factor(column)) as.character(column) else column)
  yi <- c(data$yi)
  vi <- c(data$vi)
  rows <- seq_len(if (is.null(few)) length(yi) else few)
  content <- c(
    list(name = name, dataset = dataset), help_text(dataset),
    list(versions = versions, k = length(yi), yi = I(yi), vi = I(vi), columns = lapply(columns, I),
         subgroups = if (!is.null(groups)) subgroups(yi, vi, as.character(columns[[groups]])),
         permutations = lapply(permuted, function(mods) {
           permutations(yi[rows], vi[rows], lapply(columns[mods], function(column) column[rows]))
         }),
         wilson = lapply(wilson, function(mods) macro(yi, vi, columns[mods])),
         averages = lapply(averaged, function(asked) {
           averages(yi, vi, columns[asked$mods], asked$formula, asked$focus)
         }))
  )
  save_json(file.path(folder, paste0(name, ".json")), content)
}

dir.create(folder, showWarnings = FALSE)

bcg <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
bcg$place <- ifelse(bcg$ablat > 30, "far", "near")
write_set("bcg", "dat.bcg", bcg, groups = "alloc", wilson = list("ablat", c("alloc", "ablat")), averaged = list(
  list(mods = c("alloc", "ablat"), formula = ~ alloc + ablat, focus = "alloc"),
  list(mods = c("alloc", "place"), formula = ~ alloc * place, focus = "place")
))

raudenbush <- dat.raudenbush1985
write_set("raudenbush1985", "dat.raudenbush1985", raudenbush, groups = "setting", wilson = list(c("weeks", "tester")),
          averaged = list(
            list(mods = c("weeks", "setting", "tester"), formula = ~ weeks + setting + tester, focus = "setting"),
            list(mods = c("weeks", "tester"), formula = ~ weeks * tester, focus = "tester")
          ))

bangert <- transform(dat.bangertdrowns2004, grade = paste("grade", grade))
write_set("bangertdrowns2004", "dat.bangertdrowns2004", bangert, groups = "grade", wilson = list("grade"))

hart <- escalc("IRR", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = dat.hart1999)
write_set("hart1999", "dat.hart1999", hart, groups = "prevtype", permuted = list(character(), "prevtype"))

molloy <- escalc("ZCOR", ri = ri, ni = ni, data = dat.molloy2014)
write_set("molloy2014", "dat.molloy2014", molloy, few = 6, permuted = list(c("quality", "meanage")),
          groups = "controls", wilson = list(c("quality", "meanage")))
