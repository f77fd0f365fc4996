"""Colours of figures: readable on white and on the dark page, and told apart by people of any colour vision."""

from itertools import combinations

import numpy as np
import pytest

from analysis.figures.colours import BLUE, GREEN, LEVELS, MORE_LEVELS, OLIVE, ON_LEVEL, PURPLE, STYLES, VERMILION

PAPERS = ("#ffffff", "#121212", "#11181f")
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, OLIVE)
# Viénot, Brettel and Mollon (1999): linear RGB as people without one kind of cones see it.
BLIND = {
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


def linear(colour):
    """Give linear RGB of a colour as written."""
    values = np.array([int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ (0.2126, 0.7152, 0.0722))


def contrast(one, other):
    """Give the contrast of WCAG 2."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lab(rgb):
    """Give CIE L*a*b* of linear RGB."""
    xyz = np.array(((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))) @ rgb
    x, y, z = np.cbrt(np.clip(xyz, 0.0, None) / (0.9505, 1.0, 1.089))
    return np.array((116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)))


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("colour", COLOURS)
def test_marks_have_the_contrast_that_graphics_need(colour, paper):
    assert contrast(colour, paper) >= 3.0


@pytest.mark.parametrize("colour", sorted({*MORE_LEVELS[:4], *(one for few in LEVELS.values() for one in few)}))
def test_bold_signs_on_lights_have_the_contrast_that_graphics_need(colour):
    assert contrast(colour, ON_LEVEL) >= 3.0


@pytest.mark.parametrize("kind", BLIND)
def test_blue_and_vermilion_differ_for_everybody(kind):
    one, other = (lab(np.array(BLIND[kind]) @ linear(colour)) for colour in (BLUE, VERMILION))

    # A difference of 10 is seen at a glance.
    assert float(np.linalg.norm(one - other)) > 40.0


def test_no_two_styles_differ_by_colour_alone():
    for one, other in combinations(STYLES, 2):
        assert one.colour != other.colour
        assert one.dash != other.dash
