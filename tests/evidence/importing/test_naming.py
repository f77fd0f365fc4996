"""Codes made from names: stable, plain, and never shared by two names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.importers.naming import (
    Names,
    alike,
    code_of,
    short_label,
    slug,
    study_code,
    study_code_without_marks,
)

NAMES = st.lists(st.text(max_size=80), max_size=12)


def test_code_is_plain_and_readable():
    assert slug("Müller-Weinitschke, 2023", keeps_case=True) == "Muller-Weinitschke-2023"
    assert slug("response (50%)") == "response-50-percent"
    assert slug("研究").startswith("x-")
    assert len(slug("a long name " * 20)) <= 60


@given(NAMES)
def test_two_names_have_one_code_only_where_case_and_blanks_are_all_that_differs(names):
    codes = Names().codes(names)
    for one in names:
        for other in names:
            assert (codes[one] == codes[other]) == (alike(one) == alike(other))
    assert all(code and len(code) <= 60 for code in codes.values())


@given(NAMES, NAMES)
def test_codes_stay_when_names_come_and_go(first, second):
    before = Names().codes(first)
    known = {code: name for name, code in sorted(before.items(), reverse=True)}
    after = Names(known).codes([*first, *second])
    assert {name: after[name] for name in first} == before


def test_name_alone_in_a_file_keeps_the_code_that_it_got_beside_another():
    before = Names().codes(["CPRS-H/I", "CPRS H I"])
    known = {code: name for name, code in before.items()}
    assert {name: Names(known).codes([name])[name] for name in before} == before


def test_name_taken_for_another_is_told():
    names = Names({"abe-2010": "Abe 2010"})
    assert names.codes(["Abe, 2010"]) == {"Abe, 2010": "abe-2010"}
    assert names.told == ["“Abe, 2010” was taken for “Abe 2010”, which the review has under the code abe-2010."]


# Reviews hold these: a code that changed would bring a second row in beside the first.
GIVEN = {
    "Aasa 2015": ("aasa-2015", "aasa-2015", "Aasa_2015", "Aasa_2015"),
    "Müller-Weinitschke, 2023": (
        *("muller-weinitschke-2023-bf162a", "muller-weinitschke-2023"),
        *("Müller-Weinitschke,_2023", "Müller-Weinitschke_2023"),
    ),
    "研究": ("4ff0f1", "x-4ff0f1", "研究", "研究"),
    "CPRS-H/I": ("cprs-h-i-e12434", "cprs-h-i", "CPRS-H/I", "CPRS-H_I"),
    "Øre;  Łódź/2": ("re-odz-2-3208be", "ore-lodz-2", "Øre;_Łódź/2", "Øre_Łódź_2"),
    "ﬁne ²": ("fine-2", "fine-2", "ﬁne_²", "ﬁne_²"),
}


@pytest.mark.parametrize("name", GIVEN)
def test_codes_stay_as_they_were_given(name):
    assert (code_of(name), slug(name), study_code(name), study_code_without_marks(name)) == GIVEN[name]


def test_names_that_are_too_long_end_in_a_digest_and_stay_apart():
    one, other = "a long name " * 10 + "one", "a long name " * 10 + "other"
    for code, longest in ((code_of, 60), (study_code, 80), (study_code_without_marks, 80), (short_label, 120)):
        assert code(one) != code(other)
        assert max(len(code(one)), len(code(other))) <= longest
