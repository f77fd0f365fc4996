"""Tables as people have them: separators, encodings, decimals, missing values, names of studies."""

import pytest

from tests.command.asking import SMALL, answer

EXPECTED = answer(SMALL)["estimate"]


@pytest.mark.parametrize(
    "content",
    [
        SMALL.replace(",", ";").encode(),
        SMALL.replace(",", "\t").encode(),
        SMALL.replace("\n", "\r\n").encode(),
        SMALL.replace("\n", "\r").encode(),
        ("\ufeff" + SMALL).encode(),
        SMALL.encode("utf-16"),
        SMALL.replace("\n", ",,\n").encode(),
        ("\n\n" + SMALL.replace("\n", "\n,,,,\n")).encode(),
        SMALL.replace("study", '"study"').replace("A,", '" A ",').encode(),
        SMALL.replace("-0.2", "\u22120.2").encode(),
        SMALL.replace("0.1", "1e-1").encode(),
    ],
    ids=["semicolon", "tab", "crlf", "cr", "bom", "utf-16", "trailing", "blank", "quoted", "minus", "exponent"],
)
def test_file_is_read_whatever_program_wrote_it(content):
    if b",,\n" in content and b"\n,,,,\n" not in content:
        content = content.replace(b"setting,,", b"setting", 1)
    found = answer(content)

    assert found["estimate"] == EXPECTED
    assert found["slab"] == ["A", "B", "C", "D"]


def test_decimal_commas_are_read_where_they_are_announced():
    table = SMALL.replace(",", ";").replace(".", ",")

    assert answer(table, "--decimal", "comma")["estimate"] == EXPECTED


def test_quoted_decimal_commas_are_read_in_a_file_with_commas():
    table = 'study,yi,vi\nA,"0,1","0,2"\nB,"0,3","0,1"\n'

    assert answer(table, "--decimal", "comma")["yi"] == [0.1, 0.3]


def test_file_that_is_not_utf_8_is_read_and_says_so():
    found = answer("study,yi,vi\nMüller,0.1,0.2\nB,0.3,0.1\n".encode("latin-1"))

    assert found["slab"][0] == "Müller"
    assert found["notes"] == ["The file is not UTF-8; it was read as Windows-1252 (Latin-1)."]


@pytest.mark.parametrize("gap", ["", "NA", "n/a", "NaN", ".", "NULL"])
def test_rows_without_a_value_are_dropped_where_that_is_asked_for(gap):
    table = SMALL + f"E,{gap},0.2,3,home\nF,0.2,{gap},3,home\nG,0.4,0.1,{gap},home\n"
    found = answer(table, "--missing", "drop")

    assert found["k"] == 5  # the dose of G is not needed
    assert found["notes"] == ["2 rows left out for missing values (yi, vi): lines 6, 7."]
    assert answer(table, "--missing", "drop", "--moderators", "dose")["k"] == 4


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("slab,study", ["first", "third"]),
        ("study,author", ["first", "third"]),
        ("Author,Year", ["first 2001", "third 2003"]),
        ("trial,name", ["2001", "2003"]),
        ("p,q", ["Line 2", "Line 3"]),
    ],
)
def test_studies_are_named_by_the_columns_that_usually_hold_names(header, names):
    rows = ["first,2001,0.1,0.2", "third,2003,0.3,0.1"]

    assert answer("\n".join([f"{header},yi,vi", *rows]))["slab"] == names


def test_studies_are_named_by_the_column_that_was_asked_for():
    assert answer(SMALL, "--label", "setting")["slab"] == ["home", "clinic", "home", "clinic"]


def test_column_names_may_hold_commas_and_colons():
    table = 'study,yi,vi,"a:b","dose, mg"\nA,0.1,0.2,1,3\nB,0.3,0.1,2,5\nC,0.2,0.1,4,1\nD,0.9,0.1,4,2\n'
    found = answer(table, "--moderators", 'a:b,"dose, mg"')

    assert [one["name"] for one in found["coefficients"]] == ["intercept", "a:b", "dose, mg"]
