"""Titles and names as words that can be compared: small letters, no accents, one spelling, numbers as digits."""

import html
import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

TAG = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")
WORD = re.compile(r"[^\W_]+")
APOSTROPHES = re.compile(r"(?<=\w)['’‘`´](?=\w|\s|$)")
DIGITS = re.compile(r"\d+")

GREEK_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon "
    "phi chi psi omega"
)
GREEK = dict(zip(GREEK_LETTERS, GREEK_NAMES.split(), strict=True))
SINGLE_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "œ": "oe", "æ": "ae", "đ": "d", "ł": "l", "ı": "i", "&": " and "})

# British spellings of medical words, as stems; what is left of "ae", "oe" and "ue" stands for an umlaut.
SPELLINGS = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"haem", "hem"),
        (r"aem(?=i)", "em"),
        (r"paed", "ped"),
        (r"oedem", "edem"),
        (r"oesoph", "esoph"),
        (r"oestr", "estr"),
        (r"anaesth", "anesth"),
        (r"foet", "fet"),
        (r"gynaec", "gynec"),
        (r"rrhoe", "rrhe"),
        (r"aetiol", "etiol"),
        (r"coeli", "celi"),
        (r"is(?=ation|ations|ed$|ing$|er$)", "iz"),
        (r"(?<=[a-z]{3})our(?=$|s$|al$|ally$|ed$)", "or"),
        (r"(?<=[aou])e(?<!que)", ""),
    )
)

NUMBER_WORDS = {
    word: str(number)
    for number, words in enumerate(
        (
            "one first",
            "two second",
            "three third",
            "four fourth",
            "five fifth",
            "six sixth",
            "seven seventh",
            "eight eighth",
            "nine ninth",
            "ten tenth",
            "eleven eleventh",
            "twelve twelfth",
        ),
        start=1,
    )
    for word in words.split()
}
NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv"
ROMAN = {numeral: str(number) for number, numeral in enumerate(NUMERALS.split(), start=1)}
# A single letter is a numeral only behind one of these.
BEFORE_A_NUMBER = "part teil parte partie type phase stage study trial volume class grade level section chapter"
COUNTED = frozenset(BEFORE_A_NUMBER.split())
LITTLE_WORDS = (
    "a an the of in and for on with to by from at as or is are its using vs versus de la le el los las les des du "
    "der die das und von en y et"
)
FILLERS = frozenset(LITTLE_WORDS.split())


@lru_cache(maxsize=1 << 17)
def spelled(word: str) -> str:
    """Give a word, in small letters and without accents, in one of its spellings."""
    for pattern, plain in SPELLINGS:
        word = pattern.sub(plain, word)
    return word


def fold(text: str) -> str:
    """Give text in small letters without tags and accents."""
    text = TAG.sub("", html.unescape(text)).casefold().translate(SINGLE_LETTERS)
    text = APOSTROPHES.sub("", text)
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text)
    return "".join(GREEK.get(letter, letter) for letter in apart if not unicodedata.combining(letter))


def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a title: numbers as digits, whether written as words, digits or numerals."""
    found: list[str] = []
    for word in WORD.findall(fold(text)):
        is_counted = bool(found) and found[-1] in COUNTED
        if word in NUMBER_WORDS:
            found.append(NUMBER_WORDS[word])
        elif word in ROMAN and (is_counted or len(word) > 1):
            found.append(ROMAN[word])
        else:
            found.append(spelled(word))
    return tuple(found)


def numbers_in(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give what a title counts by: its numbers, and single letters behind words such as part."""
    found = [str(int(digits)) for word in words for digits in DIGITS.findall(word)]
    found += [word for before, word in pairwise(words) if before in COUNTED and len(word) == 1]
    return tuple(sorted(found))


def content_of(words: tuple[str, ...]) -> frozenset[str]:
    """Give the words that carry a title."""
    return frozenset(word for word in words if word not in FILLERS)
