"""Files that are cut, mixed up or hostile: never a crash, always a sentence or what can be read of them."""

from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.opening import Unreadable
from evidence.importers.references.kinds import KINDS, read_any, read_as
from evidence.models import Record, RecordText, ScreeningState
from tests.evidence.references import samples
from tests.factories import make_review, make_search_round
from tests.fuzzing import tries
from tests.screening_factories import make_owner

MOST_SECONDS = 20
LONGEST = {"journal": 300, "doi": 200, "pmid": 12, "accession": 80}
SHARED_FOLDER = settings(
    max_examples=tries(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PIECES = (
    *(b"", b"\n", b"\r", b"\t", b" ", b"{", b"}", b'"', b"#", b"\\", b"@", b"=", b"<", b">", b"&", b"&#0;", b";", b","),
    *(b"TY  - ", b"ER  - \n", b"PMID- 1\n", b"PT J\n", b"@article{", b"<record>", b"</record>", b"\xff", b"\x00"),
    *(b"\xc3\xa9", b"\xef\xbb\xbf", b"\xff\xfe", b"10.1000/", b"<1. >\n", b"TITLE,", b"$^_{", b"\\u{", b"\xed\xa0\x80"),
)


@st.composite
def damaged(draw: Any) -> bytes:
    """Give a file of one of the kinds, with some of its bytes cut out, put in twice, or replaced."""
    content = draw(st.sampled_from(sorted(samples.ALL.values()))).encode()
    for _ in range(draw(st.integers(1, 6))):
        begin = draw(st.integers(0, len(content)))
        end = min(len(content), begin + draw(st.integers(0, 40)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6) | st.just(content[begin:end] * 2))
        content = content[:begin] + piece + content[end:]
    return content


def read_all_ways(path: Path) -> int:
    """Read a file as every kind; give how many records were found at most."""
    found = 0
    ways: list[Any] = [read_any, *(lambda path, kind=kind: read_as(kind, path) for kind in KINDS)]
    for read in ways:
        try:
            reading = read(path)
        except Unreadable:
            continue
        for one in reading.references:
            assert one.title == " ".join(one.title.split()) != ""
            assert "\0" not in "".join(map(str, one.as_row().values()))
            assert all(len(getattr(one, name)) <= most for name, most in LONGEST.items())
        found = max(found, len(reading.references))
    return found


@given(content=damaged())
@SHARED_FOLDER
def test_damaged_file_is_read_as_far_as_it_goes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    read_all_ways(path)


@given(text=st.text(max_size=300) | st.binary(max_size=300))
@SHARED_FOLDER
def test_anything_is_read_or_refused(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)

    read_all_ways(path)


@pytest.mark.parametrize("name", ["ris", "nbib", "bibtex", "web_of_science"])
def test_file_cut_anywhere_gives_what_was_whole(tmp_path: Path, name: str) -> None:
    whole = samples.ALL[name].encode()
    path = tmp_path / "file"
    counts = []
    for end in range(1, len(whole), 7):
        path.write_bytes(whole[:end])
        counts.append(read_all_ways(path))

    assert max(counts) >= 2


@pytest.mark.parametrize(
    "content",
    [
        b"@article{" * 20_000,
        b"@article{a, title = " + b"{" * 100_000,
        b"@article{a, author = {" + b"{a} and " * 50_000 + b"}}",
        b"TY  - JOUR\nTI  - " + b"\\" * 300_000 + b"\nER  - ",
        b"TY  - JOUR\nTI  - A\nAU  - " + b"a, " * 100_000 + b"\nER  - ",
        b"TY  - JOUR\nTI  - A\nUR  - " + b"10.1000/" * 40_000 + b"\nER  - ",
        b"TY  - JOUR\nTI  - A\nDO  - " + b"10.1000/" + b")" * 100_000 + b"\nER  - ",
        b"title\n" + b'"' * 100_001,
        b"title\n" + b"$" * 100_000,
        b"@misc{a, title = {" + b"$^_" * 50_000 + b"}}",
        b"@misc{a, title = {" + b"\\'" * 50_000 + b"}}",
        b"<xml>" * 20_000,
    ],
    ids=lambda content: content[:24].decode(),
)
def test_hostile_file_takes_no_long_time(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    begin = process_time()

    read_all_ways(path)

    # Each is read seven times; what takes the square of its length would take minutes.
    assert process_time() - begin < MOST_SECONDS


@pytest.mark.django_db
@given(content=damaged())
@settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_file_is_loaded_in_whole_records_or_not_at_all(tmp_path: Path, content: bytes) -> None:
    review = make_review()
    owner, search_round = make_owner(review), make_search_round(review)
    path = tmp_path / "file"
    path.write_bytes(content)
    answers = {"search_round": str(search_round.number), "database": "A"}

    result = FORMATS["references"].load(Request(by=owner, review=review, path=path, name="file", answers=answers))

    records = Record.objects.filter(review=review)
    one = result.rows.get("records")
    assert records.count() == (one.new + one.duplicates if one else 0)
    assert RecordText.objects.filter(record__in=records).count() == records.count()
    assert ScreeningState.objects.filter(review=review).count() == (one.new if one else 0)
    assert result.is_saved or result.errors
