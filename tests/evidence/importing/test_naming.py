"""Codes made from names: stable, plain, and never shared by two names."""

from hypothesis import given
from hypothesis import strategies as st

from evidence.importers.naming import Names, alike, slug

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
