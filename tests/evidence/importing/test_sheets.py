"""Tables as people send them: encodings, separators, cells, numbers and workbooks; what is ambiguous is not guessed."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation

from evidence.importers.opening import Unreadable
from evidence.importers.problems import CellProblem
from evidence.importers.sheets import Sheet, is_missing, plain_number, read_sheets, read_table
from tests.evidence.importing import hostile

FORMULA = "The cell holds a formula; replace it by its value (copy, then paste as values)."


def table(tmp_path: Path, content: bytes, name: str = "table.csv") -> Sheet:
    (tmp_path / name).write_bytes(content)
    return read_table(tmp_path / name)


def cells(sheet: Sheet) -> list[dict[str, str]]:
    return [dict(line.cells) for line in sheet.lines]


# Text -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_text_is_read_in_the_encodings_that_programs_write(tmp_path: Path, encoding: str) -> None:
    text = "study,n,note\nMüller 2010,38,café\nIto 2001,40,naïve\n"
    assert cells(table(tmp_path, text.encode(encoding)))[0] == {"study": "Müller 2010", "n": "38", "note": "café"}


def test_big_endian_text_with_its_mark_is_read(tmp_path: Path) -> None:
    sheet = table(tmp_path, b"\xfe\xff" + "study,n\nMüller,3\n".encode("utf-16-be"))
    assert cells(sheet) == [{"study": "Müller", "n": "3"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way_and_keep_their_numbers(tmp_path: Path, end: str) -> None:
    sheet = table(tmp_path, end.join(["study,n", "Ito,1", "", "Abe,2", ""]).encode())
    assert [(line.number, line.get("n")) for line in sheet.lines] == [(2, "1"), (4, "2")]


def test_ends_of_lines_may_be_mixed_and_cells_may_hold_them(tmp_path: Path) -> None:
    sheet = table(tmp_path, b'study,note\r\nIto,"two\r\nlines"\nAbe,x\rOno,y\r\n')
    assert [(line.number, line.get("study")) for line in sheet.lines] == [(2, "Ito"), (4, "Abe"), (5, "Ono")]
    assert sheet.lines[0].get("note") == "two\nlines"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_cells_are_separated_by_what_the_header_has_most_of(tmp_path: Path, mark: str) -> None:
    content = mark.join(["study", "mean", '"a,b;c"']) + "\n" + mark.join(['"Ito; 2001"', '"7,4"', "x"]) + "\n"
    assert cells(table(tmp_path, content.encode())) == [{"study": "Ito; 2001", "mean": "7,4", "a,b;c": "x"}]


def test_columns_come_in_any_order_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    assert cells(table(tmp_path, b"n,,study,,\n3,,Ito,,\n")) == [{"n": "3", "study": "Ito"}]


def test_row_with_more_cells_than_the_header_is_a_fault_of_its_line(tmp_path: Path) -> None:
    sheet = table(tmp_path, b"study,n\nIto,1,9\nAbe,2\nOno\n")
    assert sheet.faults == ((2, "", "The row has 3 cells, but the header names 2 columns."),)
    assert cells(sheet) == [{"study": "Abe", "n": "2"}, {"study": "Ono", "n": ""}]


def test_what_a_spreadsheet_would_execute_is_text(tmp_path: Path) -> None:
    sheet = table(tmp_path, b"study,note\nIto,=cmd|' /C calc'!A0\nAbe,@SUM(1)\n")
    assert [line.get("note") for line in sheet.lines] == ["=cmd|' /C calc'!A0", "@SUM(1)"]


def test_ending_of_the_name_says_nothing(tmp_path: Path) -> None:
    assert cells(table(tmp_path, b"study,n\nIto,1\n", "table.xlsx")) == [{"study": "Ito", "n": "1"}]
    assert table(tmp_path, hostile.workbook(), "table.csv").columns == ("study", "n", "mean")


def test_missing_columns_are_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"^The columns are missing: arm, sd\. The file has study, n\.$"):
        table(tmp_path, b"study,n\nIto,1\n").require(["study", "arm", "sd"])


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "decimal", "plain"),
    [
        ("7,4", ",", "7.4"),
        ("1\u202f234,5", ",", "1234.5"),  # a narrow space between thousands
        ("1\u2009234", ".", "1234"),
        ("1\u00a0234", ".", "1234"),
        ("–0.4", ".", "-0.4"),  # en dash
        ("—0.4", ".", "-0.4"),
        ("−0,4", ",", "-0.4"),
        ("‐3", ".", "-3"),
        ("1.234,5", ",", "1234.5"),
        ("1,234.5", ".", "1234.5"),
        ("1,234,567", ".", "1234567"),
        ("5.20", ".", "5.20"),  # zeros at the end are digits
        ("1.5e3", ".", "1500"),
        ("1e-9", ".", "0.000000001"),
        ("2E-15", ".", "0.000000000000002"),
        (".5", ".", ".5"),
    ],
)
def test_numbers_are_understood_as_people_write_them(text: str, decimal: str, plain: str) -> None:
    assert plain_number(text, decimal=decimal) == plain


@pytest.mark.parametrize(
    "text", ["7,4", "1 / 2", "12 (3)", "1e999", "0x10", "１２", "<0.001", "1..2", "--1", "infinity"]
)
def test_what_is_no_number_stays_as_it_is_to_be_refused_later(text: str) -> None:
    assert plain_number(text) == text


@pytest.mark.parametrize(
    ("text", "decimal", "sentence"),
    [
        ("1,234", ".", "“1,234” may mean 1234 or 1.234; write one of the two."),
        ("1.234", ",", "“1.234” may mean 1234 or 1.234; write one of the two."),
    ],
)
def test_number_with_two_meanings_is_refused(text: str, decimal: str, sentence: str) -> None:
    with pytest.raises(CellProblem) as caught:
        plain_number(text, decimal=decimal)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "text", ["", " ", "NR", "n/a", "N.A.", "nr", "Not reported", "NA", "-", "–", "—", "?", "not  stated"]
)
def test_usual_words_for_no_number_are_missing(text: str) -> None:
    assert is_missing(text)


@pytest.mark.parametrize("text", ["0", "none", "None", "none of them", "-1", "nrs"])
def test_other_words_are_not_missing(text: str) -> None:
    assert not is_missing(text)


# Workbooks ------------------------------------------------------------------------------------------------------------


def workbook(tmp_path: Path, fill: Any = None, **options: Any) -> Sheet:
    return table(tmp_path, hostile.workbook(fill, **options), "table.xlsx")


def test_cells_of_a_workbook_are_text_as_they_are_seen(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["Abe", 40, 0.1 + 0.2])
        sheet.append(["Ono", True, date(2020, 2, 29)])
        sheet.append(["Sato", None, datetime(2020, 2, 29, 13, 5)])
        sheet.append(["Kato", 1e-7, 12345678901234])
        sheet.append([" Mori ", timedelta(hours=30), "5.20"])

    assert [tuple(line.cells.values()) for line in workbook(tmp_path, fill).lines] == [
        ("Ito 2001", "38", "7.4"),
        ("Abe", "40", "0.3"),
        ("Ono", "true", "2020-02-29"),
        ("Sato", "", "2020-02-29 13:05"),
        ("Kato", "1e-07", "12345678901234"),
        ("Mori", "1 day, 6:00:00", "5.20"),
    ]


def test_dates_counted_from_1904_are_the_same_days(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["Abe", 1, date(2020, 2, 29)])

    assert workbook(tmp_path, fill, epoch=CALENDAR_MAC_1904).lines[1].get("mean") == "2020-02-29"
    assert workbook(tmp_path, fill).lines[1].get("mean") == "2020-02-29"


def test_formula_is_a_fault_and_its_row_is_left_out(tmp_path: Path) -> None:
    sheet = workbook(tmp_path, lambda sheet: sheet.append(["Abe", "=20+20", '=HYPERLINK("http://127.0.0.1")']))
    assert sheet.faults == ((3, "B", FORMULA), (3, "C", FORMULA))
    assert [line.get("study") for line in sheet.lines] == ["Ito 2001"]


def test_error_of_a_cell_is_named(tmp_path: Path) -> None:
    sheet = workbook(tmp_path, lambda sheet: sheet.append(["Abe", "#DIV/0!", 3]))
    assert sheet.faults == ((3, "B", "The cell shows the error #DIV/0!; correct it, or empty it."),)


def test_merged_cells_are_named_and_their_rows_left_out(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["Abe", 40, 3])
        sheet.append([None, 41, 4])
        sheet.append(["Ono", 42, 5])
        sheet.merge_cells("A3:A4")

    sheet = workbook(tmp_path, fill)
    assert sheet.faults == ((3, "", "Cells A3:A4 are merged; unmerge them, so that each row says all of it."),)
    assert [line.get("study") for line in sheet.lines] == ["Ito 2001", "Ono"]


def test_title_that_is_merged_over_the_table_is_refused(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "Table 2"
        sheet.merge_cells("A1:C1")

    with pytest.raises(Unreadable, match=r"The first row must name the columns, .*; cells A1:C1 are merged"):
        workbook(tmp_path, fill)


def test_whole_sheet_that_is_merged_is_refused_at_once(tmp_path: Path) -> None:
    content = hostile.with_parts(
        hostile.workbook(),
        {
            hostile.SHEET: hostile.sheet_xml(
                '<row r="1"><c r="A1"><v>1</v></c></row>',
                after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
            )
        },
    )
    with pytest.raises(Unreadable, match=r"The first row must name the columns, .*; cells A1:XFD1048576 are merged"):
        table(tmp_path, content, "merged.xlsx")


def test_coloured_columns_to_the_end_of_the_sheet_do_not_count(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.cell(row=300_000, column=1)
        sheet.cell(row=3, column=5_000).style = "Good"
        sheet.cell(row=1, column=16_384).style = "Good"

    assert workbook(tmp_path, fill).columns == ("study", "n", "mean")


def test_protected_sheet_hidden_columns_and_drop_downs_are_read(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet.protection.enable()
        sheet.protection.password = "secret"
        sheet.column_dimensions["B"].hidden = True
        choice = DataValidation(type="list", formula1='"yes,no"')
        choice.add("C2:C9")
        sheet.add_data_validation(choice)

    assert [tuple(line.cells.values()) for line in workbook(tmp_path, fill).lines] == [("Ito 2001", "38", "7.4")]


def test_header_twice_in_a_workbook_is_refused(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        sheet["C1"] = "n"

    with pytest.raises(Unreadable, match="The header has a column twice: n"):
        workbook(tmp_path, fill)


def test_sheets_are_found_by_name_and_empty_ones_left_out(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Other")
        other.append(["code"])
        sheet.parent.create_sheet("Nothing")

    path = tmp_path / "book.xlsx"
    path.write_bytes(hostile.workbook(fill))
    assert list(read_sheets(path)) == ["Sheet", "Other"]
    assert read_table(path, sheet="Other").columns == ("code",)
    with pytest.raises(Unreadable) as caught:
        read_table(path, sheet="Arms")
    assert caught.value.sentence == "The workbook has no sheet “Arms”; it has Sheet, Other."
