"""What rows are called on a page."""

from evidence.comparing.matching import Matching, Pair
from evidence.comparing.readings import Kind, Row, Words, as_text


def title_of(pair: Pair, matching: Matching, words: Words) -> str:
    """Give what a pair of rows is about: its arms, instrument and time; or its term, or its question."""
    row = pair.rows[0]
    if pair.kind == Kind.ARM:
        return str(row.get("label") or "arm")
    if pair.kind == Kind.CHARACTERISTIC:
        code = str(row.get("field"))
        return words.questions.get(code, code)
    arms = [_arm_label(arm, matching) for arm in row.arms]
    if pair.kind == Kind.COMPONENT:
        return f"{arms[0]}: {words.show('type', row.get('type'))}"
    if pair.kind == Kind.RESULT:
        return f"{arms[0]}, {measured(row, words)}"
    if pair.kind == Kind.CONTRAST:
        return f"{arms[0]} against {arms[1]}, {measured(row, words)}, {words.show('measure', row.get('measure'))}"
    return f"{row.get('term')} ({arms[0] if arms else 'whole study'})"


def measured(row: Row, words: Words) -> str:
    """Give with what and when a number was measured."""
    week = row.get("week")
    time = f"week {as_text(week)}" if week is not None else str(row.get("time_as_printed") or "time not stated")
    kind = ", change" if row.get("value_kind") == "change" else ""
    adjusted = ", adjusted" if row.get("is_adjusted") else ""
    return f"{words.show('instrument', row.get('instrument'))} at {time}{kind}{adjusted}"


def _arm_label(arm: str, matching: Matching) -> str:
    """Give the label of an arm as the first reading has it."""
    for pair in matching.arms:
        if any(row.key == arm for row in pair.rows):
            return str(pair.rows[0].get("label") or "arm")
    return "arm"
