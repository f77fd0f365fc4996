"""metafor's answers, read from metafor/*.json; regenerate.R writes them, README.md says what agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "metafor"

# Every data set with its effect measure and number of studies. The grid may grow; a test holds that it does not shrink.
DATASETS: dict[str, tuple[str, int]] = {
    "assink2016": ("GEN", 100),
    "axfors2021-OR": ("OR", 28),
    "bangertdrowns2004": ("GEN", 48),
    "bcg-OR": ("OR", 13),
    "bcg-RD": ("RD", 13),
    "bcg-RR": ("RR", 13),
    "bcg2-RR": ("RR", 2),
    "bcg3-RR": ("RR", 3),
    "begg1989": ("GEN", 20),
    "berkey1998": ("GEN", 5),
    "bonett2010-ABT": ("ABT", 9),
    "cannon2006-OR": ("OR", 4),
    "cohen1981-ZCOR": ("ZCOR", 20),
    "curtis1998-MD": ("MD", 102),
    "curtis1998-ROM": ("ROM", 102),
    "curtis1998-SMD": ("SMD", 102),
    "egger2001-OR": ("OR", 16),
    "egger2001-RD": ("RD", 16),
    "egger2001-RR": ("RR", 16),
    "gibson2002-MD": ("MD", 13),
    "gibson2002-SMD": ("SMD", 13),
    "graves2010-RR": ("RR", 17),
    "hackshaw1998": ("GEN", 37),
    "hahn2001-RR": ("RR", 12),
    "hannum2020-PLO": ("PLO", 35),
    "hart1999-IRR": ("IRR", 6),
    "hine1989-RD": ("RD", 6),
    "knapp2017": ("GEN", 66),
    "konstantopoulos2011": ("GEN", 56),
    "laopaiboon2015-RR": ("RR", 15),
    "lau1992-OR": ("OR", 33),
    "li2007-OR": ("OR", 22),
    "linde2005-RR": ("RR", 24),
    "molloy2014-ZCOR": ("ZCOR", 16),
    "nakagawa2007-ZCOR": ("ZCOR", 15),
    "nielweise2007-OR": ("OR", 18),
    "nielweise2008-IRR": ("IRR", 9),
    "normand1999-MD": ("MD", 9),
    "normand1999-SMD": ("SMD", 9),
    "pignon2000": ("GEN", 65),
    "pritz1997-PLO": ("PLO", 14),
    "raudenbush1985": ("GEN", 19),
    "vanhowe1999-OR": ("OR", 33),
    "viechtbauer2021-OR": ("OR", 20),
}
# Ten studies, made up, whose REML likelihood has two maxima above 0. metafor's climb ends on the lower one.
TWO_HILLS = {
    "yi": [-0.0751, -0.4161, 0.0164, -0.1517, -0.1421, -0.0907, -4.6238, -5.6657, 2.5275, 2.9799],
    "vi": [*[0.006725] * 6, 1.637648, 6.247113, 3.567409, 0.872743],
}
# The engine's name of each method, and metafor's.
TAU2_METHODS = {"CE": "FE"} | {name: name for name in ("DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")}
CI_METHODS = {"wald": "z", "t": "t", "hksj": "knha", "hksj_adhoc": "adhoc"}
# Those whose tau2 metafor finds step by step, and stops early by default.
ITERATED = ("ML", "REML", "EB", "PM", "PMM")
# What each test of metafor answers; everything else belongs to the estimator.
OF_THE_INTERVAL = ("se", "zval", "pval", "ci.lb", "ci.ub", "ddf", "pi.lb", "pi.ub")


def load(name: str, *, part: str = "metafor") -> dict[str, Any]:
    """Return one file of metafor's answers."""
    path = Path(__file__).parent / part / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def names_of(part: str) -> tuple[str, ...]:
    """Return the names of the files of one part."""
    return tuple(sorted(path.stem for path in (Path(__file__).parent / part).glob("*.json")))


def studies(content: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the effects and variances of one file."""
    return np.array(content["yi"]), np.array(content["vi"])


def answer_of(part: dict[str, Any], tau2_method: str, ci_method: str) -> dict[str, Any]:
    """Return what metafor says with one estimator and one interval, by metafor's names."""
    estimator = part[TAU2_METHODS[tau2_method]]
    own = {name: value for name, value in estimator.items() if name not in CI_METHODS.values()}
    return own | estimator[CI_METHODS[ci_method]]
