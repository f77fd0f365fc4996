"""How wide text is, by the advance widths of DejaVu Sans: among common sans-serif fonts few are wider."""

from functools import lru_cache
from unicodedata import combining, east_asian_width, normalize

from analysis.figures.text import ELLIPSIS, NOT_XML

# Thousandths of the font size, of the characters from space to tilde.
PLAIN = (
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636),
    *(636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656),
    *(557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613),
    *(635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818),
    *(592, 592, 525, 636, 337, 636, 838),
)
BOLD = (
    *(348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696),
    *(696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775),
    *(637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675),
    *(716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924),
    *(645, 652, 582, 712, 365, 712, 838),
)
FIRST, LAST = 32, 126
SIGNS = {"−": 838, "–": 500, "—": 1000, "…": 1000, "←": 838, "→": 838, "²": 440, "τ": 640, "·": 380, "’": 380}
SIGNS["\u00a0"] = 350  # a space that does not break
# Of other scripts: the wide end of their letters.
UPPER, LOWER, FULL = 900, 740, 1000


@lru_cache(maxsize=4096)
def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """Give how wide a text is at a font size."""
    table = BOLD if is_bold else PLAIN
    return size / 1000 * sum(_width(character, table) for character in text)


def shorten(text: str, width: float, size: float, *, is_bold: bool = False) -> str:
    """Give the text on one line, or as much of its beginning as fits, with an ellipsis."""
    text = clean_line(text)
    if width_of(text, size, is_bold=is_bold) <= width:
        return text
    table = BOLD if is_bold else PLAIN
    room, kept = width * 1000 / size - SIGNS[ELLIPSIS], 0
    for place, character in enumerate(text):
        room -= _width(character, table)
        if room < 0:
            kept = place
            break
    return text[:kept].rstrip() + ELLIPSIS


def wrap(text: str, width: float, size: float, *, is_bold: bool = False, most: int = 99) -> list[str]:
    """Give the lines of a text broken at its spaces, at most `most`: what is too long is shortened; [] for ""."""
    found: list[str] = []
    for word in clean_line(text).split(" "):
        longer = f"{found[-1]} {word}" if found else word
        if found and (len(found) == most or width_of(longer, size, is_bold=is_bold) <= width):
            found[-1] = longer
        elif word:
            found.append(word)
    return [shorten(line, width, size, is_bold=is_bold) for line in found]


def clean_line(text: str) -> str:
    """Give a text on one line, without what XML cannot hold; spaces that do not break stay as they are."""
    return " ".join(NOT_XML.sub("", text).translate(BREAKS).split(" ")).strip()


BREAKS = str.maketrans(dict.fromkeys("\t\n\r\f\v", " "))


def _width(character: str, table: tuple[int, ...]) -> int:
    """Give the width of a character in thousandths of the font size."""
    code = ord(character)
    if FIRST <= code <= LAST:
        return table[code - FIRST]
    if character in SIGNS:
        return SIGNS[character]
    if combining(character):
        return 0
    base = ord(normalize("NFD", character)[0])
    if FIRST <= base <= LAST:
        return table[base - FIRST]
    if east_asian_width(character) in "WF":
        return FULL
    return UPPER if character.isupper() or not character.isalpha() else LOWER
