"""Reading the analyses of a RevMan 5 file: comparisons, outcomes, subgroups and the data of each study."""

from xml.etree.ElementTree import Element

from evidence.importers.revman.content import Analysis, Content, Entry, Kind
from evidence.importers.revman.tree import Tree, attribute, key_of, text_of

KINDS = {"DICH": Kind.EVENTS, "CONT": Kind.SCORES, "IV": Kind.EFFECTS, "IPD": Kind.O_MINUS_E}
NOT_NUMBERS = "Analysis {} “{}” holds text, not numbers; it is not read."


def read_analyses(tree: Tree, found: Content) -> None:
    """Add all analyses of a file, in its order."""
    for place, comparison in enumerate(tree.root.iter("COMPARISON"), start=1):
        number = attribute(comparison, "NO") or str(place)
        name = _one_line(comparison.find("NAME"))
        outcomes = [one for one in comparison if one.tag.endswith("_OUTCOME")]
        for order, outcome in enumerate(outcomes, start=1):
            full = f"{number}.{attribute(outcome, 'NO') or order}"
            kind = KINDS.get(outcome.tag.removesuffix("_OUTCOME"))
            if kind is None:
                found.notes.append(NOT_NUMBERS.format(full, _one_line(outcome.find("NAME"))))
            else:
                found.analyses.append(_analysis(tree, outcome, full, name, kind))


def _one_line(element: Element | None) -> str:
    return " ".join(text_of(element).split())


def _analysis(tree: Tree, outcome: Element, number: str, comparison: str, kind: Kind) -> Analysis:
    analysis = Analysis(
        line=tree.line(outcome),
        number=number,
        comparison=comparison,
        name=_one_line(outcome.find("NAME")) or f"Outcome {number}",
        kind=kind,
        measure=attribute(outcome, "EFFECT_MEASURE") or _one_line(outcome.find("EFFECT_MEASURE")),
        first=_one_line(outcome.find("GROUP_LABEL_1")),
        second=_one_line(outcome.find("GROUP_LABEL_2")),
        favours=(_one_line(outcome.find("GRAPH_LABEL_1")), _one_line(outcome.find("GRAPH_LABEL_2"))),
        unit=attribute(outcome, "UNITS"),
        level=attribute(outcome, "CI_STUDY"),
        is_log={"YES": True, "NO": False}.get(attribute(outcome, "LOG_DATA").upper()),
        is_swapped=attribute(outcome, "SWAP_EVENTS") == "YES",
    )
    data = outcome.tag.removesuffix("_OUTCOME") + "_DATA"
    analysis.entries += [_entry(tree, one, "", "") for one in outcome.findall(data)]
    groups = [one for one in outcome if one.tag.endswith("_SUBGROUP")]
    for order, group in enumerate(groups, start=1):
        name, place = _one_line(group.find("NAME")), attribute(group, "NO") or str(order)
        analysis.entries += [_entry(tree, one, name, place) for one in group.findall(data)]
    return analysis


def _entry(tree: Tree, element: Element, subgroup: str, number: str) -> Entry:
    values = {name: value.strip() for name, value in element.attrib.items() if value.strip()}
    footnote = _one_line(element.find("FOOTNOTE"))
    return Entry(tree.line(element), key_of(attribute(element, "STUDY_ID")), values, subgroup, number, footnote)
