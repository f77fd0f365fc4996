"""The report: equal to the golden files, readable everywhere, and no wider than it should be."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.desk.forest import Line, draw_text
from analysis.desk.measures import SHOWN_AS, how_shown
from analysis.engine.effects import MEASURES
from tests.command.asking import BCG, FOLDER, REPORTS, SMALL, ask


@pytest.mark.parametrize("name", REPORTS)
def test_report_is_that_of_the_golden_file(name):
    table, arguments = REPORTS[name]
    reply = ask(table, *arguments)

    assert (reply.status, reply.err) == (0, "")
    assert reply.out == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REPORTS)
def test_lines_are_not_longer_than_a_hundred_characters(name):
    table, arguments = REPORTS[name]
    lines = ask(table, *arguments).out.splitlines()

    assert max(map(len, lines)) <= 100
    assert not [line for line in lines if line != line.rstrip()]


def test_report_is_plain_where_the_terminal_is():
    reply = ask(BCG.replace("Aronson,", "Árönson,", 1), "--measure", "RR", "--subgroup", "alloc", encoding="ascii")

    assert reply.status == 0
    assert "?r?nson 1948" in reply.out
    assert "tau2 = " in reply.out
    assert re.search(r"\|--+#-*\+?-*\|", reply.out)
    # Only what Unicode alone has is replaced, and nothing but the name has no plain letters.
    assert reply.out.count("?") == 2
    heads = next(line for line in reply.out.splitlines() if line.startswith("Subgroup  "))
    rule = reply.out.splitlines()[reply.out.splitlines().index(heads) + 1]
    ends = [[one.end() for one in re.finditer(r"\S+( CI)?", line)] for line in (heads, rule)]
    assert ends[0][1:] == ends[1][1:]


def test_ratio_is_shown_as_a_ratio_unless_logs_are_asked_for():
    assert "the risk ratio is 0.49 (95% CI 0.33 to 0.73" in ask(BCG, "--measure", "RR").out
    assert "the log risk ratio is −0.715 (95% CI −1.108 to −0.321" in one_line(
        ask(BCG, "--measure", "RR", "--no-exp", "--digits", "3").out
    )
    # The weighted mean of 0.1, 0.3, 0.7 and -0.2 with weights 5, 10, 10 / 3 and 10 is 3.8333 / 28.333 = 0.1353.
    assert "the exponential of the effect is 1.145" in ask(SMALL, "--exp", "--digits", "3").out


def test_description_of_one_group_has_no_test_against_zero():
    out = ask("study,xi,ni\nA,3,20\nB,30,100\nC,7,33\n", "--measure", "PLO").out

    assert "the proportion is" in out
    assert "p =" not in out.split("Heterogeneity")[0]


def test_level_is_said_everywhere():
    out = ask(BCG, "--measure", "RR", "--level", "0.9").out

    assert "Estimate [90% CI]" in out
    assert "(90% CI" in out
    assert "90% prediction interval" in out
    assert "95%" not in out


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_words(measure):
    shown = how_shown(measure, exp=None, digits=None)

    assert shown.words == shown.words.strip()
    assert not shown.words.startswith("log ") or measure == "GEN"
    assert bool(shown.back) == bool(shown.pooled_as)


def test_words_are_only_kept_for_measures_that_exist():
    assert set(SHOWN_AS) <= set(MEASURES)


def one_line(text):
    return " ".join(text.split())


numbers = st.floats(min_value=-1e6, max_value=1e6)


@given(
    rows=st.lists(st.tuples(st.text(max_size=50), numbers, st.floats(0.0, 1e4), st.floats(0.01, 1.0)), min_size=1),
    measure=st.sampled_from(["MD", "RR", "PLO", "ZCOR"]),
    width=st.integers(72, 140),
)
def test_any_studies_give_a_plot_whose_columns_stand_below_each_other(rows, measure, width):
    scale = 1e-4 if measure != "MD" else 1.0
    lines = [Line(label.replace("\n", " "), y * scale, (y - s) * scale, (y + s) * scale, w) for label, y, s, w in rows]
    shown = how_shown(measure, exp=None, digits=2)
    drawn = draw_text(lines, shown, level=0.95, width=width)

    assert len(drawn) == len(lines) + 4
    ends = {columns(line) for line in drawn[: len(lines) + 1]}
    assert len(ends) == 1  # the last column, weights, ends at the same place in each line


def columns(line):
    """Give how many columns of a terminal a line takes."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in line)
    return len(line) + wide - sum(unicodedata.combining(one) > 0 for one in line)
