r"""LaTeX in the fields of BibTeX, read as plain text: accents, letters, signs and braces; a bare % is a percent sign.

What is not known stays as it stands, so that no word of a title is lost.
"""

import re
import unicodedata

# How an accent of LaTeX combines with the letter before it.
ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}
SIGNS = {
    "ss": "ß",
    "SS": "ẞ",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "i": "ı",
    "j": "ȷ",
    "dh": "ð",
    "DH": "Ð",
    "th": "þ",
    "TH": "Þ",
    "dj": "đ",
    "DJ": "Đ",
    "ng": "ŋ",
    "NG": "Ŋ",
    "textendash": "–",
    "textemdash": "—",
    "textquoteright": "’",
    "textquoteleft": "‘",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquotesingle": "'",
    "textquotedbl": '"',
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textbar": "|",
    "textless": "<",
    "textgreater": ">",
    "textdegree": "°",
    "degree": "°",
    "textregistered": "®",
    "texttrademark": "™",
    "textcopyright": "©",
    "copyright": "©",
    "texttimes": "×",
    "textpm": "±",
    "textmu": "µ",
    "textbullet": "•",
    "textonehalf": "½",
    "textonequarter": "¼",
    "texteuro": "€",
    "pounds": "£",
    "S": "§",
    "P": "¶",
    "ldots": "…",
    "dots": "…",
    "textellipsis": "…",
    "guillemotleft": "«",
    "guillemotright": "»",
    "times": "×",
    "pm": "±",
    "mp": "∓",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "neq": "≠",
    "ne": "≠",
    "approx": "≈",
    "sim": "∼",
    "cdot": "·",
    "div": "÷",
    "infty": "∞",
    "rightarrow": "→",
    "leftarrow": "←",
    "to": "→",
    "circ": "°",
    "prime": "′",
    "lt": "<",
    "gt": ">",
    "percent": "%",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "varepsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "iota": "ι",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "upsilon": "υ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
    "Gamma": "Γ",
    "Delta": "Δ",
    "Theta": "Θ",
    "Lambda": "Λ",
    "Xi": "Ξ",
    "Pi": "Π",
    "Sigma": "Σ",
    "Phi": "Φ",
    "Psi": "Ψ",
    "Omega": "Ω",
}
# Commands that only say how their text looks.
_LOOKS_IN_WORDS = (
    "textit textbf textrm textsf texttt textsc textup textmd textnormal emph underline mathrm mathit mathbf "
    "mathsf mathcal ensuremath mbox text textsuperscript textsubscript url href it bf rm sf tt sc em relax "
    "protect uppercase lowercase small large normalsize bibinfo enquote"
)
LOOKS = frozenset(_LOOKS_IN_WORDS.split())
LETTER = r"(?:\{\s*(?:\\([ij])(?![A-Za-z])\s*|([^\W\d_]))\s*\}|\\([ij])(?![A-Za-z])(?:\{\})?|([^\W\d_]))"
SIGN_ACCENT = re.compile(r"\\([`'^~=.\"])\s*" + LETTER)
WORD_ACCENT = re.compile(r"\\([uvHcdbkr])(?:\s+|(?=[{\\]))" + LETTER)
ESCAPED = re.compile(r"\\([&%$#_{}])")
COMMAND = re.compile(r"\\([A-Za-z]+)\*?(\{\}|[ \t]+(?=\S)|)")
SPACE = re.compile(r"\\[ ,;:!/@-]|\\\\|(?<!\\)~")
MATHS = re.compile(r"(?<!\\)\$([^$]*[\\^_{][^$]*)(?<!\\)\$")
# Where an escaped sign waits until braces and dollars that are LaTeX's own are gone.
KEPT = {sign: chr(0xE000 + place) for place, sign in enumerate("&%$#_{}\\~^")}
BACK = {ord(place): sign for sign, place in KEPT.items()}


def plain_latex(text: str) -> str:
    """Give a text without LaTeX."""
    if not any(sign in text for sign in "\\{}$~") and "--" not in text and "``" not in text and "''" not in text:
        return text
    text = ESCAPED.sub(lambda found: KEPT[found[1]], text.translate(dict.fromkeys(BACK, " ")))
    text = MATHS.sub(lambda found: re.sub(r"[\^_](?=[\w{\\])", "", found[1]), text)
    text = WORD_ACCENT.sub(_accented, SIGN_ACCENT.sub(_accented, text))
    text = COMMAND.sub(_command, text)
    text = SPACE.sub(" ", text)
    for marks, sign in (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”")):
        text = text.replace(marks, sign)
    text = text.replace("{", "").replace("}", "")
    return unicodedata.normalize("NFC", text.translate(BACK))


def _accented(found: "re.Match[str]") -> str:
    """Give a letter with its accent; an i without its dot gets the accent in its place."""
    letter = next(filter(None, found.groups()[1:]))
    return unicodedata.normalize("NFC", letter + ACCENTS[found[1]])


def _command(found: "re.Match[str]") -> str:
    """Give what a command stands for; one that is not known stays."""
    name, end = found[1], found[2]
    if name in LOOKS:
        return ""
    sign = SIGNS.get(name)
    if sign is None:
        return found[0] if end != "{}" else f"\\{name}"
    return KEPT.get(sign, sign)
