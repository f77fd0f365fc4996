# What R says of the tables in agreement_values/two.json: vcd's Kappa, psych's cohen.kappa and epiR's epi.kappa.
#
#     apt-get install r-cran-jsonlite r-cran-vcd r-cran-psych r-cran-epir
#     Rscript tests/reference/scripts/agreement.R

suppressWarnings(suppressMessages({library(jsonlite); library(vcd); library(psych); library(epiR)}))
file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- file.path(dirname(dirname(normalizePath(file))), "agreement_values")
cases <- fromJSON(file.path(folder, "two.json"), simplifyVector = FALSE)

number <- function(value) if (is.na(value)) NULL else as.numeric(value)
of_kappa <- function(kappa, part) {
  limits <- suppressWarnings(confint(kappa))
  list(estimate = number(kappa[[part]][["value"]]), se = number(kappa[[part]][["ASE"]]),
       ci_lower = number(limits[part, "lwr"]), ci_upper = number(limits[part, "upr"]))
}
answers <- lapply(cases, function(case) {
  table <- do.call(rbind, lapply(case$table, unlist))
  equal <- Kappa(table, weights = "Equal-Spacing")
  squared <- Kappa(table, weights = "Fleiss-Cohen")
  of_psych <- suppressWarnings(cohen.kappa(table, n.obs = sum(table)))
  found <- list(table = case$table,
    vcd = list(identity = of_kappa(equal, "Unweighted"), linear = of_kappa(equal, "Weighted"),
               quadratic = of_kappa(squared, "Weighted")),
    psych = list(identity = number(of_psych$kappa), quadratic = number(of_psych$weighted.kappa)))
  if (nrow(table) == 2) {
    of_epir <- epi.kappa(table)
    found$epiR <- list(pabak = number(of_epir$pabak$est), prevalence_index = number(of_epir$pindex$est),
                       bias_index = number(of_epir$bindex$est))
  }
  found
})
lines <- vapply(answers, function(answer) as.character(toJSON(answer, auto_unbox = TRUE, digits = I(17))), "")
versions <- vapply(c("vcd", "psych", "epiR"), function(name) as.character(packageVersion(name)), "")
writeLines(c("{", sprintf('"R": "%s.%s",', R.version$major, R.version$minor),
             sprintf('"versions": %s,', toJSON(as.list(versions), auto_unbox = TRUE)),
             '"tables": [', paste(lines, collapse = ",\n"), "]}"), file.path(folder, "r.json"))
