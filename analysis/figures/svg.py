"""SVG elements as text: presentation attributes only, so that a strict content policy has nothing to refuse."""

from analysis.figures.text import clean

Attribute = str | float | int
Look = dict[str, Attribute]


def coordinate(value: float) -> str:
    """Give a coordinate with at most two decimals."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def element(tag: str, content: str = "", /, **attributes: Attribute) -> str:
    """Give one element; attribute names have _ for -, content is SVG already."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{clean(value) if isinstance(value, str) else coordinate(value)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def line(x1: float, y1: float, x2: float, y2: float, **attributes: Attribute) -> str:
    """Give a line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def polygon(points: list[tuple[float, float]], **attributes: Attribute) -> str:
    """Give a closed shape."""
    listed = " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)
    return element("polygon", points=listed, **attributes)


def text(x: float, y: float, shown: str, *, full: str = "", **attributes: Attribute) -> str:
    """Give a text; `full` is what a reader sees on pointing at a shortened one."""
    title = element("title", clean(full)) if full and full != shown else ""
    return element("text", title + clean(shown), x=x, y=y, **attributes)
