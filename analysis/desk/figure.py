"""The forest plot as a file: the drawing of analysis.figures, as SVG or painted as PNG or PDF."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.contract import ForestFigure
from analysis.desk.lines import study_rows
from analysis.desk.measures import Shown
from analysis.desk.refusal import Refusal
from analysis.figures import draw
from analysis.files import write_whole

Answer = Mapping[str, Any]
ENDS = ("estimate", "ci_lower", "ci_upper")
HETEROGENEITY = ("q", "q_df", "q_p_value", "i2", "tau2")
GROUPED = {
    "group": "group",
    "groups": "groups",
    "difference_statistic": "between_q",
    "difference_df": "between_q_df",
    "difference_p_value": "between_q_p_value",
}


def write_figure(file: str, answer: Answer, shown: Shown, *, subgroup: Sequence[str] | None) -> None:
    """Write the forest plot of an answer; the file is there as a whole or not at all.

    Raises
    ------
    Refusal : the file cannot be written
    """
    drawing = draw_figure(answer, shown, subgroup=subgroup)
    path = Path(file)
    kind = path.suffix.lower().removeprefix(".")
    if kind == "svg":
        content = drawing.encode()
    else:
        # Matplotlib is slow to load; an SVG does without it.
        from analysis.figures.paint import paint

        content = paint(drawing, kind=kind)
    try:
        _replace(path, content)
    except OSError as error:
        raise Refusal(f"The figure {file!r} cannot be written: {error.strerror or error}.") from error


def draw_figure(answer: Answer, shown: Shown, *, subgroup: Sequence[str] | None) -> str:
    """Give the forest plot as SVG, with the numbers that the report shows, in groups where there are subgroups."""
    rows = study_rows(answer)
    fields = {name: answer[name] for name in (*ENDS, "pi_lower", "pi_upper", *HETEROGENEITY)}
    tables: dict[str, Any] = {}
    grouped: dict[str, str] = {}
    if subgroup is not None:
        rows = [{**row, "group": name} for row, name in zip(rows, subgroup, strict=True)]
        tables["groups"] = [_placed_row(_group(group), shown) for group in answer["subgroups"]["groups"]]
        between = answer["subgroups"]["between"] or {}
        fields |= {f"between_{name}": between.get(name) for name in ("q", "q_df", "q_p_value")}
        grouped = GROUPED
    tables["rows"] = [_placed_row(row, shown) for row in rows]
    figure = _figure(answer, shown, grouped)
    return draw(figure, _placed_row(fields, shown) | tables | {"level": answer["level"]})


def _figure(answer: Answer, shown: Shown, grouped: Mapping[str, str]) -> ForestFigure:
    """Give what is drawn: words, the columns of the rows, and the axis."""
    has_estimate = answer["estimate"] is not None
    centre = answer["estimate"] if has_estimate else answer["yi"][0]
    model = "Common-effect model" if answer["tau2_method"] == "CE" else "Random-effects model"
    words = f"{shown.words[:1].upper()}{shown.words[1:]}"
    texts = {"title": f"{words}, {len(answer['slab'])} studies", "summary_label": model, "x_label": words}
    columns = {"rows": "rows", "weight": "weight", "pi_lower": "pi_lower", "pi_upper": "pi_upper"}
    columns |= {f"summary_{name}": name for name in ENDS}
    axis = {"is_ratio": shown.is_ratio, "null_value": 0.0 if shown.has_null else shown.place(centre)}
    told = {"has_heterogeneity": has_estimate and len(answer["slab"]) > 1}
    return ForestFigure.model_validate({**texts, **columns, **axis, **grouped, **told})


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """Give a subgroup as a row of the table of groups; one study has no heterogeneity."""
    told = {name: group[name] if group["k"] > 1 else None for name in HETEROGENEITY}
    names = {"name": group["subgroup"], "label": f"{group['subgroup']} (k = {group['k']})"}
    return {**names, **{end: group[end] for end in ENDS}, **told}


def _placed_row(row: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """Give a row with its effects on the scale of the axis."""
    return {name: _placed(value, name, shown) for name, value in row.items()}


def _placed(value: Any, name: str, shown: Shown) -> Any:
    """Give a number on the scale of the axis; labels and weights stay as they are."""
    is_effect = name.startswith(("estimate", "ci_", "pi_")) and value is not None
    return shown.place(value) if is_effect else value


def _replace(path: Path, content: bytes) -> None:
    """Put the content in place of the file in one step."""
    if path.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    if not path.parent.is_dir():
        raise FileNotFoundError(None, f"there is no folder {str(path.parent)!r}")
    write_whole(path, content)
