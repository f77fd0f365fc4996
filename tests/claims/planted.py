"""Errors of each kind, planted into consistent claims: what a slip of the pen, of the program or of a copy makes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from analysis.claims import Assessed, Claim, Document
from tests.claims.corpus import described, manuscripts, pairs, results

Plant = Callable[[Document, Random], Document | None]
MINUSES = "-−–"


def text_of(document: Document, code: str) -> str:
    """Give a claim's text, "" where there is none."""
    claim = document.by_code.get(code)
    return "" if claim is None else claim.text


def with_text(document: Document, **texts: str) -> Document:
    """Give the document with other texts; `__` in a code stands for a full stop."""
    new = {code.replace("__", "."): text for code, text in texts.items()}
    claims = [replace(claim, text=new.get(claim.code, claim.text)) for claim in document.claims]
    return replace(document, claims=claims)


def changed(document: Document, code: str, **fields: str) -> Document:
    """Give the document with another claim of this code."""
    return replace(document, claims=[replace(one, **fields) if one.code == code else one for one in document.claims])


def other_digit(text: str, random: Random) -> str:
    """Change the first digit that counts, or the one behind it."""
    places = [place for place, one in enumerate(text) if one.isdigit()]
    while len(places) > 1 and text[places[0]] == "0":
        places.pop(0)
    place = random.choice(places[:2])
    digits = [digit for digit in "123456789" if digit != text[place]]
    return text[:place] + random.choice(digits) + text[place + 1 :]


def turned(text: str) -> str:
    """Lose or win a minus sign."""
    return text[1:] if text[0] in MINUSES else f"-{text}"


def digit_in(code: str) -> Plant:
    """Plant another digit into one number."""

    def plant(document: Document, random: Random) -> Document | None:
        text = text_of(document, code)
        if not text or text.startswith("<") or not any(one in "123456789" for one in text):
            return None
        return with_text(document, **{code.replace(".", "__"): other_digit(text, random)})

    return plant


def set_to(code: str, make: Callable[[Document], str]) -> Plant:
    """Plant what is made of the document as the text of a claim."""

    def plant(document: Document, random: Random) -> Document | None:
        if code not in document.by_code:
            return None
        text = make(document)
        same = text_of(document, code) == text
        return None if same or not text else with_text(document, **{code.replace(".", "__"): text})

    return plant


def swapped(one: str, two: str) -> Plant:
    """Plant each of two numbers in the place of the other."""

    def plant(document: Document, random: Random) -> Document | None:
        texts = text_of(document, one), text_of(document, two)
        if not all(texts) or texts[0] == texts[1]:
            return None
        return with_text(document, **{one.replace(".", "__"): texts[1], two.replace(".", "__"): texts[0]})

    return plant


def plus(code: str, step: int) -> Plant:
    """Plant a count that is off by some."""
    return set_to(code, lambda document: str(int(text_of(document, code).replace(",", "")) + step))


def copied(one: str, document: Document, random: Random) -> Document:
    """Plant a result again, under another subject and another k."""
    again = [
        replace(claim, code=f"copy.{claim.code}", statement="copy", subject="copy")
        for claim in document.claims
        if claim.code.startswith(one)
    ]
    return replace(document, claims=[*document.claims, *again])


def copied_difference(document: Document, random: Random) -> Document | None:
    """Plant the mean difference of one comparison beside the SMD of another."""
    smd, md = document.claims[0], document.claims[1]
    other = [
        replace(smd, code="b.smd", text=f"{float(smd.text) * 2:.2f}", statement="b", subject="b"),
        replace(md, code="b.md", statement="b", subject="b"),
    ]
    subjects = [replace(smd, subject="a"), replace(md, subject="a")]
    return replace(document, claims=[*subjects, *document.claims[2:], *other])


def judged(make: Callable[[Assessed], Assessed]) -> Plant:
    """Plant another judgement of one study."""

    def plant(document: Document, random: Random) -> Document | None:
        rows = list(document.assessed)
        place = random.randrange(len(rows))
        new = make(rows[place])
        rows[place] = new
        return None if new == document.assessed[place] else replace(document, assessed=rows)

    return plant


def row_with(column: str, value: Callable[[str], str]) -> Plant:
    """Plant another cell in one row of the table."""

    def plant(document: Document, random: Random) -> Document | None:
        rows = [dict(row) for row in document.tables["studies"]]
        place = random.randrange(len(rows))
        rows[place][column] = value(rows[place][column])
        return replace(document, tables={"studies": rows})

    return plant


def twice(document: Document, random: Random) -> Document | None:
    """Plant one trial a second time, under another name, in a table with ages and shares of women."""
    rows = [
        {**row, "age": f"{30 + 0.7 * i:.1f}", "female": f"{40 + 1.3 * i:.1f}"}
        for i, row in enumerate(document.tables["studies"])
    ]
    again = {**random.choice(rows), "study": "Somebody 2001"}
    return replace(document, tables={"studies": [*rows, again]})


def misspelt(document: Document, random: Random) -> Document | None:
    """Plant a name without one of its letters in one place."""
    labels = list(document.labels)
    place = random.randrange(len(labels))
    study, where, name = labels[place]
    labels[place] = (study, where, name[:2] + name[3:])
    return replace(document, labels=labels)


def dropped(code: str) -> Plant:
    """Leave one claim out."""

    def plant(document: Document, random: Random) -> Document | None:
        return replace(document, claims=[claim for claim in document.claims if claim.code != code])

    return plant


def out_of_place(document: Document, random: Random) -> Document | None:
    """Plant an estimate beyond the upper limit."""
    high = text_of(document, "results.ci_upper")
    number = float(high.translate(dict.fromkeys(map(ord, MINUSES), "-")))
    return with_text(document, results__estimate=f"{number + max(0.1, abs(number)):.2f}")


def half_p(document: Document, random: Random) -> Document | None:
    """Plant a p value of one side."""
    text = text_of(document, "results.p_value")
    return None if text.startswith("<") else with_text(document, results__p_value=f"{float(text) / 2:.3f}")


def across(document: Document, random: Random) -> Document | None:
    """Plant a p value of the other side of .05."""
    text = text_of(document, "results.p_value").removeprefix("<")
    return with_text(document, results__p_value="0.20" if float(text) < 0.05 else "0.01")


def flipped(document: Document, random: Random) -> Document | None:
    """Plant the contrary of what is said of significance."""
    said = text_of(document, "results.significance")
    return with_text(document, results__significance="significant" if said.startswith("not") else "not significant")


def first(document: Document, end: str) -> Claim:
    """Give the first claim whose code has this end."""
    return next(claim for claim in document.claims if claim.code.endswith(end))


def of_pair(end: str, make: Callable[[str], str]) -> Plant:
    """Plant another text in one claim of an SMD beside a mean difference."""

    def plant(document: Document, random: Random) -> Document | None:
        claim = first(document, end)
        return changed(document, claim.code, text=make(claim.text))

    return plant


def whole_of(document: Document, random: Random) -> Document | None:
    """Plant a percentage of another whole."""
    k, large = int(text_of(document, "k")), int(text_of(document, "large"))
    return with_text(document, large__percent=f"{100 * large / (k + random.randint(1, 4)):.1f}")


# For each check: the documents that can be spoilt, and the errors that are planted into each.
POOLED: dict[str, tuple[Plant, ...]] = {
    "interval_order": (swapped("results.ci_lower", "results.ci_upper"), out_of_place),
    "interval_middle": (digit_in("results.estimate"), digit_in("results.ci_lower"), digit_in("results.ci_upper")),
    "se_interval": (digit_in("results.se"), digit_in("results.ci_upper")),
    "z_interval": (digit_in("results.z"),),
    "z_sign": (set_to("results.z", lambda document: turned(text_of(document, "results.z"))),),
    "p_z": (digit_in("results.p_value"), half_p, across),
    "p_interval": (digit_in("results.p_value"), half_p, across),
    "p_side": (across,),
    "q_df": (set_to("results.q_df", lambda document: text_of(document, "results.k")), digit_in("results.k")),
    "q_p": (digit_in("results.q"), digit_in("results.q_p_value")),
    "i2_q": (digit_in("results.i2"), digit_in("results.q")),
    "possible_values": (
        set_to("results.i2", lambda document: "104"),
        set_to("results.p_value", lambda document: "1.3"),
        set_to("results.tau2", lambda document: "-0.02"),
    ),
    "tau2_i2": (
        digit_in("results.tau2"),
        set_to("results.tau2", lambda document: f"{10 * float(text_of(document, 'results.tau2')):.3f}"),
    ),
    "tau_tau2": (
        set_to("results.tau2", lambda document: text_of(document, "results.tau")),
        digit_in("results.tau"),
    ),
    "pi_ci": (
        set_to("results.pi_lower", lambda document: text_of(document, "results.estimate")),
        swapped("results.pi_upper", "results.ci_upper"),
    ),
    "pi_width": (
        digit_in("results.pi_lower"),
        digit_in("results.pi_upper"),
        set_to("results.tau2", lambda document: text_of(document, "results.tau")),
    ),
    "egger_p": (digit_in("results.egger_p_value"), digit_in("results.egger_statistic")),
    "rank_p": (digit_in("results.rank_p_value"), digit_in("results.rank_correlation")),
    "two_places": (digit_in("abstract.estimate"), digit_in("abstract.ci_lower"), digit_in("abstract.i2")),
    "duplicate_result": (lambda document, random: copied("results.", document, random),),
    "significance_word": (flipped,),
}
DESCRIBED: dict[str, tuple[Plant, ...]] = {
    "percent": (whole_of, plus("large", 1), digit_in("large.percent")),
    "part_whole": (set_to("large", lambda document: str(int(text_of(document, "k")) + 1)),),
    "sums": (plus("large", 1), plus("k", -1)),
    "certainty_places": (set_to("certainty.table", lambda document: "moderate"),),
    "certainty_order": (set_to("certainty.part", lambda document: "high"),),
    "eligible_studies": (plus("pooled", 1), plus("pooled", 5)),
    "table_count": (plus("large", 1), plus("small", -1)),
    "table_sum": (plus("total", 1), digit_in("total"), digit_in("least")),
    "table_quantile": (digit_in("median"), digit_in("low"), digit_in("high")),
    "quantile_order": (swapped("low", "high"), swapped("median", "most")),
    "row_sums": (row_with("n_1", lambda text: str(int(text) + 1)),),
    "rob_overall": (judged(lambda one: replace(one, overall="high" if one.overall == "low" else "low")),),
    "rob_pattern": (judged(lambda one: replace(one, overall="high" if one.overall == "low" else "low")),),
    "comparison_word": (swapped("k", "small"),),
    "promised_methods": (dropped("reported"),),
    "eligibility": (row_with("n", lambda text: "1"),),
    "date_order": (set_to("date.search", lambda document: "2021-05-01"),),
    "names": (misspelt,),
    "same_trial": (twice,),
}
ABSTRACT = "DLwald abstract abstract"
MANUSCRIPTS: dict[str, tuple[Plant, ...]] = {
    "summary_text": tuple(digit_in(f"{ABSTRACT}.{name}") for name in ("estimate", "ci_lower", "ci_upper")),
}
PAIRED: dict[str, tuple[Plant, ...]] = {
    "smd_md_sign": (of_pair(".md", turned),),
    "smd_md_sd": (of_pair(".md", lambda text: f"{float(text) * 1000:.1f}"),),
    "difference_twice": (copied_difference,),
    "importance_word": (of_pair(".importance", lambda text: "not clinically important"),),
    "size_word": (of_pair(".size", lambda text: "a large effect" if "small" in text else "a small effect"),),
}


def planted() -> Iterator[tuple[str, Document]]:
    """Give each check's id with a document that holds an error of its kind."""
    random = Random(20260101)
    for documents, kinds in (
        (results(), POOLED),
        (manuscripts(), MANUSCRIPTS),
        (described(), DESCRIBED),
        (pairs(), PAIRED),
    ):
        for document in documents:
            for check, plants in kinds.items():
                for plant in plants:
                    spoilt = plant(document, random)
                    if spoilt is not None:
                        yield check, spoilt
