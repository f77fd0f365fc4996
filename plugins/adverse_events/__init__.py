"""Adverse events: who reported them, how often they happened, and how the groups differ."""

from analysis.contract import CONTRACT_VERSION, Dataset, ForestFigure, Need, Plugin, Progress, Upstream
from plugins.adverse_events.comparing import Kind, compare_studies, find_kinds, pool_kind
from plugins.adverse_events.counting import add_up, read_rates, read_reporting
from plugins.adverse_events.params import Params
from plugins.adverse_events.result import ArmRate, Reporting, Result

NO_EVENTS = "No study has a record of adverse events, not even that there were none."
REPORTING = (
    "Of {k} studies {some} report adverse events, {none} report that there were none, {unknown} name events without a "
    "count, {silent} say nothing, and {unread} are not extracted. To say nothing is not the same as to have none."
)
WHOLE_STUDIES_ONLY = (
    "Only counts of whole studies are known, not of their groups: nothing can be compared or pooled, and the risks say "
    "nothing about the treatment."
)
SOME_WHOLE_STUDIES = "{labels} count events in the whole study only; they are in no comparison."
NO_PAIR = "No kind of event is counted in both groups of a study, so that nothing can be compared."
NO_TOTAL = "{k} counts do not say of how many people, so that they have no risk; see the parameter “missing_total”."
MORE_EVENTS_THAN_PEOPLE = "{labels} give more people with an event than people in all; those counts have no risk."
COUNTED_TWICE = "{labels} give one kind of event of an arm more than once; they are not compared, nobody counts twice."
DOUBLE_ZERO = (
    "{k} comparisons of studies have no event in either group: they enter risk differences, and are counted, but say "
    "nothing about a ratio."
)
MANY = "{k} kinds of events are compared, without a correction for so many tests."


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the adverse events of the dataset."""
    reporting = read_reporting(dataset)
    rates = read_rates(dataset, params)
    kinds, twice = find_kinds(rates, params)
    return Result(
        level=params.level,
        k=len(reporting),
        **{f"k_{status}": sum(row.status == status for row in reporting) for status in STATUSES},
        reporting=reporting,
        rates=rates,
        totals=add_up(rates, level=params.level),
        studies=tuple(row for kind in kinds for row in compare_studies(kind, level=params.level)),
        pooled=tuple(row for kind in kinds for row in pool_kind(kind, params)),
        figures=(FIGURE,) if kinds else (),
        messages=_messages(reporting, rates, kinds, twice),
    )


def _messages(
    reporting: tuple[Reporting, ...], rates: tuple[ArmRate, ...], kinds: tuple[Kind, ...], twice: tuple[str, ...]
) -> tuple[str, ...]:
    """Give the sentences for the reader."""
    count = {status: sum(row.status == status for row in reporting) for status in STATUSES}
    said = []
    if reporting:
        said.append(
            REPORTING.format(
                k=len(reporting),
                some=count["some"],
                none=count["none"],
                unknown=count["unknown_count"],
                silent=count["not_reported"],
                unread=count["no_extraction"],
            )
        )
    if not rates:
        return (*said, NO_EVENTS)
    return (*said, *_about_arms(rates, kinds), *_about_numbers(rates, kinds, twice))


def _about_arms(rates: tuple[ArmRate, ...], kinds: tuple[Kind, ...]) -> list[str]:
    """Give what is to be said of counts that belong to no group."""
    if all(rate.arm is None for rate in rates):
        return [WHOLE_STUDIES_ONLY]
    whole = sorted({rate.label for rate in rates if rate.arm is None})
    said = [SOME_WHOLE_STUDIES.format(labels=", ".join(whole))] if whole else []
    return said if kinds else [*said, NO_PAIR]


def _about_numbers(rates: tuple[ArmRate, ...], kinds: tuple[Kind, ...], twice: tuple[str, ...]) -> list[str]:
    """Give what is to be said of the numbers."""
    said = []
    without = sum(not rate.total for rate in rates)
    too_many = sorted({rate.label for rate in rates if (rate.participants or 0) > (rate.total or float("inf"))})
    double_zero = sum(table.is_double_zero for kind in kinds for table in kind.tables)
    said += [NO_TOTAL.format(k=without)] if without else []
    said += [MORE_EVENTS_THAN_PEOPLE.format(labels=", ".join(too_many))] if too_many else []
    said += [COUNTED_TWICE.format(labels=", ".join(twice))] if twice else []
    said += [DOUBLE_ZERO.format(k=double_zero)] if double_zero else []
    said += [MANY.format(k=len(kinds))] if len(kinds) > 1 else []
    return said


STATUSES = ("some", "none", "unknown_count", "not_reported", "no_extraction")
FIGURE = ForestFigure(
    title="Adverse events: risk differences",
    rows="studies",
    estimate="risk_difference",
    x_label="Risk difference",
    favours_left="Fewer in the experimental group",
    favours_right="Fewer in the comparator group",
)

plugin = Plugin(
    name="adverse_events",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Adverse events",
    needs=frozenset({Need.EFFECTS, Need.STUDIES, Need.ADVERSE_EVENTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
