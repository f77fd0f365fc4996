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
    """Give the forest plot as SVG, with the numbers that the report shows."""
    rows = study_rows(answer)
    if subgroup is not None:
        rows = _with_subgroups(answer, rows, subgroup)
    summary = {name: answer[name] for name in (*ENDS, "pi_lower", "pi_upper")}
    centre = answer["estimate"] if answer["estimate"] is not None else answer["yi"][0]
    model = "Common-effect model" if answer["tau2_method"] == "CE" else "Random-effects model"
    words = f"{shown.words[:1].upper()}{shown.words[1:]}"
    texts = {"title": f"{words}, {len(answer['slab'])} studies", "summary_label": model, "x_label": words}
    columns = {"rows": "rows", "weight": "weight", "pi_lower": "pi_lower", "pi_upper": "pi_upper"}
    columns |= {f"summary_{name}": name for name in ENDS}
    axis = {"is_ratio": shown.is_ratio, "null_value": 0.0 if shown.has_null else shown.place(centre)}
    figure = ForestFigure.model_validate({**texts, **columns, **axis})
    placed = [{name: _placed(value, name, shown) for name, value in row.items()} for row in rows]
    fields = {name: _placed(value, name, shown) for name, value in summary.items()}
    return draw(figure, fields | {"rows": placed, "level": answer["level"]})


def _with_subgroups(answer: Answer, rows: Sequence[Mapping[str, Any]], subgroup: Sequence[str]) -> list[dict[str, Any]]:
    """Give the studies subgroup by subgroup, each followed by its pooled estimate."""
    ordered: list[dict[str, Any]] = []
    for group in answer["subgroups"]["groups"]:
        name = group["subgroup"]
        ordered += [dict(row) for row, one in zip(rows, subgroup, strict=True) if one == name]
        ordered.append({"label": f"▸ {name} (k = {group['k']})", "weight": None, **{end: group[end] for end in ENDS}})
    return ordered


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
