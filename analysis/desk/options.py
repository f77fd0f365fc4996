"""What a person may ask for: the options of the command, their words and their checks."""

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NoReturn

from analysis.desk.cells import DECIMALS
from analysis.desk.refusal import Refusal, listed, nearest

# The engine's estimators of the variance between studies, without its packages, which would make --help slow.
TAU2_WORDS = {
    "DL": "DerSimonian-Laird",
    "DL2": "DerSimonian-Laird, two steps",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "HSk": "Hunter-Schmidt with small-sample correction",
    "SJ": "Sidik-Jonkman",
    "ML": "maximum likelihood",
    "REML": "restricted maximum likelihood",
    "EB": "empirical Bayes",
    "PM": "Paule-Mandel",
    "PMM": "Paule-Mandel, median-unbiased",
}
TAU2_METHODS = ("CE", *TAU2_WORDS)
CI_METHODS = ("wald", "t", "hksj", "hksj_adhoc")
ZERO_CELL_RULES = ("only0", "all", "if0all", "none")
# What metafor calls them.
ELSEWHERE = {"FE": "CE", "EE": "CE", "FIXED": "CE", "knha": "hksj", "z": "wald", "adhoc": "hksj_adhoc"}
FIGURES = (".svg", ".png", ".pdf")
MOST_DIGITS = 10

PROGRAM = "python manage.py pool"
ABOUT = "Pool the studies in a table: a readable report, one JSON object, or a forest plot. Needs no database."
EXAMPLES = f"""\
examples:
  {PROGRAM} trials.csv                      columns yi and vi (or sei) hold effects
  {PROGRAM} trials.csv --measure RR         columns ai bi ci di, or ai n1i ci n2i
  {PROGRAM} trials.csv --measure SMD --columns m1i=mean_treated,sd1i=sd_treated,n1i=n_treated
  {PROGRAM} trials.csv --moderators dose,setting,dose:setting
  {PROGRAM} trials.csv --all --json         everything, for a program
  {PROGRAM} trials.csv --figure forest.png
  program | {PROGRAM} - --json              the table from standard input

The answer is 0 where it could pool. Where it could not, it is 2, a sentence on standard error says why, and there is
nothing on standard output. docs/pool.md says more."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked; the names are those of the command's options."""

    file: str
    measure: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    label: str = ""
    tau2_method: str = "REML"
    ci_method: str = "hksj"
    level: float = 0.95
    moderators: tuple[str, ...] = ()
    subgroup: str = ""
    cluster: str = ""
    add: float | None = None
    to: str = ""
    vtype: str = ""
    correction: str = ""
    drop00: bool = False
    decimal: str = "point"
    missing: str = "refuse"
    digits: int | None = None
    exp: bool | None = None
    json: bool = False
    all: bool = False
    figure: str = ""


class Parser(argparse.ArgumentParser):
    """A parser that refuses in a sentence instead of leaving the program."""

    def error(self, message: str) -> NoReturn:
        """Raise what the parser has against the words."""
        unknown = message.removeprefix("unrecognized arguments: ").split()[0] if "unrecognized" in message else ""
        known = [one for one in self._option_string_actions if one.startswith("--")]
        hint = nearest(unknown, known) if unknown.startswith("-") else ""
        raise Refusal(f"{message[:1].upper()}{message[1:]}.{hint} {PROGRAM} --help lists the options.")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help in lines of up to 100 characters, its words in a column of their own."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=27, width=100)


def make_parser() -> Parser:
    """Give the parser of the command line."""
    parser = Parser(
        prog=PROGRAM, description=ABOUT, add_help=False, allow_abbrev=False, usage=f"{PROGRAM} FILE [options]"
    )
    parser.formatter_class = _Formatter
    parser.epilog = EXAMPLES
    add_options(parser)
    parser.add_argument_group("help").add_argument("-h", "--help", action="store_true", help="show this and leave")
    return parser


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of the command; values are checked by `read_options`."""
    for title, options in GROUPS.items():
        group = parser.add_argument_group(title)
        if "--measure" in options:
            group.add_argument("file", metavar="FILE", help="table with a header line, or - for standard input")
        for name, (metavar, words) in options.items():
            if metavar:
                group.add_argument(name, metavar=metavar, action="append" if name in LISTS else "store", help=words)
            else:
                group.add_argument(name, action="store_true", help=words)


LISTS = ("--columns", "--moderators")
# Option, what stands behind it ("": nothing), and its words.
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "the table": {
        "--measure": (
            "NAME",
            "effect measure: GEN (yi with vi or sei), MD, SMD, RR, OR, RD; docs/pool.md lists them",
        ),
        "--columns": ("NAME=COL,...", "which column holds what, where the header does not use metafor's names"),
        "--label": ("COLUMN", "names of the studies (default: slab, study, label, or author with year)"),
        "--decimal": ("MARK", "decimals are marked by a point (default) or a comma"),
        "--missing": ("RULE", "rows without a value that is needed: refuse (default) or drop"),
        "--add": ("NUMBER", "zero cells: what is added (default 0.5)"),
        "--to": ("RULE", f"zero cells: to which studies: {listed(ZERO_CELL_RULES)} (default only0)"),
        "--drop00": ("", "zero cells: leave out studies with no events, or only events, in both arms"),
        "--vtype": ("NAME", "which sampling variance, where a measure has several (metafor's names)"),
        "--correction": ("NAME", "small-sample correction of SMDs: exact (default), approximate or none"),
    },
    "the model": {
        "--tau2-method": (
            "NAME",
            f"variance between studies: {listed(TAU2_METHODS)} (default REML; CE is the common-effect model)",
        ),
        "--ci-method": ("NAME", f"intervals and tests: {listed(CI_METHODS)} (default hksj)"),
        "--level": ("FRACTION", "confidence level (default 0.95)"),
        "--moderators": ("A,B,...", "meta-regression on columns of numbers or categories; a:b is an interaction"),
        "--subgroup": ("COLUMN", "results for each of its values, and the test between them"),
        "--cluster": ("COLUMN", "cluster-robust tests (CR2, Satterthwaite): effects that share a value"),
        "--all": ("", "also leave-one-out, influence, cumulative and small-study analyses"),
    },
    "the answer": {
        "--json": ("", "one JSON object, on the scale of yi, instead of the report"),
        "--figure": ("FILE", "write a forest plot too: .svg, .png or .pdf"),
        "--exp": ("", "report exponentials of the effects (default for ratio measures)"),
        "--no-exp": ("", "report effects on the scale on which they are pooled"),
        "--digits": ("N", "decimals of effects in the report"),
    },
}


def read_options(given: Mapping[str, Any]) -> Options:
    """Give the options, from what a parser or a caller gave; None stands for the default.

    Raises
    ------
    Refusal : a value that cannot be right
    """
    texts: dict[str, Any] = {name: given.get(name) or default for name, default in TEXTS.items()}
    for name, allowed in CHOICES.items():
        _check_choice(name, texts[name], allowed)
    flags: dict[str, Any] = {name: bool(given.get(name)) for name in FLAGS}
    if given.get("exp") and given.get("no_exp"):
        raise Refusal("--exp and --no-exp exclude each other.")
    figure = str(given.get("figure") or "")
    if figure and PurePath(figure).suffix.lower() not in FIGURES:
        raise Refusal(f"--figure must end in {listed(FIGURES)}, got {figure!r}.")
    return Options(
        **texts,
        **flags,
        columns=tuple(_assigned(word) for word in _words(given.get("columns"))),
        moderators=tuple(_words(given.get("moderators"))),
        level=_level(given.get("level")),
        add=_amount(given.get("add")),
        digits=_digits(given.get("digits")),
        exp=True if given.get("exp") else False if given.get("no_exp") else None,
        figure=figure,
    )


TEXTS = {
    **dict.fromkeys(("file", "measure", "label", "subgroup", "cluster", "to", "vtype", "correction"), ""),
    "tau2_method": "REML",
    "ci_method": "hksj",
    "decimal": "point",
    "missing": "refuse",
}
CHOICES = {
    "tau2_method": TAU2_METHODS,
    "ci_method": CI_METHODS,
    "to": ("", *ZERO_CELL_RULES),
    "decimal": DECIMALS,
    "missing": ("refuse", "drop"),
}
FLAGS = ("drop00", "json", "all")


def _check_choice(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a word that is not offered."""
    if value not in allowed:
        hint = f" Did you mean {ELSEWHERE[value]!r}?" if value in ELSEWHERE else nearest(value, allowed)
        option, offered = f"--{name.replace('_', '-')}", listed(one for one in allowed if one)
        raise Refusal(f"{option} must be one of {offered}; got {value!r}.{hint}")


def _words(given: str | Sequence[str] | None) -> list[str]:
    """Give the words of lists with commas; a word with a comma stands in quotation marks."""
    lines = [given] if isinstance(given, str) else given or ()
    words = [word.strip() for record in csv.reader(lines, skipinitialspace=True) for word in record]
    return [word for word in words if word]


def _assigned(word: str) -> tuple[str, str]:
    """Give the name and the column of one assignment."""
    name, sign, column = (part.strip() for part in word.partition("="))
    if not (name and sign and column):
        raise Refusal(f"--columns takes NAME=COLUMN, such as m1i=mean_treated; got {word!r}.")
    return name, column


def _level(given: Any) -> float:
    """Give the confidence level as a fraction."""
    level = 0.95 if given is None else _float("level", given)
    if 1.0 < level < 100.0:
        raise Refusal(f"--level is a fraction between 0 and 1: {level / 100:.6g}, not {level:.6g}.")
    if not 0.0 < level < 1.0:
        raise Refusal(f"--level must be between 0 and 1, such as 0.95; got {level:.6g}.")
    return level


def _amount(given: Any) -> float | None:
    """Give what is added to cells."""
    amount = None if given is None else _float("add", given)
    if amount is not None and not 0.0 <= amount < float("inf"):
        raise Refusal(f"--add must be at least 0, got {amount:.6g}.")
    return amount


def _digits(given: Any) -> int | None:
    """Give the number of decimals."""
    digits = None if given is None else _float("digits", given)
    if digits is not None and digits not in range(MOST_DIGITS + 1):
        raise Refusal(f"--digits must be a whole number from 0 to {MOST_DIGITS}, got {given}.")
    return None if digits is None else int(digits)


def _float(name: str, given: Any) -> float:
    """Give a number of the command line."""
    try:
        return float(given)
    except ValueError as error:
        hint = f" Decimals have a point: {given.replace(',', '.')}." if "," in given else ""
        raise Refusal(f"--{name} must be a number, got {given!r}.{hint}") from error
