"""Two readings side by side: only what differs is an item that somebody has to decide."""

from collections.abc import Mapping
from decimal import Decimal

from evidence.comparing.faults import Fault, Finding, Names, crossed_columns, other_scale, slips
from evidence.comparing.items import WHOLE, Comparison, Entry, Item
from evidence.comparing.matching import RESULT_KEY, ByHand, Matching, Pair, match
from evidence.comparing.readings import (
    FIELDS,
    Field,
    Form,
    Kind,
    Reading,
    Row,
    Scale,
    Value,
    Words,
    as_text,
    is_number,
    same,
    worded_alike,
)
from evidence.comparing.titles import title_of

DIRECTION_FIELDS = frozenset({"sign", "value_kind", "instrument"})
CROSSABLE = (
    *("n", "mean", "sd", "se", "ci_lower", "ci_upper", "median", "q1", "q3", "minimum", "maximum"),
    *("events", "total", "percent"),
)


def compare(first: Reading, second: Reading, words: Words | None = None, by_hand: ByHand | None = None) -> Comparison:
    """Give two readings side by side.

    Parameters
    ----------
    words : the review's vocabulary, for scales and for sentences
    by_hand : arms that a person matched
    """
    words = words or Words()
    matching = match(first, second, by_hand)
    names = Names(first.name, second.name)
    pairs = [*matching.arms, *matching.others]
    titles = {pair.path: title_of(pair, matching, words) for pair in pairs}
    crossed = _crossed(matching, names, titles)
    maker = _Maker(first, second, names, words, matching, crossed)
    entries = tuple(Entry(pair, titles[pair.path], maker.items(pair), maker.follows(pair)) for pair in pairs)
    return Comparison(first, second, names, words, matching, entries, titles)


class _Maker:
    """Makes the items of pairs."""

    def __init__(
        self,
        first: Reading,
        second: Reading,
        names: Names,
        words: Words,
        matching: Matching,
        crossed: Mapping[tuple[str, str], Finding],
    ) -> None:
        self.names, self.words, self.matching, self.crossed = names, words, matching, crossed
        self.lone_arms = {pair.path for pair in matching.arms if not pair.is_in_both}
        self.arm_n = {row.key: row.get("n_randomised") for row in (*first.of(Kind.ARM), *second.of(Kind.ARM))}
        self.first, self.second = first, second

    def follows(self, pair: Pair) -> str:
        """Give the item of the arm whose fate the row shares: an arm that only one reader has."""
        arms = {self.matching.arm_of.get(arm, "") for row in pair.rows for arm in row.arms}
        lone = sorted(arms & self.lone_arms)
        return f"{lone[0]}:{WHOLE}" if lone and not pair.is_in_both else ""

    def items(self, pair: Pair) -> tuple[Item, ...]:
        """Give the items of a pair: one for the whole row where only one reader has it, else one for each field."""
        if pair.first is None or pair.second is None:
            if self.follows(pair):
                return ()
            finding = Finding(Fault.ONE_SIDED, self._only(pair))
            return (self._whole(pair, (finding,)),)
        if pair.is_reversed:
            return (self._whole(pair, (Finding(Fault.DIRECTION, self._reversed(pair.first, pair.second)),)),)
        rows = (self._with_n(pair.first), self._with_n(pair.second))
        return tuple(self._item(pair, one, rows) for one in FIELDS[pair.kind])

    def _with_n(self, row: Row) -> Row:
        """Give a result with the number randomised of its arm, where it has none of its own."""
        if row.kind != Kind.RESULT:
            return row
        return Row(row.kind, row.key, {**row.values, "arm_n": self.arm_n.get(row.arms[0])}, row.arms, row.place)

    def _whole(self, pair: Pair, findings: tuple[Finding, ...]) -> Item:
        return Item(f"{pair.path}:{WHOLE}", pair, None, pair.first is not None, pair.second is not None, findings)

    def _item(self, pair: Pair, one: Field, rows: tuple[Row, Row]) -> Item:
        a, b = (self._value(row, one) for row in rows)
        findings = () if same(a, b) else tuple(self._findings(pair, one, a, b, rows))
        return Item(f"{pair.path}:{one.name}", pair, one, a, b, findings)

    def _value(self, row: Row, one: Field) -> Value:
        if row.kind == Kind.ADVERSE_EVENT and one.name == "arm":
            return self.matching.arm_of.get(row.arms[0], "") or None if row.arms else None
        return row.get(one.name)

    def _findings(self, pair: Pair, one: Field, a: Value, b: Value, rows: tuple[Row, Row]) -> list[Finding]:
        """Name what is behind two values that differ."""
        found = [self.crossed[pair.path, one.name]] if (pair.path, one.name) in self.crossed else []
        if pair.kind == Kind.RESULT and one.name in ("sd", "se"):
            found += crossed_columns(rows, self.names)
        if worded_alike(a, b):
            return [Finding(Fault.WORDING, self._both(one, a, b))]
        if a is None or b is None:
            return [*found, Finding(Fault.MISSING, self._missing(one, a, b))]
        scales = [self.words.scales.get(str(row.get("instrument"))) for row in rows]
        scale = scales[0] if same(rows[0].get("instrument"), rows[1].get("instrument")) else None
        found += slips(one.name, a, b, rows, scale, self.names)
        found += _limits_turned(one, rows, self.names)
        if scale is None and scales[0] is not None and scales[1] is not None:
            found += other_scale(one.name, a, b, (scales[0], scales[1]), self.names)
        if one.name in DIRECTION_FIELDS:
            found.append(Finding(Fault.DIRECTION, self._direction(one, a, b, scales)))
        return found or [Finding(Fault.DIFFERENT, self._both(one, a, b))]

    def _show(self, one: Field, value: Value) -> str:
        if one.name == "arm":
            return title_of_arm(self.matching, value, self.words)
        text = self.words.show(one.name, value)
        return f"“{text}”" if one.form == Form.TEXT and not is_number(value) and not isinstance(value, bool) else text

    def _both(self, one: Field, a: Value, b: Value) -> str:
        return f"{self.names.first} has {self._show(one, a)}, {self.names.second} {self._show(one, b)}."

    def _missing(self, one: Field, a: Value, b: Value) -> str:
        if one.name == "arm":
            return self._both(one, a, b)
        who, value = (self.names.first, a) if b is None else (self.names.second, b)
        return f"Only {who} has it: {self._show(one, value)}."

    def _direction(self, one: Field, a: Value, b: Value, scales: list[Scale | None]) -> str:
        said = self._both(one, a, b)
        directions = {scale.direction for scale in scales if scale is not None}
        if one.name == "instrument" and len(directions) == 2:
            return f"{said} The two run in opposite directions."
        if one.name == "sign":
            return f"{said} The same number then means the opposite."
        return said

    def _only(self, pair: Pair) -> str:
        row, who, reading = (
            (pair.first, self.names.first, self.first) if pair.first else (pair.second, self.names.second, self.second)
        )
        assert row is not None
        if pair.kind == Kind.ARM:
            parts = [other for other in reading.rows if row.key in other.arms]
            more = f", with {len(parts)} row{'' if len(parts) == 1 else 's'} about it" if parts else ""
            return f"Only {who} has this arm{more}."
        return f"Only {who} has it: {summary(row, self.words)}."

    def _reversed(self, one: Row, other: Row) -> str:
        agrees = _is_negative(one, other) or _is_inverse(one, other)
        told = "and turned round the numbers agree" if agrees else "and the numbers do not agree turned round either"
        return (
            f"The two have the arms in opposite order, {told}: {self.names.first} has "
            f"{summary(one, self.words)}; {self.names.second} {summary(other, self.words)}."
        )


def title_of_arm(matching: Matching, path: Value, words: Words) -> str:
    """Give the label of the arm that a pair is about; the whole study where there is none."""
    pair = next((pair for pair in matching.arms if pair.path == path), None)
    return title_of(pair, matching, words) if pair else "the whole study"


def summary(row: Row, words: Words) -> str:
    """Give what a row says, in short."""
    skipped = {*RESULT_KEY, "sign", "ci_level", "label", "measure", "p_relation"}
    parts = [
        f"{one.label} {words.show(one.name, row.get(one.name))}"
        for one in FIELDS[row.kind]
        if row.get(one.name) not in (None, False) and one.name not in skipped
    ]
    return ", ".join(parts[:8]) or "nothing but its name"


def _limits_turned(one: Field, rows: tuple[Row, Row], names: Names) -> list[Finding]:
    """Say where an interval is the other one with its signs turned."""
    if one.name not in ("ci_lower", "ci_upper"):
        return []
    limits = [row.get(name) for row in rows for name in ("ci_lower", "ci_upper")]
    if not all(is_number(limit) for limit in limits):
        return []
    low, high, other_low, other_high = (Decimal(str(limit)) for limit in limits)
    if not (low == -other_high and high == -other_low):
        return []
    said = f"{as_text(low)} to {as_text(high)}", f"{as_text(other_low)} to {as_text(other_high)}"
    return [
        Finding(
            Fault.TURNED_SIGN,
            f"{names.first} has the interval {said[0]}, {names.second} {said[1]}: one of them has turned the signs.",
        )
    ]


def _is_negative(one: Row, other: Row) -> bool:
    a, b = one.get("estimate"), other.get("estimate")
    return is_number(a) and is_number(b) and Decimal(str(a)) == -Decimal(str(b))


def _is_inverse(one: Row, other: Row) -> bool:
    a, b = one.get("estimate"), other.get("estimate")
    if not (is_number(a) and is_number(b)) or one.get("measure") not in {"RR", "OR", "HR", "IRR", "ROM"}:
        return False
    return abs(Decimal(str(a)) * Decimal(str(b)) - 1) <= Decimal("0.02")


def _crossed(matching: Matching, names: Names, titles: Mapping[str, str]) -> dict[tuple[str, str], Finding]:
    """Find fields of two arms whose numbers agree crosswise: one reader has the arms the other way round."""
    found: dict[tuple[str, str], Finding] = {}
    arms = [pair for pair in matching.arms if pair.is_in_both]
    results = [pair for pair in matching.others if pair.kind == Kind.RESULT and pair.is_in_both]
    by_arm: dict[str, dict[tuple[str, ...], Pair]] = {arm.path: {} for arm in arms}
    for row in results:
        by_arm[matching.arm_of[row.rows[0].arms[0]]][_measured(row)] = row
    for place, arm in enumerate(arms):
        for other in arms[place + 1 :]:
            said = Finding(
                Fault.SWAPPED_ARMS,
                f"The numbers of “{titles[arm.path]}” and “{titles[other.path]}” agree crosswise: {names.first} or "
                f"{names.second} has swapped the arms.",
            )
            rows: list[tuple[Pair, Pair, tuple[str, ...]]] = [(arm, other, ("n_randomised",))]
            both = by_arm[arm.path].keys() & by_arm[other.path].keys()
            rows += [(by_arm[arm.path][key], by_arm[other.path][key], CROSSABLE) for key in both]
            for one, two, fields in rows:
                for name in _crosswise(one, two, fields):
                    found[one.path, name] = found[two.path, name] = said
    return found


def _measured(pair: Pair) -> tuple[str, ...]:
    """Give with what and when the first reader measured it."""
    return tuple(as_text(pair.rows[0].get(name)) for name in RESULT_KEY)


def _crosswise(one: Pair, two: Pair, fields: tuple[str, ...]) -> list[str]:
    """Give the fields of two pairs that differ within each and agree across: all of those that differ, or most."""
    if one.first is None or one.second is None or two.first is None or two.second is None:
        return []
    differing = [
        name
        for name in fields
        if not (same(one.first.get(name), one.second.get(name)) and same(two.first.get(name), two.second.get(name)))
    ]
    crossing = [
        name
        for name in differing
        if same(one.first.get(name), two.second.get(name)) and same(two.first.get(name), one.second.get(name))
    ]
    is_most = len(crossing) >= 2 and 2 * len(crossing) > len(differing)
    return crossing if is_most or len(crossing) == len(differing) else []
