"""How people call the columns of their tables."""

import re
from collections.abc import Mapping

from evidence.importers.extraction_tables.words import tokens_of

Tokens = tuple[str, ...]


def _named(names: Mapping[str, str]) -> dict[Tokens, str]:
    return {tokens_of(one): name for name, several in names.items() for one in several.split("|")}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


# Columns that say what a row is about. The whole header has to be one of these.
FIELDS = _named(
    {
        "study": "study|study id|study name|study label|study code|trial|trial id|trial name|author|authors|"
        "first author|"
        "author year|author and year|author, year|study (author, year)|author (year)|study year|reference|citation|"
        "slab|studlab|studie|étude|estudio|autor|paper|article",
        "year": "year|publication year|year of publication|pub year|jahr|année|año",
        "arm": "arm|arm name|arm label|study arm|treatment arm|group|group name|study group|treatment group name|trt|"
        "treat|arm id|allocation|condition|gruppe|groupe|grupo|bras",
        "number": "arm number|arm no|arm nr|number of arm|group number|group no",
        "first_arm": "arm 1|arm 1 name|arm 1 label|arm a|group 1|group 1 name|group 1 label|group a|treatment 1|"
        "intervention 1|treat 1|t 1 name|experimental|experimental arm|experimental group|intervention group|"
        "intervention arm|treatment group|first arm|cond arm 1|comparison arm 1|name 1|label 1",
        "second_arm": "arm 2|arm 2 name|arm 2 label|arm b|group 2|group 2 name|group 2 label|group b|treatment 2|"
        "intervention 2|treat 2|t 2 name|control|control arm|control group|comparator|comparator arm|"
        "comparator group|"
        "comparison|comparison arm|comparison group|second arm|cond arm 2|name 2|label 2",
        "intervention": "intervention|treatment|therapy|intervention name|treatment name",
        "outcome": "outcome|outcome name|outcome type|outcome domain|endpoint|end point|variable|zielgrösse|"
        "zielgröße|"
        "critère|desenlace",
        "instrument": "instrument|scale|measurement scale|outcome scale|questionnaire|measurement|"
        "measuring instrument|"
        "tool|outcome measure|outcome instrument|outcome and instrument|instrument name|skala|échelle|escala",
        "role": "role|arm role|arm type|type of arm",
        "comparator_type": "comparator type|control type|type of comparator|type of control|kind of comparator",
        "n_randomised": "n randomised|n randomized|randomised|randomized|number randomised|number randomized|"
        "n allocated",
        "value_kind": "value kind|kind of value|value type|change or final|final or change|type of value|score type",
        "sign": "sign|meaning of the sign|direction of effect",
        "is_adjusted": "adjusted|is adjusted|adjustment",
        "measure": "measure|effect measure|type of effect|effect type|measure type|summary measure",
        "page": "page|pages|page number|seite",
        "table": "table|figure|table or figure|table figure|tabelle",
        "quote": "quote|quotation",
        "source_url": "url|link|source address|source url|address",
        "note": "note|notes|comment|comments|remark|remarks|bemerkung|bemerkungen",
    }
)
TIME_WORDS = _words(
    "time|timepoint|timepoints|point|assessment|followup|follow|up|fu|visit|when|measured|since|start|of|"
    "treatment|the|in|zeit|zeitpunkt|temps|tiempo|length|duration"
)
# Statistics of an arm, the most telling word first: a header that has several means the first of these.
ARM_STATISTICS = tuple(
    (name, tuple(sorted((tokens_of(one) for one in several.split("|")), key=len, reverse=True)))
    for name, several in (
        ("sd", "sd|std|std dev|st dev|stdev|stddev|standard deviation|s d|sd score|standardabweichung|écart type|sds"),
        ("se", "se|sem|std err|std error|stderr|standard error|se of mean|se of the mean|s e|s e m"),
        (
            "ci_lower",
            "ci lower|lower ci|ci low|ci lb|ci l|lcl|lower limit|lower bound|ci lower limit|lower 95 percent ci|"
            "95 percent ci lower|lower 95 ci|95 ci lower|ci lower 95|lci|ci lo|ll|lower",
        ),
        (
            "ci_upper",
            "ci upper|upper ci|ci high|ci ub|ci u|ucl|upper limit|upper bound|ci upper limit|upper 95 percent ci|"
            "95 percent ci upper|upper 95 ci|95 ci upper|ci upper 95|uci|ci hi|ul|upper",
        ),
        ("q1", "q 1|q 25|p 25|25 th percentile|first quartile|lower quartile|1 st quartile|quartile 1"),
        ("q3", "q 3|q 75|p 75|75 th percentile|third quartile|upper quartile|3 rd quartile|quartile 3"),
        ("minimum", "min|minimum|lowest"),
        ("maximum", "max|maximum|highest"),
        ("median", "median|mdn|mediane|médiane"),
        ("percent", "percent|percentage|percent with event|event rate percent|pct"),
        (
            "events",
            "events|event|n events|number of events|no of events|events n|cases|n cases|responders|n responders|"
            "number with event|n with event|x|ereignisse",
        ),
        ("total", "total|n total|total n|denominator|number assessed"),
        ("mean", "mean|m|average|avg|mean score|mean value|mean scores|mittelwert|mw|moyenne|media"),
        (
            "n",
            "n|n analysed|n analyzed|sample size|sample|size|number analysed|number analyzed|no of participants|"
            "number of participants|participants|n participants|number of patients|no of patients|patients|"
            "no analysed|num|"
            "count|anzahl|effectif",
        ),
    )
)
CONTRAST_STATISTICS = tuple(
    (name, tuple(sorted((tokens_of(one) for one in several.split("|")), key=len, reverse=True)))
    for name, several in (
        ("p_value", "p value|p|pvalue|p val|p wert|valeur p"),
        ("t_value", "t value|t statistic|t"),
        (
            "SMD",
            "smd|standardised mean difference|standardized mean difference|std mean difference|hedges g|hedges s g|"
            "cohen s d|cohens d",
        ),
        (
            "MD",
            "md|mean difference|between group difference|difference in means|mean diff|wmd|"
            "between group mean difference|difference between groups",
        ),
        ("ROM", "rom|ratio of means"),
        ("RR", "rr|risk ratio|relative risk"),
        ("OR", "or|odds ratio"),
        ("RD", "rd|risk difference"),
        ("HR", "hr|hazard ratio"),
        ("IRR", "irr|incidence rate ratio|rate ratio"),
        ("estimate", "estimate|effect|effect size|effect estimate|point estimate|es"),
    )
)
MEASURES = frozenset({"SMD", "MD", "ROM", "RR", "OR", "RD", "HR", "IRR", "estimate"})
# Two or three numbers in a cell, where the header says which: "mean (SD)".
_AND = r"\s*(?:\(|\[|±|\+/-|\+-|,|;|/|&|\band\b)\s*"
_SD = r"(?:sd|s\.d\.|std\.? ?dev\.?|standard deviation)"
PAIRS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), names)
    for pattern, names in (
        (rf"\b(?:mean|average|m){_AND}{_SD}\s*[)\]]?", ("mean", "sd")),
        (rf"\b(?:mean|average|m){_AND}(?:se|sem|s\.e\.m?\.?|standard error)\s*[)\]]?", ("mean", "se")),
        (
            rf"\b(?:mean|average|m){_AND}(?:95 ?%)? ?(?:ci|confidence interval)\s*[)\]]?",
            ("mean", "ci_lower", "ci_upper"),
        ),
        (rf"\bmedian{_AND}(?:iqr|interquartile range|q1 ?[-–,;] ?q3|q1 to q3)\s*[)\]]?", ("median", "q1", "q3")),
        (rf"\bmedian{_AND}(?:range|min ?[-–,;] ?max)\s*[)\]]?", ("median", "minimum", "maximum")),
        (r"\b(?:n|x|r|events?) ?/ ?(?:n|total)\b", ("events", "total")),
        (r"\b(?:n|events?) ?\( ?% ?\)", ("events", "percent")),
        (
            r"(?<!lower )(?<!upper )(?<!low )(?<!high )"
            r"\(?\b95 ?% ?(?:ci|confidence interval)(?! ?(?:low|upp|[lu]))\b\)?",
            ("ci_lower", "ci_upper"),
        ),
    )
)
CHANGE = tuple(
    tokens_of(one)
    for one in ("change from baseline", "change score", "change scores", "changes", "change", "chg", "delta")
)
FIRST = _words("1|e|exp|experimental|intervention|int|treatment|treated|trt|tx|ig|eg|tg|intervent")
SECOND = _words("2|c|con|ctrl|ctl|control|controls|comparator|comparison|comp|cg|kg")
EXPERIMENTAL_LABELS = frozenset(
    {"experimental", "intervention", "treatment", "experimental group", "intervention group"}
)
COMPARATOR_LABELS = frozenset({"control", "comparator", "comparison", "control group", "comparator group"})
FILLERS = _words("of|the|score|scores|value|values|group|arm|at|in|for|per")
