"""The words of databases in the Metapsy data standard: conditions, kinds of outcome, and which way is better."""

import re

CONDITIONS = {
    "cbt": "Cognitive behavioural therapy",
    "bat": "Behavioural activation",
    "pst": "Problem-solving therapy",
    "ipt": "Interpersonal psychotherapy",
    "dyn": "Psychodynamic therapy",
    "lrt": "Life review therapy",
    "3rd": "Third wave therapy",
    "sup": "Supportive counselling",
    "other psy": "Other psychotherapy",
    "cau": "Care as usual",
    "tau": "Treatment as usual",
    "wl": "Waiting list",
    "wlc": "Waiting list",
    "pha": "Pharmacotherapy",
    "plac": "Placebo",
    "pla": "Placebo",
    "other ctr": "Other control",
}
# Kinds of outcome that say how a result is expressed, and nothing of what happened.
GENERIC = frozenset(
    {"", "msd", "imsd", "cmsd", "change", "dich", "es", "other", "other statistic", "other stat", "other statistics"}
    | {"precalc", "precalc_g", "g", "smd", "rr", "binary", "continuous"}
)
BETTER_MORE = re.compile("respon|remi|recover|improve|abstinen|success|free|respond", re.IGNORECASE)
BETTER_FEWER = re.compile(
    "deterior|relaps|drop|attempt|death|died|adverse|suicid|hospital|attrition|withdraw|recurren|worsen|self-harm",
    re.IGNORECASE,
)


def condition_name(condition: str) -> str:
    """Give the words for a condition: the standard's, or the database's own."""
    return CONDITIONS.get(condition.casefold(), condition)[:120]


def event_of(outcome_type: str, definition: str) -> str:
    """Give what happened, such as remission (cut-off); "" where the row only says that something was counted."""
    for text in (outcome_type, definition):
        if text.strip().casefold() not in GENERIC:
            return text.strip()
    return ""


def family_of(event: str) -> str:
    """Give the kind of an event without what stands in parentheses: remission."""
    return event.split("(")[0].strip() or event


def direction_of(event: str) -> str:
    """Give whether more events are better: "higher" or "lower", "" where the word does not tell."""
    more, fewer = bool(BETTER_MORE.search(event)), bool(BETTER_FEWER.search(event))
    return "" if more == fewer else "higher" if more else "lower"
