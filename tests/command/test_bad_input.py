"""What cannot be right is refused: a sentence with line, column and rule, status 2, nothing on standard output."""

import re

import pytest

from tests.command.asking import BCG, SMALL, ask

TWO = "study,yi,vi\nA,0.1,0.2\nB,0.3,0.1\n"
X = "study,yi,vi,x\nA,0.1,0.2,1\nB,0.3,1,2\nC,0.3,1,{}\nD,1,1,4\n"
CONSTANT = "study,yi,vi,x\nA,0.1,0.2,1\nB,0.3,0.1,1\nC,0.7,0.1,1\n"
COLLINEAR = "study,yi,vi,x,y\nA,0.1,0.2,1,10\nB,0.3,0.1,2,20\nC,0.7,0.1,3,30\nD,0.2,0.1,5,50\n"
CELLS = "study,ai,n1i,ci,n2i\nA,{},40,4,40\nB,3,40,5,40\n"

CASES: dict[str, tuple[str | bytes, list[str], str]] = {
    "empty": ("", [], "The file is empty"),
    "blank": (" \n\n", [], "The file is empty"),
    "header-only": ("study,yi,vi\n", [], r"has a header \(line 1\) and no row below it"),
    "header-only-blank-rows": ("study,yi,vi\n,,\n", [], "no row below it"),
    "no-header": ("0.1,0.2\n0.3,0.4\n", [], "Line 1 must name the columns, but it holds only numbers: 0.1, 0.2"),
    "short-row": ("study,yi,vi\nA,0.1\n", [], "Line 2 has 2 fields, but the header names 3 columns"),
    "long-row": ("study,yi,vi\nA,0,1,0,2\n", [], "Line 2 has 5 fields.*decimal comma"),
    "twice": ("study,yi,yi,vi\nA,1,1,1\n", [], r"names 'yi' 2 times: columns 2, 3"),
    "open-quotation": ('study,yi,vi\n"A,0.1,0.2\n', [], "from line 2 on.*quotation left open"),
    "workbook": (b"PK\x03\x04\x14\x00", [], "Excel workbook"),
    "binary": (b"study\x00yi", [], "null bytes"),
    "wrong-column": ("study,yi,vo\nA,1,1\n", [], "no vi. The columns are study, yi, vo"),
    "column-in-capitals": ("study,Yi,vi\nA,1,1\n", [], "Did you mean --columns yi=Yi"),
    "wrong-cells": (BCG.replace("bi", "xx"), ["--measure", "RR"], "RR needs the columns ai bi ci di, or .*no bi"),
    "assigned-column": (TWO, ["--columns", "vi=yy"], "There is no column 'yy'. The columns are study, yi, vi"),
    "assigned-name": (TWO, ["--columns", "ai=yi"], "names 'ai', which GEN does not read here: it reads yi, vi"),
    "assignment": (TWO, ["--columns", "vi"], "takes NAME=COLUMN"),
    "moderator": (SMALL, ["--moderators", "dosis"], "no column 'dosis'. Did you mean 'dose'"),
    "interaction": (SMALL, ["--moderators", "dose,dose:seting"], "no column 'seting'. Did you mean 'setting'"),
    "subgroup": (SMALL, ["--subgroup", "group"], "There is no column 'group'"),
    "cluster": (SMALL, ["--cluster", "group"], "There is no column 'group'"),
    "label": (SMALL, ["--label", "name"], "There is no column 'name'"),
    "decimal-comma": (
        TWO.replace(",", ";").replace("0.3", "0,3"),
        [],
        "Line 3, column 'yi': '0,3' has a decimal comma. Write 0.3, or .* --decimal comma",
    ),
    "decimal-point": (
        TWO.replace(",", ";").replace("0.3", "0,3"),
        ["--decimal", "comma"],
        "Line 2, column 'yi': '0.1' has a point",
    ),
    "text": (TWO.replace("0.3", "high"), [], "Line 3, column 'yi': 'high' is not a number"),
    "percentage": (TWO.replace("0.3", "30%"), [], "Line 3, column 'yi': '30%' is a percentage"),
    "infinite": (TWO.replace("0.3", "inf"), [], "Line 3, column 'yi': 'inf' is not a finite number"),
    "overflow": (TWO.replace("0.3", "1e999"), [], "Line 3, column 'yi': '1e999' is beyond the largest"),
    "beyond-the-engine": (TWO.replace("0.3", "1e300"), [], "Line 3, column 'yi': yi must be at most 1e40"),
    "missing": (TWO + "C,,0.1\nD,0.1,NA\n", [], "column 'yi' on line 4; column 'vi' on line 5.*--missing drop"),
    "all-missing": ("study,yi,vi\nA,,1\n", ["--missing", "drop"], "No row is left"),
    "missing-moderator": (SMALL + "E,0.1,0.1,,x\n", ["--moderators", "dose"], "column 'dose' on line 6"),
    "zero-variance": (TWO.replace("0.1\n", "0\n"), [], "Line 3, column 'vi': vi must be above 0, got 0"),
    "negative-variance": (TWO.replace("0.1\n", "-1\n"), [], "Line 3, column 'vi': vi must be above 0, got -1"),
    "negative-se": (TWO.replace("vi", "sei").replace("0.1\n", "-1\n"), [], "Line 3, column 'sei': sei must be"),
    "equal-effects": (TWO.replace("0.3", "0.1"), [], "all 2 effects are equal"),
    "events-above-size": (CELLS.format(50), ["--measure", "RR"], "Line 2, column 'ai': ai must be at most n1i, got 50"),
    "undefined": (CELLS.format(0), ["--measure", "OR", "--to", "none"], "Line 2: the log odds ratio is undefined"),
    "drop-all": (
        CELLS.format(0).replace(",4,", ",0,").split("B")[0],
        ["--measure", "OR", "--drop00"],
        "No study is left",
    ),
    "several-measures": (BCG, [], "fit several measures. Choose one with --measure: RR, OR"),
    "few-studies": (
        "study,yi,vi,x\nA,0.1,0.2,1\nB,0.3,0.1,2\n",
        ["--moderators", "x"],
        "needs at least 3 studies, got 2",
    ),
    "constant-moderator": (CONSTANT, ["--moderators", "x"], "Column 'x': x is 1 in every study"),
    "mixed-moderator": (
        X.format("n/r"),
        ["--moderators", "x"],
        "Line 4, column 'x': 'n/r' is not a number, but 3 of the 4",
    ),
    "comma-moderator": (X.format('"3,5"'), ["--moderators", "x"], "Line 4, column 'x': '3,5' has a decimal comma"),
    "collinear": (COLLINEAR, ["--moderators", "x,y"], "Column 'y': the moderator \"y\" is determined"),
    "one-cluster": (CONSTANT, ["--cluster", "x"], "at least 2 clusters"),
    "subgroup-and-moderators": (SMALL, ["--subgroup", "setting", "--moderators", "dose"], "exclude each other"),
    "measure": (TWO, ["--measure", "RRR"], "There is no measure 'RRR'. Did you mean 'RR'"),
    "tau2-method": (TWO, ["--tau2-method", "reml"], "--tau2-method must be one of CE, .*Did you mean 'REML'"),
    "tau2-method-elsewhere": (TWO, ["--tau2-method", "FE"], "got 'FE'. Did you mean 'CE'"),
    "ci-method": (TWO, ["--ci-method", "knha"], "got 'knha'. Did you mean 'hksj'"),
    "level": (TWO, ["--level", "95"], "--level is a fraction between 0 and 1: 0.95, not 95"),
    "level-one": (TWO, ["--level", "1"], "--level must be between 0 and 1"),
    "level-comma": (TWO, ["--level", "0,95"], "--level must be a number, got '0,95'. Decimals have a point: 0.95"),
    "add": (TWO, ["--add", "-1"], "--add must be at least 0"),
    "add-without-cells": (TWO, ["--add", "0.5"], "GEN does not know --add"),
    "to": (BCG, ["--measure", "RR", "--to", "some"], "--to must be one of only0, all, if0all, none"),
    "digits": (TWO, ["--digits", "1.5"], "--digits must be a whole number from 0 to 10"),
    "exp": (TWO, ["--exp", "--no-exp"], "exclude each other"),
    "decimal": (TWO, ["--decimal", "dot"], "--decimal must be one of point, comma"),
    "missing-rule": (TWO, ["--missing", "keep"], "--missing must be one of refuse, drop"),
    "unknown-option": (TWO, ["--levl", "0.9"], "--levl.*Did you mean '--level'"),
    "value-of-option": (TWO, ["--level"], "expected one argument"),
    "figure-ending": (TWO, ["--figure", "forest.jpg"], "--figure must end in .svg, .png, .pdf, got 'forest.jpg'"),
    "figure-folder": (TWO, ["--figure", "/no/such/forest.svg"], "cannot be written: there is no folder '/no/such'"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", ["report", "json"])
def test_bad_input_is_refused_in_a_sentence(name, form):
    table, arguments, sentence = CASES[name]
    reply = ask(table, *arguments, *(["--json"] if form == "json" else []))

    assert (reply.status, reply.out) == (2, "")
    assert re.search(sentence, reply.err), reply.err
    # One line, a capital letter or an option at its beginning, a full stop or a question mark at its end.
    assert re.fullmatch(r"(--|[A-Z']).+[.?]\n", reply.err), reply.err
    assert "index" not in reply.err


def test_rule_names_the_column_of_the_file_and_not_only_the_letters():
    table = "study,effect,variance\nA,0.1,0.2\n\nB,0.3,-0.1\n"
    reply = ask(table, "--columns", "yi=effect,vi=variance")

    assert reply.err == "Line 4, column 'variance': vi must be above 0, got -0.1.\n"


def test_lines_are_those_of_the_file_where_a_text_has_several():
    reply = ask('study,yi,vi\n"A\nand B",0.1,0.2\nC,0.3,x\n')

    assert reply.err == "Line 4, column 'vi': 'x' is not a number.\n"


def test_dropped_rows_do_not_shift_the_lines():
    reply = ask("study,yi,vi\nA,NA,0.2\nB,0.3,0.1\nC,0.3,-1\n", "--missing", "drop")

    assert reply.err.startswith("Line 4, column 'vi'")


def test_many_missing_values_are_counted():
    reply = ask("study,yi,vi\nZ,1,1\n" + "A,,1\n" * 20)

    assert "on lines 3, 4, 5, 6, 7, 8, 9, 10 and 12 more" in reply.err
