# Writes moderators/*.json: what metafor says about models with moderators, subgroups and permutations.
#
#   Rscript tests/reference/scripts/moderators.R            all files
#   Rscript tests/reference/scripts/moderators.R bcg        one file
#
# Needs R with metafor, metadat and jsonlite. Categories are sorted as in the C locale; the first one is the reference.

invisible(Sys.setlocale("LC_COLLATE", "C"))
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "exact.R"))

folder <- file.path(here, "..", "moderators")
wanted <- commandArgs(TRUE)

METHODS <- c("FE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")

# ---- one model -----------------------------------------------------------------------------------------------------

# metafor knows an intercept by its name: then it gives R2 and leaves the intercept out of QM.
design_of <- function(columns) {
  X <- model.matrix(~ ., data = as.data.frame(columns, check.names = FALSE, stringsAsFactors = TRUE))
  colnames(X)[1] <- "intrcpt"
  X
}

# The same model with moderators around their means. Calendar years cost metafor's QE up to 7 digits; tau2, QE and all
# that does not depend on the origin of the moderators is therefore asked of this one.
centred <- function(X) cbind(intrcpt = 1, sweep(X[, -1, drop = FALSE], 2, colMeans(X[, -1, drop = FALSE])))

# Coefficients of the moderators as they are, at the tau2 of the moderators around their means.
fit_at <- function(yi, vi, method, test, X) {
  tau2 <- fit_tight(yi, vi, method, "z", mods = centred(X))$tau2
  if (method == "FE") return(fit(yi, vi, method, test, mods = X))
  fit(yi, vi, method, test, mods = X, tau2 = tau2)
}

interval <- function(x) {
  limits <- if (x$method == "REML") list(ci.lb = I(x$ci.lb), ci.ub = I(x$ci.ub))
  c(list(se = I(x$se), pval = I(x$pval), QM = x$QM, QMp = x$QMp), limits)
}

# metafor fits the model without moderators from the start of the model with them; here it gets its own.
explained <- function(x) {
  if (x$method == "FE") return(x$R2 / 100)
  without <- fit_tight(x$yi, x$vi, x$method, "z")$tau2
  exact <- if (without == 0) 0 else max(0, (without - x$tau2) / without)
  stopifnot(abs(exact - x$R2 / 100) <= 1e-4)
  exact
}

fits_of <- function(yi, vi, X) {
  sapply(METHODS, function(method) {
    fits <- sapply(TESTS, function(test) fit_at(yi, vi, method, test, X), simplify = FALSE)
    x <- fit_tight(yi, vi, method, "z", mods = centred(X))
    c(list(b = I(c(fits$z$beta)), tau2 = x$tau2, se.tau2 = x$se.tau2, I2 = x$I2, H2 = x$H2, R2 = explained(x)),
      lapply(fits, interval))
  }, simplify = FALSE)
}

# At the means, at the first study and at the smallest values.
predictions <- function(fits, X) {
  rows <- rbind(colMeans(X), X[1, ], apply(X, 2, min))[, -1, drop = FALSE]
  asked <- sapply(c("z", "knha"), function(test) {
    answer <- predict(fits[[test]], newmods = rows)
    lapply(unclass(answer)[c("pred", "se", "ci.lb", "ci.ub", "pi.lb", "pi.ub")], function(part) I(unname(part)))
  }, simplify = FALSE)
  c(list(rows = lapply(seq_len(nrow(rows)), function(i) I(unname(rows[i, ])))), asked)
}

# One for each coefficient, and one for each moderator with all its coefficients.
inflation <- function(x, X, columns) {
  if (ncol(X) < 3) return(NULL)
  terms <- attr(X, "assign")
  together <- lapply(seq_along(columns), function(term) which(terms == term))
  list(each = I(unname(vif(x)$vifs)), together = I(unname(vif(x, btt = together)$vifs)))
}

# Q-profile of the residual tau2.
tau2_limits <- function(x, yi, vi) {
  top <- 1000 * max(vi) + 10 * diff(range(yi))^2 * length(yi) / qchisq(0.025, x$k - x$p)
  limits <- confint(x, control = list(tol = 1e-16 * min(vi), maxiter = 10000, tau2.max = top))
  stopifnot(limits$random["tau^2", "ci.ub"] < top)
  list(ci.lb = limits$random["tau^2", "ci.lb"], ci.ub = limits$random["tau^2", "ci.ub"],
       is_empty = isTRUE(limits$ci.null))
}

model <- function(yi, vi, columns, influence) {
  X <- design_of(columns)
  reml <- sapply(c("z", "knha"), function(test) fit_at(yi, vi, "REML", test, X), simplify = FALSE)
  x <- reml$z
  around <- fit_tight(yi, vi, "REML", "z", mods = centred(X))
  list(
    mods = I(names(columns)), p = x$p, QE = around$QE, QEp = around$QEp, fits = fits_of(yi, vi, X),
    vb = lapply(seq_len(x$p), function(i) I(unname(x$vb[i, ]))), confint = tau2_limits(around, yi, vi),
    predict = predictions(reml, X), vif = inflation(x, X, columns),
    influence = sapply(influence, function(test) influence_tight(yi, vi, "REML", test, X), simplify = FALSE)
  )
}

# ---- subgroups -----------------------------------------------------------------------------------------------------

fit_numbers <- function(x) {
  list(k = x$k, b = c(x$beta), se = x$se, ci.lb = x$ci.lb, ci.ub = x$ci.ub, tau2 = x$tau2, QE = x$QE)
}

# Separate tau2: each group for itself, the pooled effects compared. Common tau2: one model with the group as moderator.
subgroups <- function(yi, vi, group) {
  levels <- sort(unique(group))
  ask <- function(test) {
    each <- lapply(levels, function(level) fit_tight(yi[group == level], vi[group == level], "REML", test))
    b <- vapply(each, function(x) c(x$beta), 0)
    se <- vapply(each, function(x) x$se, 0)
    between <- rma(b, sei = se, method = "FE")
    X <- model.matrix(~ group)
    colnames(X)[1] <- "intrcpt"
    compared <- fit_tight(yi, vi, "REML", test, mods = X)
    common <- fit_tight(yi, vi, "REML", test, mods = model.matrix(~ group - 1))
    list(
      separate = list(groups = lapply(each, fit_numbers), Q = between$QE, Qdf = between$k - 1, Qp = between$QEp),
      common = list(b = I(c(common$beta)), se = I(common$se), ci.lb = I(common$ci.lb), ci.ub = I(common$ci.ub),
                    tau2 = common$tau2, QM = compared$QM, QMdf = I(compared$QMdf), QMp = compared$QMp)
    )
  }
  list(levels = I(levels), group = I(group), z = ask("z"), knha = ask("knha"))
}

# ---- permutations --------------------------------------------------------------------------------------------------

# All sign flips, or all orders of the rows of the moderators.
permutations <- function(yi, vi, columns = NULL) {
  X <- if (!is.null(columns)) design_of(columns)
  ask <- function(method, test) {
    x <- fit(yi, vi, method, test, control = list(threshold = 1e-12, maxiter = 10000), mods = X)
    found <- permutest(x, exact = TRUE, progbar = FALSE)
    stopifnot(!anyNA(found$zval.perm))
    list(pval = I(unname(found$pval)), QMp = found$QMp, iterations = length(found$QM.perm))
  }
  combine <- function(method) sapply(c("z", "knha"), function(test) ask(method, test), simplify = FALSE)
  list(mods = if (!is.null(columns)) I(names(columns)), k = length(yi),
       fits = sapply(c("FE", "DL", "REML"), combine, simplify = FALSE))
}

# ---- data sets -----------------------------------------------------------------------------------------------------

# Each set: effects, columns and models (lists of column names). A model leaves out the studies that lack a value.
write_set <- function(name, dataset, data, models, groups = NULL, influence = list(), few = NULL, permuted = list()) {
  if (length(wanted) && !name %in% wanted) return(invisible())
  message(name)
  used <- unique(c(unlist(models), groups, unlist(permuted)))
  columns <- lapply(as.list(data[used]), function(column) if (is.factor(column)) as.character(column) else column)
  yi <- c(data$yi)
  vi <- c(data$vi)
  fitted <- lapply(names(models), function(key) {
    mods <- models[[key]]
    rows <- complete.cases(data[c("yi", "vi", mods)])
    c(list(name = key, rows = I(which(rows) - 1)),
      model(yi[rows], vi[rows], lapply(columns[mods], function(column) column[rows]), influence[[key]]))
  })
  content <- c(
    list(name = name, dataset = dataset), help_text(dataset),
    list(versions = versions, k = length(yi), yi = I(yi), vi = I(vi), columns = lapply(columns, I), models = fitted,
         subgroups = if (!is.null(groups)) subgroups(yi, vi, as.character(columns[[groups]])),
         permutations = lapply(permuted, function(mods) {
           rows <- seq_len(if (is.null(few)) length(yi) else few)
           permutations(yi[rows], vi[rows], if (length(mods)) lapply(columns[mods], function(column) column[rows]))
         }))
  )
  save_json(file.path(folder, paste0(name, ".json")), content)
}

dir.create(folder, showWarnings = FALSE)

bcg <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
bcg$since <- bcg$year - 1948
bcg[["ablat:since"]] <- bcg$ablat * bcg$since
write_set("bcg", "dat.bcg", bcg, list(
  ablat = "ablat", "ablat + year" = c("ablat", "year"), alloc = "alloc", "alloc + ablat" = c("alloc", "ablat"),
  "ablat * since" = c("ablat", "since", "ablat:since")
), groups = "alloc", influence = list(ablat = "z", "alloc + ablat" = c("z", "knha")), few = 6,
  permuted = list(character(), "ablat", "alloc"))

write_set("raudenbush1985", "dat.raudenbush1985", dat.raudenbush1985, list(
  weeks = "weeks", "setting + tester" = c("setting", "tester")
), groups = "setting", influence = list(weeks = "knha"))

bangert <- transform(dat.bangertdrowns2004, grade = paste("grade", grade))
write_set("bangertdrowns2004", "dat.bangertdrowns2004", bangert, list(
  length = "length", "length + wic + feedback + info" = c("length", "wic", "feedback", "info")
), groups = "grade")

write_set("hackshaw1998", "dat.hackshaw1998", dat.hackshaw1998, list(year = "year"))

write_set("konstantopoulos2011", "dat.konstantopoulos2011", dat.konstantopoulos2011, list(year = "year"))

normand <- escalc("SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.normand1999)
normand$stay <- normand$m2i
write_set("normand1999", "dat.normand1999", normand, list(stay = "stay"), influence = list(stay = "z"))

curtis <- escalc("ROM", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.curtis1998)
write_set("curtis1998", "dat.curtis1998", curtis, list(fungrp = "fungrp", "time + method" = c("time", "method")),
          groups = "fungrp")

linde <- escalc("RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.linde2005[-c(5, 26), ])
linde$group <- paste("group", linde$group)
write_set("linde2005", "dat.linde2005", linde, list("major + duration + dosage" = c("major", "duration", "dosage")),
          groups = "group")

molloy <- escalc("ZCOR", ri = ri, ni = ni, data = dat.molloy2014)
write_set("molloy2014", "dat.molloy2014", molloy, list("design + meanage" = c("design", "meanage")),
          influence = list("design + meanage" = "knha"))

gibson <- escalc("MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = dat.gibson2002)
gibson <- gibson[!is.na(gibson$yi), ]
write_set("gibson2002", "dat.gibson2002", gibson, list(year = "year"))

hart <- escalc("IRR", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = dat.hart1999)
write_set("hart1999", "dat.hart1999", hart, list(prevtype = "prevtype"), influence = list(prevtype = "z"),
          permuted = list(character(), "prevtype", "year"))
