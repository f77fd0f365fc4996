"""Judgements of risk of bias beside the rows of a forest plot: small circles with signs, and what they mean."""

from analysis.figures import svg
from analysis.figures.beside import Lights
from analysis.figures.colours import ON_LEVEL
from analysis.figures.judgements import Scale
from analysis.figures.layout import INK, SMALL
from analysis.figures.metrics import width_of, wrap

MOST_RADIUS = 8.5
SIGN = 11.5
LINE = 17.0


def light(x: float, y: float, lights: Lights, level: str | None, *, radius: float = MOST_RADIUS) -> str:
    """Give one circle with its sign; a quiet dash where nothing is judged."""
    if level is None:
        return svg.text(x, y + 4, "–", text_anchor="middle", font_size=SMALL, fill_opacity=0.7)
    scale = Scale(tuple(lights.levels))
    drawn = svg.element("circle", cx=x, cy=y, r=radius, fill=scale.colour(level), class_="forest-light")
    return drawn + svg.text(
        x, y + 4, scale.sign(level), text_anchor="middle", font_size=SIGN, font_weight="bold", fill=ON_LEVEL
    )


def legend(lights: Lights, *, left: float, top: float, width: float) -> tuple[str, float]:
    """Give what the circles and the marks of the domains mean, and where that ends."""
    there = {level for row in lights.judgements.values() for level in row if level is not None}
    known = [level for level in lights.levels if level in there]
    drawn, x, y = "", left, top + LINE / 2
    for level in [*known, *sorted(there - set(known))]:
        words = lights.levels.get(level, level.replace("_", " ").capitalize())
        wide = 2 * MOST_RADIUS + 5 + width_of(words, SMALL)
        if x > left and x + wide > left + width:
            x, y = left, y + LINE + 2
        drawn += light(x + MOST_RADIUS, y, lights, level, radius=7.5)
        drawn += svg.text(x + 2 * MOST_RADIUS + 5, y + 4, words, font_size=SMALL, fill=INK)
        x += wide + 16
    y += LINE / 2 + 4
    said = "; ".join(f"{mark} {name}" for mark, name in lights.domains if name)
    for line in wrap(said, width, SMALL):
        y += LINE
        drawn += svg.text(left, y - 4, line, font_size=SMALL)
    return drawn, y
