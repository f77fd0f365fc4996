"""Thirteen trials of BCG vaccine (Colditz et al. 1994, doi:10.1001/jama.1994.03510330076038)."""

from math import log

from analysis.contract import Dataset, Effect, OutcomeFacts

# Author and year; cases and non-cases with vaccine, cases and non-cases without (metadat: dat.bcg).
TRIALS = (
    ("Aronson 1948", 4, 119, 11, 128),
    ("Ferguson & Simes 1949", 6, 300, 29, 274),
    ("Rosenthal et al 1960", 3, 228, 11, 209),
    ("Hart & Sutherland 1977", 62, 13536, 248, 12619),
    ("Frimodt-Moller et al 1973", 33, 5036, 47, 5761),
    ("Stein & Aronson 1953", 180, 1361, 372, 1079),
    ("Vandiviere et al 1973", 8, 2537, 10, 619),
    ("TPT Madras 1980", 505, 87886, 499, 87892),
    ("Coetzee & Berjak 1968", 29, 7470, 45, 7232),
    ("Rosenthal et al 1961", 17, 1699, 65, 1600),
    ("Comstock et al 1974", 186, 50448, 141, 27197),
    ("Comstock & Webster 1969", 5, 2493, 3, 2338),
    ("Comstock et al 1976", 27, 16886, 29, 17825),
)


def bcg_dataset() -> Dataset:
    """Give the trials as log risk ratios."""
    return Dataset(
        measure="RR",
        outcome=OutcomeFacts(code="tuberculosis", name="Tuberculosis", direction="lower"),
        window="any",
        effects=tuple(
            Effect(
                id=f"trial-{number}",
                study=f"trial-{number}",
                label=label,
                yi=log(ai / (ai + bi) / (ci / (ci + di))),
                vi=1 / ai - 1 / (ai + bi) + 1 / ci - 1 / (ci + di),
                n1=float(ai + bi),
                n2=float(ci + di),
            )
            for number, (label, ai, bi, ci, di) in enumerate(TRIALS, start=1)
        ),
    )
