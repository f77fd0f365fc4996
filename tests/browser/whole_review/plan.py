"""What is in the 40 records and the three trials, what each reader says of them, and what is right."""

from dataclasses import dataclass, field
from math import isclose

# A word that one reader writes into notes, labels and support at one step, so that it is known where it shows.
MARKS = {
    ("anna", "titles"): "quagga",
    ("ben", "texts"): "ocelot",
    ("anna", "numbers"): "axolotl",
    ("ben", "numbers"): "numbat",
    ("anna", "bias"): "dugong",
    ("ben", "bias"): "tarsier",
}

RECORDS = 40
SURNAMES = ("Aasa", "Berg", "Costa")
# By number of the record; all others are excluded by both. Anna says "exclude" about 11 first, then changes her mind.
ANNA_INCLUDES = {1, 2, 3, 4, 5, 6, 7, 8, 11}
ANNA_CHANGED = 11
BEN_INCLUDES = {1, 2, 3, 4, 9, 10}
BEN_UNSURE = {5, 12}
TITLE_CONFLICTS = {6, 7, 8, 9, 10, 11, 12}
CLEO_INCLUDES = {6}
FULL_TEXTS = (1, 2, 3, 4, 5, 6)
# By number of the record: the number of the reason that each excludes for, 0 where the reader includes.
ANNA_READS = {1: 0, 2: 0, 3: 0, 4: 2, 5: 1, 6: 0}
BEN_READS = {1: 0, 2: 0, 3: 0, 4: 2, 5: 2, 6: 1}
TEXT_CONFLICTS = {5, 6}
REASONS = ("wrong population", "wrong design")


def title_of(number: int) -> str:
    """Give the title of a record: the first three are the trials."""
    name = SURNAMES[number - 1] if number <= len(SURNAMES) else f"Author{number}"
    return f"{name} and others: exercise for low back pain, report {number}"


def number_of(title: str) -> int:
    """Give the number of the record with this title."""
    return int(title.rpartition(" ")[2])


def line_of(number: int) -> str:
    """Give a record as it is pasted."""
    return f"{title_of(number)} ({1990 + number % 30}) 10.1000/back{number}"


def first_answer(reader: str, number: int) -> str:
    """Give what a reader says first of a title."""
    if reader == "anna":
        return "include" if number in ANNA_INCLUDES - {ANNA_CHANGED} else "exclude"
    return "include" if number in BEN_INCLUDES else "unsure" if number in BEN_UNSURE else "exclude"


@dataclass(frozen=True)
class Line:
    """What a report prints for one arm with one instrument."""

    arm: int
    instrument: str
    n: str
    mean: str
    sd: str


@dataclass(frozen=True)
class Trial:
    """A trial: the right numbers, and those that Ben enters otherwise, by line and field."""

    number: int
    name: str
    lines: tuple[Line, ...]
    slips: dict[int, dict[str, str]] = field(default_factory=dict)

    def entered(self, reader: str, place: int) -> Line:
        """Give a line as the reader enters it."""
        line = self.lines[place]
        changed = self.slips.get(place, {}) if reader == "ben" else {}
        return Line(**{**vars(line), **changed})

    def pair(self, instrument: str) -> tuple[Line, Line] | None:
        """Give the right lines of both arms with an instrument."""
        found = [line for line in self.lines if line.instrument == instrument]
        return (found[0], found[1]) if found else None

    def effect(self, instrument: str) -> tuple[float, float]:
        """Give the mean difference, and its variance, of the right numbers."""
        pair = self.pair(instrument)
        assert pair is not None
        means = [float(line.mean) for line in pair]
        variances = [float(line.sd) ** 2 / float(line.n) for line in pair]
        return means[0] - means[1], sum(variances)


TRIALS = (
    # Ben types the standard error of the first arm as its SD (1.8 / sqrt(36) = 0.3), and a mean of 5.1 that he puts
    # right himself before the two are compared.
    Trial(
        1,
        "Aasa 1991",
        (Line(1, "NRS", "36", "2.4", "1.8"), Line(2, "NRS", "34", "3.1", "1.7")),
        {0: {"sd": "0.3"}, 1: {"mean": "5.1"}},
    ),
    # Ben has the numbers of the two arms the other way round.
    Trial(
        2,
        "Berg 1992",
        (
            Line(1, "NRS", "52", "2.9", "1.6"),
            Line(2, "NRS", "49", "3.6", "1.9"),
            Line(1, "RMDQ", "52", "5.5", "4.1"),
            Line(2, "RMDQ", "49", "7.5", "4.6"),
        ),
        {0: {"n": "49", "mean": "3.6", "sd": "1.9"}, 1: {"n": "52", "mean": "2.9", "sd": "1.6"}},
    ),
    # Ben reads the RMDQ from its other end: 24 minus the score.
    Trial(
        3,
        "Costa 1993",
        (
            Line(1, "NRS", "41", "3.2", "2.0"),
            Line(2, "NRS", "43", "4.4", "2.1"),
            Line(1, "RMDQ", "41", "6.0", "4.4"),
            Line(2, "RMDQ", "43", "8.5", "4.9"),
        ),
        {2: {"mean": "18.0"}, 3: {"mean": "15.5"}},
    ),
)
# What Ben has put right in the first trial by the time that the two readings are compared.
CORRECTED = (1, "mean", "3.1")

SAID = "1.1 Y, 1.2 Y, 1.3 N, 2.1 Y, 2.2 Y, 2.3-assignment N, 2.6-assignment Y, 3.1 Y, 4.1 N, 4.2 N, 4.3 Y, 4.4 Y, 4.5 N"
ANNA_ANSWERS = dict(pair.split() for pair in f"{SAID}, 5.1 Y, 5.2 N, 5.3 N".split(", "))
# How Ben answers otherwise, by trial: in the first, further questions follow from his answers.
BEN_ANSWERS = {1: {"1.2": "NI", "3.1": "N", "3.2": "N", "3.3": "N"}, 2: {"4.5": "Y"}, 3: {}}
# What Cleo takes, by trial and question, and the overall judgement that follows.
CLEO_TAKES = {1: {"1.2": "first", "3.1": "second"}, 2: {"4.5": "second"}, 3: {}}
OVERALL = {1: "Some concerns", 2: "High", 3: "Some concerns"}

assert isclose(float(TRIALS[0].slips[0]["sd"]) * 6, float(TRIALS[0].lines[0].sd))
