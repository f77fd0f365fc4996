"""The flow charts of RoB 2 (22 August 2019) walked box by box, written apart from the tables they are compared with.

Each function follows one figure of the guidance from its first box; it reads an answer only where a box asks for it.
"""

from collections.abc import Callable

YES, NO = ("Y", "PY"), ("N", "PN")
Answers = dict[str, str]


def randomisation(a: Answers) -> str:
    """Figure 1."""
    if a["1.2"] in NO:
        return "high"
    if a["1.2"] == "NI":
        return "high" if a["1.3"] in YES else "some_concerns"
    if a["1.1"] in NO:
        return "some_concerns"
    return "some_concerns" if a["1.3"] in YES else "low"


def deviations_assignment(a: Answers) -> str:
    """Figure 2: part 1 (2.1 to 2.5) and part 2 (2.6 and 2.7), combined by the criteria beside them."""
    parts = {departures(a), analysis_of_assignment(a)}
    if "high" in parts:
        return "high"
    return "some_concerns" if "some_concerns" in parts else "low"


def departures(a: Answers) -> str:
    """Figure 2, part 1."""
    if a["2.1"] in NO and a["2.2"] in NO:
        return "low"
    if a["2.3-assignment"] in NO:
        return "low"
    if a["2.3-assignment"] == "NI":
        return "some_concerns"
    if a["2.4-assignment"] in NO:
        return "some_concerns"
    return "some_concerns" if a["2.5-assignment"] in YES else "high"


def analysis_of_assignment(a: Answers) -> str:
    """Figure 2, part 2."""
    if a["2.6-assignment"] in YES:
        return "low"
    return "some_concerns" if a["2.7-assignment"] in NO else "high"


def deviations_adhering(a: Answers) -> str:
    """Figure 3."""

    def analysis() -> str:
        return "some_concerns" if a["2.6-adhering"] in YES else "high"

    def failures() -> str:
        harmless = ("NA", *NO)
        if a["2.4-adhering"] in harmless and a["2.5-adhering"] in harmless:
            return "low"
        return analysis()

    if a["2.1"] in NO and a["2.2"] in NO:
        return failures()
    return failures() if a["2.3-adhering"] in ("NA", *YES) else analysis()


def missing_data(a: Answers) -> str:
    """Figure 4."""
    if a["3.1"] in YES or a["3.2"] in YES or a["3.3"] in NO:
        return "low"
    return "some_concerns" if a["3.4"] in NO else "high"


def measurement(a: Answers) -> str:
    """Figure 5: the branch below 4.2 is drawn twice, for N/PN and for NI."""
    if a["4.1"] in YES or a["4.2"] in YES:
        return "high"
    best = "low" if a["4.2"] in NO else "some_concerns"
    if a["4.3"] in NO or a["4.4"] in NO:
        return best
    return "some_concerns" if a["4.5"] in NO else "high"


def selection(a: Answers) -> str:
    """Figure 6."""
    chosen = (a["5.2"], a["5.3"])
    if any(answer in YES for answer in chosen):
        return "high"
    if "NI" in chosen:
        return "some_concerns"
    return "low" if a["5.1"] in YES else "some_concerns"


CHARTS: dict[tuple[str, str], Callable[[Answers], str]] = {
    ("randomisation", "assignment"): randomisation,
    ("randomisation", "adhering"): randomisation,
    ("deviations", "assignment"): deviations_assignment,
    ("deviations", "adhering"): deviations_adhering,
    ("missing_data", "assignment"): missing_data,
    ("missing_data", "adhering"): missing_data,
    ("measurement", "assignment"): measurement,
    ("measurement", "adhering"): measurement,
    ("selection", "assignment"): selection,
    ("selection", "adhering"): selection,
}
