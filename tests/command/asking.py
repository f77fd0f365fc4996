"""Tables for tests, and questions to the desk in this process. Write the golden reports by

python -m tests.command.asking
"""

import json
from collections.abc import Sequence
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

from analysis.desk.main import main

FOLDER = Path(__file__).parent / "golden"
# Colditz et al. (1994), doi:10.1001/jama.1994.03510330076038: BCG vaccine and tuberculosis (metafor's dat.bcg).
BCG = """\
trial,author,year,ai,bi,ci,di,ablat,alloc
1,Aronson,1948,4,119,11,128,44,random
2,Ferguson & Simes,1949,6,300,29,274,55,random
3,Rosenthal et al,1960,3,228,11,209,42,random
4,Hart & Sutherland,1977,62,13536,248,12619,52,random
5,Frimodt-Moller et al,1973,33,5036,47,5761,13,alternate
6,Stein & Aronson,1953,180,1361,372,1079,44,alternate
7,Vandiviere et al,1973,8,2537,10,619,19,random
8,TPT Madras,1980,505,87886,499,87892,13,random
9,Coetzee & Berjak,1968,29,7470,45,7232,27,random
10,Rosenthal et al,1961,17,1699,65,1600,42,systematic
11,Comstock et al,1974,186,50448,141,27197,18,systematic
12,Comstock & Webster,1969,5,2493,3,2338,33,systematic
13,Comstock et al,1976,27,16886,29,17825,33,systematic
"""
SMALL = "study,yi,vi,dose,setting\nA,0.1,0.2,1,home\nB,0.3,0.1,2,clinic\nC,0.7,0.3,4,home\nD,-0.2,0.1,3,clinic\n"


class Reply(NamedTuple):
    """What the desk said."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """Give the JSON object on the standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def ask(table: str | bytes, *arguments: str, encoding: str = "utf-8") -> Reply:
    """Pool a table from the standard input."""
    content = table if isinstance(table, bytes) else table.encode()
    out, err = TextIOWrapper(BytesIO(), encoding=encoding, write_through=True), StringIO()
    status = main(["-", *arguments], TextIOWrapper(BytesIO(content)), out, err)
    return Reply(status, out.buffer.getvalue().decode(encoding), err.getvalue())  # type: ignore[attr-defined]


def answer(table: str | bytes, *arguments: str) -> dict[str, Any]:
    """Give the JSON object for a table."""
    reply = ask(table, *arguments, "--json")
    assert (reply.status, reply.err) == (0, "")
    return reply.answer


# The golden reports by name.
REPORTS: dict[str, tuple[str, Sequence[str]]] = {
    "ratio": (BCG, ["--measure", "RR"]),
    "subgroups": (BCG, ["--measure", "RR", "--subgroup", "alloc", "--tau2-method", "DL", "--ci-method", "wald"]),
    "moderators": (BCG, ["--measure", "OR", "--moderators", "ablat,alloc", "--cluster", "author"]),
    "small": (SMALL, ["--tau2-method", "CE", "--level", "0.9", "--digits", "3"]),
    "all": (BCG, ["--measure", "RR", "--all"]),
}


def write_all() -> None:
    """Write every golden report anew; look at them before they are kept."""
    for name, (table, arguments) in REPORTS.items():
        (FOLDER / f"{name}.txt").write_text(ask(table, *arguments).out, encoding="utf-8")


if __name__ == "__main__":
    write_all()
