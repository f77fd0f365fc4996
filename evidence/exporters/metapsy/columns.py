"""The columns of the Metapsy data standard that an export fills, and the words in them."""

import re

from evidence.models import Arm, CharacteristicField, Instrument

ABSENT = "NA"
STANDARD = (
    *("study", "condition_arm1", "condition_arm2", "multi_arm1", "multi_arm2", "outcome_category", "outcome_type"),
    *("instrument", "rating", "time", "time_weeks", "mean_arm1", "sd_arm1", "n_arm1", "mean_arm2", "sd_arm2", "n_arm2"),
    *("mean_change_arm1", "sd_change_arm1", "n_change_arm1", "mean_change_arm2", "sd_change_arm2", "n_change_arm2"),
    *("event_arm1", "totaln_arm1", "event_arm2", "totaln_arm2"),
    *("precalc_g", "precalc_g_se", "precalc_log_rr", "precalc_log_rr_se"),
    *("baseline_m_arm1", "baseline_sd_arm1", "baseline_n_arm1"),
    *("baseline_m_arm2", "baseline_sd_arm2", "baseline_n_arm2", "rand_arm1", "rand_arm2", "year", "full_ref", "doi"),
)
ROB1 = {
    "sequence_generation": "sg",
    "allocation_concealment": "ac",
    "blinding_participants": "bp",
    "blinding_assessors": "ba",
    "incomplete_data": "itt",
    "selective_reporting": "selec_report",
}
ROB1_WORDS = {"low": "1", "high": "0", "unclear": "?"}
ROB2 = {
    "randomisation": "d1",
    "deviations": "d2",
    "missing_data": "d3",
    "measurement": "d4",
    "selection": "d5",
    "overall": "rob",
}
RATED = re.compile(r"(?P<instrument>.+) \((?P<rating>[^()]+)\)")


def column_of(field: CharacteristicField) -> str:
    """Give the column of a characteristic: its code, unless the standard means something else by that."""
    taken = {*STANDARD, *ROB1.values(), *ROB2.values()} - {"rob"}
    return f"{field.code}_of_trial" if field.code in taken else field.code


def condition_of(arm: Arm, code: str) -> tuple[str, str]:
    """Give the condition of an arm, and what tells it from others of the same condition."""
    kind, sign, detail = arm.label.partition(": ")
    if sign and _plain(kind) == _plain(code):
        return kind, detail
    return (arm.label, ABSENT) if _plain(arm.label) == _plain(code) else (code, arm.label)


def _plain(text: str) -> str:
    return re.sub(r"\W+|_", "", text).casefold()


def names_of(instrument: Instrument) -> tuple[str, str, str]:
    """Give the instrument, who rates ("" where that is not said), and the event that is counted ("" for a scale)."""
    name, event = instrument.name, ""
    if instrument.kind == Instrument.Kind.DICHOTOMOUS:
        name, _, event = instrument.name.rpartition(", ")
        name, event = (name, event) if name else (instrument.name, instrument.outcome.name)
    found = RATED.fullmatch(name)
    return (found["instrument"], found["rating"], event) if found else (name, "", event)


def category_of(instrument: Instrument, event: str) -> str:
    """Give the outcome of a row; of an event, what it is an event of, where that is said."""
    name = instrument.outcome.name
    if not event:
        return name
    family = event.split("(")[0].strip() or event
    return ABSENT if name == family else name.removesuffix(f": {family}")
