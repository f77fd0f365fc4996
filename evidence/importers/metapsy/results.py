"""What the rows of a database say of arms and of pairs of arms, each thing once; contradictions are not taken."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import exp

from evidence.importers.metapsy import columns
from evidence.importers.metapsy.comparisons import Comparison
from evidence.importers.metapsy.source import Source
from evidence.importers.metapsy.trials import Trial
from evidence.importers.metapsy.vocabulary import Measure, Vocabulary

BEFORE = frozenset({"baseline", "pre", "pre-test", "pretest"})
Z_95 = 1.959963984540054  # two-sided quantile of the normal distribution for 95%
TWICE = "{new} stands here and {old} in line {line}, for the same {what}; neither was taken."
NOTHING = "The row has no whole set of numbers: no means, changes, events or effect."
FROM_LOGARITHM = "From the log risk ratio {estimate} and its standard error {se}."
RATIO_RANGE = "The log risk ratio {} is too large to be one."
LARGEST_LOG = 13.0

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What one line says of something: cells that must agree, cells that need not, and the file's column names."""

    line: int
    cells: Mapping[str, str]
    names: Mapping[str, str]
    free: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Results:
    """The results of a file on their way into its rows.

    `sign` says what a positive effect means where a row gives only the effect; `post_week` is the week of measurements
    after treatment whose week the file does not give. `unknown_weeks` counts results without a week.
    """

    source: Source
    vocabulary: Vocabulary
    sign: str
    post_week: str = ""
    unknown_weeks: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    _said: dict[Key, list[Said]] = field(default_factory=lambda: defaultdict(list))

    def take(self, trial: Trial, row: Comparison) -> None:
        """Take what a row says of its arms, or of the two against each other where it says nothing of the arms."""
        taken = [
            self._take_means(trial, row, columns.FINAL, "final"),
            self._take_means(trial, row, columns.CHANGE, "change"),
            self._take_events(trial, row),
        ]
        self._take_means(trial, row, columns.BASELINE, "baseline")
        if True in taken or self._take_effect(trial, row) or self._take_ratio(trial, row):
            return
        if taken == [None, None, None]:
            self.source.building.refuse(row.line, "", NOTHING)

    def finish(self) -> None:
        """Add everything that no line contradicts."""
        times: dict[Key, set[str]] = defaultdict(set)
        for key in self._said:
            times[key[:-1]].add(key[-1])
        for key, said in self._said.items():
            if not self._refuse_contradictions(key, said):
                self._add(key, said, is_only_time=len(times[key[:-1]]) == 1)

    def _take_means(self, trial: Trial, row: Comparison, group: Mapping[str, str], kind: str) -> bool | None:
        """Take mean, SD and number of each arm that has a mean; whether that makes an effect, None if there is none."""
        names = {arm: {what: name.format(arm) for what, name in group.items()} for arm in columns.ARMS}
        texts = {arm: {what: self.source.number(row, name) for what, name in names[arm].items()} for arm in names}
        if any(text is None for cells in texts.values() for text in cells.values()):
            return True  # and told
        found = {arm: {what: text or "" for what, text in cells.items()} for arm, cells in texts.items()}
        if not any(cells["mean"] for cells in found.values()):
            return None
        measure = self.vocabulary.scale(row)
        for arm, cells in found.items():
            if cells["mean"]:
                self._say_arm(trial, row, arm, measure, kind, cells, names[arm])
        self.kinds[kind] += 1
        return all(cells["mean"] and cells["sd"] for cells in found.values())

    def _take_events(self, trial: Trial, row: Comparison) -> bool | None:
        """Take the events of both arms; None if there are none."""
        names = {
            arm: {what: self._events_column(row, name, arm) for what, name in columns.EVENTS.items()} for arm in (1, 2)
        }
        texts = {arm: {what: self.source.number(row, name) for what, name in names[arm].items()} for arm in names}
        if any(text is None for cells in texts.values() for text in cells.values()):
            return True  # and told
        if not all(texts[arm]["events"] for arm in texts):
            return None
        measure = self.vocabulary.events(row)
        if measure is not None:
            for arm, cells in texts.items():
                given = {what: text or "" for what, text in cells.items()}
                self._say_arm(trial, row, arm, measure, "final", given, names[arm])
            self.kinds["events"] += 1
        return True

    def _events_column(self, row: Comparison, name: str, arm: int) -> str:
        """Give the column with events: the reported one, or the one that the effect was computed from."""
        plain = name.format(arm)
        return plain if row.get(plain) or not row.get(f".{plain}") else f".{plain}"

    def _say_arm(
        self,
        trial: Trial,
        row: Comparison,
        arm: int,
        measure: Measure,
        kind: str,
        cells: Mapping[str, str],
        names: Mapping[str, str],
    ) -> None:
        week, time = ("0", "baseline") if kind == "baseline" else self._time(row)
        value_kind = "change" if kind == "change" else "final"
        number = str(trial.numbers[row.label(arm)])
        key = ("arm_results", trial.code, number, measure.outcome, measure.instrument, value_kind, time, week)
        # A column that the file does not have leaves what is stored as it is.
        given = {what: text for what, text in cells.items() if self.source.database.has(names[what])}
        self._said[key].append(Said(row.line, given, {**names, "week": "time_weeks"}, self._notes(row)))

    def _notes(self, row: Comparison) -> dict[str, str]:
        notes = dict.fromkeys(row.get(name) for name in columns.DEFINITIONS)
        found = "; ".join(text for text in notes if text and text != "-")
        return {"note": found} if found else {}

    def _take_effect(self, trial: Trial, row: Comparison) -> bool:
        """Take Hedges' g where the row gives nothing that it could be computed from."""
        for name, se_name in columns.HEDGES:
            estimate, se = self.source.number(row, name), self.source.number(row, se_name)
            if estimate is None or se is None:
                return True
            if not estimate or not se:
                continue
            cells = {"estimate": estimate, "standard_error": se, "sign": self.sign, "measure_as_printed": "Hedges' g"}
            measure, names = self.vocabulary.scale(row), {"estimate": name, "standard_error": se_name}
            self._say_pair(trial, row, measure, "SMD", cells, names)
            self.kinds["effect"] += 1
            return True
        return False

    def _take_ratio(self, trial: Trial, row: Comparison) -> bool:
        """Take a risk ratio, with its interval, where the row gives its logarithm only."""
        for name, se_name in columns.LOG_RATIOS:
            estimate, se = self.source.number(row, name), self.source.number(row, se_name)
            if estimate is None or se is None:
                return True
            if not estimate or not se:
                continue
            measure = self.vocabulary.events(row)
            if measure is None:
                return True
            cells = self._ratio(row, name, estimate, se)
            if cells:
                self._say_pair(trial, row, measure, "RR", cells, {"estimate": name, "ci_upper": se_name})
                self.kinds["ratio"] += 1
            return True
        return False

    def _ratio(self, row: Comparison, name: str, estimate: str, se: str) -> dict[str, str]:
        try:
            center, spread = float(estimate), Z_95 * float(se)
        except ValueError:
            return {"estimate": estimate}  # refused as no number
        if abs(center) + abs(spread) > LARGEST_LOG:
            self.source.building.refuse(row.line, self.source.column(name), RATIO_RANGE.format(estimate))
            return {}
        limits = {"estimate": center, "ci_lower": center - spread, "ci_upper": center + spread}
        note = FROM_LOGARITHM.format(estimate=estimate, se=se)
        return {what: f"{exp(value):.6f}" for what, value in limits.items()} | {"ci_level": "0.95", "note": note}

    def _say_pair(
        self,
        trial: Trial,
        row: Comparison,
        measure: Measure,
        kind: str,
        cells: Mapping[str, str],
        names: Mapping[str, str],
    ) -> None:
        week, time = self._time(row)
        first, second = (str(trial.numbers[row.label(arm)]) for arm in columns.ARMS)
        key = (
            "contrast_results",
            trial.code,
            first,
            second,
            kind,
            measure.outcome,
            measure.instrument,
            "final",
            time,
            week,
        )
        sizes: dict[str, str] = {}
        for what, arm in (("n_first", 1), ("n_second", 2)):
            size = self.source.number(row, f"n_arm{arm}") or self.source.number(row, f"totaln_arm{arm}")
            sizes |= {what: size} if size else {}
        self._said[key].append(Said(row.line, {**cells, **sizes}, names, self._notes(row)))

    def _time(self, row: Comparison) -> tuple[str, str]:
        """Give the week, "" where it is not known, and the word for the time; 0 weeks after treatment is not known."""
        time = row.get("time")[:80]
        week = self.source.number(row, "time_weeks")
        if time.casefold() in BEFORE:
            return "0", time
        return ("" if week in (None, "0", "-0") else week or ""), time

    def _refuse_contradictions(self, key: Key, said: list[Said]) -> bool:
        """Refuse every line that says something else than another of the same thing; whether there was one."""
        first = said[0]
        for one in said[1:]:
            wrong = [
                what for what, text in one.cells.items() if text and first.cells.get(what) and text != first.cells[what]
            ]
            if wrong:
                what = "arm, instrument and time" if key[0] == "arm_results" else "comparison, instrument and time"
                for here, there in ((one, first), (first, one)):
                    texts = {"new": here.cells[wrong[0]], "old": there.cells[wrong[0]]}
                    rule = TWICE.format(**texts, line=there.line, what=what)
                    self.source.building.refuse(here.line, here.names.get(wrong[0], wrong[0]), rule)
                return True
        return False

    def _add(self, key: Key, said: list[Said], *, is_only_time: bool) -> None:
        table, *parts, outcome, instrument, value_kind, time, week = key
        cells: dict[str, str] = {}
        for one in reversed(said):
            cells |= {**one.free, **{what: text for what, text in one.cells.items() if text or what not in cells}}
        week, before = self._settle_week(key, week, is_only_time=is_only_time)
        self.unknown_weeks += not week
        study, *rest = parts
        owner = (
            {"arm": rest[0]}
            if table == "arm_results"
            else dict(zip(("first_arm", "second_arm", "measure"), rest, strict=True))
        )
        what = {"outcome": outcome, "instrument": instrument, "value_kind": value_kind}
        when = {"week": week, "time_as_printed": time}
        self.source.building.row(
            *(table, said[0].line, {"study": study, **owner, **what, **when, **cells}),
            {name: self.source.column(column) for name, column in said[0].names.items()},
            formerly=before,
        )

    def _settle_week(self, key: Key, week: str, *, is_only_time: bool) -> tuple[str, Mapping[str, str] | None]:
        """Give the week of a result, and what the same result is known by in the review where that is another week.

        A file that does not give the week does not contradict the review, which knows it; a file that has another week
        for the only measurement with this word for its time corrects it.
        """
        table, study, *arms, outcome, instrument, value_kind, time, _ = key
        if week == "0":
            return week, None
        numbers = [int(one) if one.isdigit() else one for one in arms]
        stored = self.source.known.weeks.get((table, study, *numbers, outcome, instrument, value_kind, time), set())
        only = next(iter(stored)) if len(stored) == 1 else None
        if not week and only is not None:
            return format(only, "f"), None
        if not week and time.casefold().startswith("post"):
            week = self.post_week
        if len(stored) != 1 or not is_only_time or not week or _same(only, week):
            return week, None
        return week, {"week": "" if only is None else format(only, "f"), "time_as_printed": time}


def _same(stored: Decimal | None, week: str) -> bool:
    try:
        return stored is not None and stored == Decimal(week)
    except ArithmeticError:
        return True  # the week is refused as no number
