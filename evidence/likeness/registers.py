"""Numbers of trial registers in text, each in one form."""

import re

# How each register writes its numbers, and the form that they are compared in.
REGISTERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), form)
    for pattern, form in (
        (r"\bNCT[\s-]?0?(\d{7,8})\b", "NCT{:0>8}"),
        (r"\bISRCTN[\s-]?(\d{6,8})\b", "ISRCTN{}"),
        (r"\bACTRN[\s-]?(\d{14})p?\b", "ACTRN{}"),
        (r"\b(?:EudraCT|EUCTR)\D{0,25}?(20\d\d-\d{6}-\d\d)\b", "EudraCT {}"),
        (r"\b(20\d\d-5\d{5}-\d\d)-\d\d\b", "EUCT {}"),
        (r"\bDRKS[\s-]?(\d{8})\b", "DRKS{}"),
        (r"\bChiCTR-?([A-Z]{0,5}-?\d{8,10})\b", "ChiCTR{}"),
        (r"\bCTRI[/\s-]?(20\d\d/\d{2,3}/\d{6})\b", "CTRI/{}"),
        (r"\bIRCT\s?(\d{8,14}N\d+)\b", "IRCT{}"),
        (r"\b(?:UMIN|C)0{2,3}(\d{6})\b", "UMIN000{}"),
        (r"\bjRCT([a-z]?\d{9,10})\b", "jRCT{}"),
        (r"\bJapicCTI-?(\d{6})\b", "JapicCTI-{}"),
        (r"\bNTR[\s-]?(\d{1,5})\b", "NTR{}"),
        (r"\bNL[\s-]?OMON[\s-]?(\d{4,6})\b", "NL-OMON{}"),
        (r"\bKCT[\s-]?(\d{7})\b", "KCT{}"),
        (r"\bTCTR[\s-]?(\d{11})\b", "TCTR{}"),
        (r"\bPACTR[\s-]?(\d{15,16})\b", "PACTR{}"),
        (r"\bRBR-?([a-z0-9]{6,9})\b", "RBR-{}"),
        (r"\bRPCEC[\s-]?(\d{8})\b", "RPCEC{}"),
        (r"\bSLCTR/(20\d\d/\d{3})\b", "SLCTR/{}"),
        (r"\bPER-(\d{3}-\d{2})\b", "PER-{}"),
        (r"\bHKUCTR-(\d{1,5})\b", "HKUCTR-{}"),
    )
)
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


def registrations_in(text: str) -> frozenset[str]:
    """Give the trial registration numbers that a text names; a review's own (CRD) is none."""
    plain = text.translate(DASHES)
    return frozenset(
        form.format(found.upper() if "IRCT" in form or "ChiCTR" in form else found.lower() if "RBR" in form else found)
        for pattern, form in REGISTERS
        for found in pattern.findall(plain)
    )
