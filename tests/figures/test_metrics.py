"""Widths of text, held against the font that matplotlib brings along."""

from pathlib import Path

import matplotlib
import pytest
from matplotlib.ft2font import FT2Font

from analysis.figures.metrics import shorten, width_of, wrap

FONTS = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
TEXTS = [
    "Random-effects model",
    "−12.50 [−14.00, 3.25]",
    "I² = 60.0%, τ² = 8",
    "Magalhães & Wälti",
    "WWWW mmmm",
    "Ωμέγα Ещё",
]


def measured(text, size, is_bold):
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / FONTS[is_bold]))
    font.set_size(1000, 72)
    advances = (font.load_char(ord(character)).linearHoriAdvance / 65536 for character in text)
    return sum(advances) * size / 1000


@pytest.mark.parametrize("is_bold", [False, True])
@pytest.mark.parametrize("text", TEXTS)
def test_widths_are_at_least_those_of_the_font(text, is_bold):
    exact = measured(text, 13.0, is_bold)

    # Widths in the table are rounded to thousandths, those of letters of other scripts and of some signs are larger.
    assert exact - 0.1 <= width_of(text, 13.0, is_bold=is_bold) <= 1.35 * exact


def test_text_that_does_not_fit_ends_in_an_ellipsis_and_fits():
    shortened = shorten("Individualized exercise", 80.0, 13.0)

    assert shortened.endswith("…")
    assert width_of(shortened, 13.0) <= 80.0
    assert shorten("Short", 80.0, 13.0) == "Short"


def test_lines_break_at_spaces_and_the_last_one_is_shortened():
    lines = wrap("one two three four five six seven", 60.0, 12.0, most=2)

    assert len(lines) == 2
    assert lines[0] == "one two"
    assert lines[1].startswith("three")
    assert lines[1].endswith("…")
    assert wrap("", 60.0, 12.0) == []
    assert wrap("df\u00a0=\u00a04, p\u00a0=\u00a00.037", 64.0, 12.0) == ["df\u00a0=\u00a04,", "p\u00a0=\u00a00.037"]
