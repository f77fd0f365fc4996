# Writes metafor/*.json: what metafor says about data sets of metadat.
#
#   Rscript tests/reference/regenerate.R            all files, next to this script
#   Rscript tests/reference/regenerate.R bcg-RR     one file
#
# Needs R with metafor, metadat and jsonlite (Debian: r-cran-metafor r-cran-jsonlite).
# Numbers are written with as many digits as it takes to read them back unchanged.

suppressMessages({
  library(metafor)
  library(jsonlite)
})

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- file.path(dirname(normalizePath(script)), "metafor")
wanted <- commandArgs(TRUE)

METHODS <- c("FE", "DL", "PM", "ML", "REML")
TESTS <- c("z", "knha")
MEANS <- c("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
EVENTS <- c("ai", "n1i", "ci", "n2i")

# ---- writing -------------------------------------------------------------------------------------------------------

number <- function(x) {
  if (is.na(x) || !is.finite(x)) return("null")
  for (digits in 15:17) {
    text <- sprintf(paste0("%.", digits, "g"), x)
    if (as.numeric(text) == x) return(text)
  }
  text
}

json <- function(x) {
  if (is.null(x)) return("null")
  if (is.list(x)) {
    keys <- vapply(names(x), function(name) as.character(toJSON(unbox(name))), "")
    return(paste0("{", paste0(keys, ": ", vapply(x, json, ""), collapse = ", "), "}"))
  }
  items <- if (is.numeric(x)) vapply(x, number, "") else vapply(x, function(item) as.character(toJSON(unbox(item))), "")
  if (length(x) == 1 && !inherits(x, "AsIs")) return(unname(items))
  paste0("[", paste0(items, collapse = ", "), "]")
}

save_json <- function(name, x) {
  lines <- vapply(names(x), function(key) paste0("\"", key, "\": ", json(x[[key]])), "")
  writeLines(c("{", paste0(lines, c(rep(",", length(lines) - 1), "")), "}"), file.path(folder, paste0(name, ".json")))
}

versions <- list(
  R = paste(R.version$major, R.version$minor, sep = "."),
  metafor = as.character(packageVersion("metafor")),
  metadat = as.character(packageVersion("metadat"))
)

# ---- fitting -------------------------------------------------------------------------------------------------------

# Knapp and Hartung with a common-effect model makes metafor warn that nobody means it; the numbers are compared anyway.
fit <- function(yi, vi, method, test, level = 95, control = list()) {
  # Variances between mean differences in days or millimetres exceed 100, where metafor looks no further for PM.
  if (method == "PM") control$tau2.max <- max(100, 10 * diff(range(yi))^2)
  suppressWarnings(rma(yi, vi, method = method, test = test, level = level, control = control))
}

# metafor stops early by default. Fisher scoring goes on here, each round from where the last one ended, until a step is
# too small to matter (relative to the variances) or rounding keeps it from getting smaller.
fit_tight <- function(yi, vi, method, test, level = 95) {
  if (method == "PM") return(fit(yi, vi, method, test, level, list(tol = 1e-16 * min(vi), maxiter = 10000)))
  if (!method %in% c("ML", "REML")) return(fit(yi, vi, method, test, level))
  best <- fit(yi, vi, method, test, level, list(threshold = 1e-4 * min(vi), maxiter = 10000))
  for (fraction in 10^(-6:-16)) {
    control <- list(threshold = fraction * min(vi), maxiter = 500, tau2.init = best$tau2)
    result <- try(fit(yi, vi, method, test, level, control), silent = TRUE)
    if (inherits(result, "try-error")) break
    best <- result
  }
  best
}

numbers <- function(x) {
  out <- list(
    b = c(x$beta), se = x$se, zval = x$zval, pval = x$pval, ci.lb = x$ci.lb, ci.ub = x$ci.ub, tau2 = x$tau2,
    se.tau2 = x$se.tau2, I2 = x$I2, H2 = x$H2, QE = x$QE, QEp = x$QEp, k = x$k, ddf = if (x$test == "knha") x$ddf
  )
  if (x$method != "FE") {
    prediction <- predict(x)
    out$pi.lb <- prediction$pi.lb
    out$pi.ub <- prediction$pi.ub
  }
  out
}

profile_interval <- function(x, control = list()) {
  interval <- confint(x, control = control)
  list(ci.lb = interval$random["tau^2", "ci.lb"], ci.ub = interval$random["tau^2", "ci.ub"],
       is_empty = isTRUE(interval$ci.null))
}

tight_interval <- function(yi, vi, level = 95) {
  x <- fit_tight(yi, vi, "REML", "z", level)
  top <- 10 * max(vi) + 10 * diff(range(yi))^2 * length(yi) / qchisq((1 - level / 100) / 2, length(yi) - 1)
  profile_interval(x, list(tol = 1e-16 * min(vi), maxiter = 10000, tau2.max = top))
}

leave_one_out <- function(yi, vi) {
  fits <- lapply(seq_along(yi), function(i) fit_tight(yi[-i], vi[-i], "REML", "knha"))
  pick <- function(name) vapply(fits, function(x) c(x[[name]]), 0)
  list(estimate = pick("beta"), se = pick("se"), pval = pick("pval"), ci.lb = pick("ci.lb"), ci.ub = pick("ci.ub"),
       tau2 = pick("tau2"), I2 = pick("I2"), Q = pick("QE"))
}

grid <- function(fitter, yi, vi) {
  sapply(METHODS, function(method) sapply(TESTS, function(test) numbers(fitter(yi, vi, method, test)), simplify = FALSE),
         simplify = FALSE)
}

answer <- function(name, dataset, title, source, measure, inputs, yi, vi) {
  k <- length(yi)
  list(
    name = name, dataset = dataset, title = title, source = source, measure = measure, versions = versions, k = k,
    inputs = if (length(inputs)) lapply(inputs, I), yi = I(yi), vi = I(vi),
    default = grid(fit, yi, vi),
    tight = grid(fit_tight, yi, vi),
    weights = sapply(METHODS, function(method) I(unname(weights(fit_tight(yi, vi, method, "z"))) / 100), simplify = FALSE),
    level_80 = sapply(TESTS, function(test) numbers(fit_tight(yi, vi, "REML", test, 80)), simplify = FALSE),
    profile = list(default = profile_interval(fit(yi, vi, "REML", "z")), tight = tight_interval(yi, vi),
                   level_80 = tight_interval(yi, vi, 80)),
    leave_one_out = if (k > 2) leave_one_out(yi, vi)
  )
}

# ---- data sets -----------------------------------------------------------------------------------------------------

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

means <- function(data, ...) list(data = data, columns = c(...), names = MEANS)
events <- function(data, ...) list(data = data, columns = c(...), names = EVENTS)
given <- function(data) list(data = data, columns = c("yi", "vi"), names = c("yi", "vi"))

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
  save_json(name, answer(name, dataset, text$title, text$source, measure, inputs, c(effects$yi), c(effects$vi)))
}

cells <- function(data, ai, bi, ci, di) {
  with(data, data.frame(ai = get(ai), n1i = get(ai) + get(bi), ci = get(ci), n2i = get(ci) + get(di)))
}

bcg <- cells(dat.bcg, "tpos", "tneg", "cpos", "cneg")
hart <- dat.hart1999[c("x1i", "t1i", "x2i", "t2i")]
trials <- with(dat.viechtbauer2021, data.frame(ai = xTi, n1i = nTi, ci = xCi, n2i = nCi))
covid <- with(dat.axfors2021[dat.axfors2021$hcq_cq == "hcq", ],
              data.frame(ai = hcq_arm_event, n1i = hcq_arm_total, ci = control_arm_event, n2i = control_arm_total))

for (measure in c("RR", "OR", "RD")) write_set(paste0("bcg-", measure), "dat.bcg", measure, events(bcg, EVENTS))
write_set("bcg2-RR", "dat.bcg", "RR", events(bcg[1:2, ], EVENTS))
write_set("bcg3-RR", "dat.bcg", "RR", events(bcg[1:3, ], EVENTS))
for (measure in c("OR", "RR", "RD")) write_set(paste0("egger2001-", measure), "dat.egger2001", measure, events(dat.egger2001, EVENTS))
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
write_set("molloy2014-ZCOR", "dat.molloy2014", "ZCOR", list(data = dat.molloy2014, columns = c("ri", "ni"), names = c("ri", "ni")))
write_set("cohen1981-ZCOR", "dat.cohen1981", "ZCOR", list(data = dat.cohen1981, columns = c("ri", "ni"), names = c("ri", "ni")))
write_set("pritz1997-PLO", "dat.pritz1997", "PLO", list(data = dat.pritz1997, columns = c("xi", "ni"), names = c("xi", "ni")))
write_set("hart1999-IRR", "dat.hart1999", "IRR", list(data = hart, columns = names(hart), names = names(hart)))
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
  save_json("effects", list(versions = versions, source = "arms made up for this file", events = lapply(as.list(tables), I),
                            means = lapply(as.list(arms), I), from_events = cases, from_means = averages))
}

if (!length(wanted) || "effects" %in% wanted) write_effects()
