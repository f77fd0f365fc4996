"""Plain text as it stands in a field of BibTeX."""

import re


def latex_of(text: str) -> str:
    """Give a text as it stands in a field of BibTeX."""
    words = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    escaped = "".join(words.get(sign) or (f"\\{sign}" if sign in "&%$#_{}" else sign) for sign in text)
    # Two hyphens or quotation marks in a row would be read as one sign.
    return re.sub(r"(?<=([-`']))(?=\1)", "{}", escaped)
