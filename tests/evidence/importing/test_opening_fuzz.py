"""Whatever happens to the bytes of a file: it is read, or refused with a sentence, and nothing else is raised.

`QUORUM_FUZZ=100000 pytest tests/evidence/importing/test_opening_fuzz.py -k numbered` tries so many inputs.
"""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.importers.opening import Unreadable, decode, open_zip, parse_xml
from evidence.importers.sheets import read_sheets
from tests.evidence.importing import hostile
from tests.fuzzing import tries

XML = b'<?xml version="1.0" encoding="UTF-8"?><!-- x --><r><s ID="1">M\xc3\xbcller &amp; co</s><t/></r>'
SEEDS = (
    hostile.workbook(),
    hostile.workbook(lambda sheet: sheet.append(["Abe", "=1", "#N/A"])),
    'study;n;"a ""b"""\nMüller;3;"x\ny"\n'.encode(),
    "study\tn\r\nMüller\t3\r".encode("utf-16"),
    "study,n\nMüller,3\n".encode("latin-1"),
    XML,
)


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """Give a file with some bytes changed, cut out, doubled or put in."""
    content = bytearray(seed)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not content:
            break
        place, size = rng.randrange(len(content)), rng.choice((1, 1, 2, 4, 30))
        what = rng.randrange(5)
        if what == 0:
            content[place] ^= 1 << rng.randrange(8)
        elif what == 1:
            content[place : place + size] = rng.randbytes(size)
        elif what == 2:
            del content[place : place + size]
        elif what == 3:
            content[place:place] = content[place : place + size] * rng.choice((1, 2, 50))
        else:
            del content[place:]
    return bytes(content)


def mutated_part(seed: bytes, rng: random.Random) -> bytes:
    """Give a workbook in which one part, as it is before it is packed, is changed."""
    with open_zip(seed) as archive:
        name = rng.choice([*sorted(archive.namelist()), hostile.SHEET, hostile.SHEET])
        part = archive.read(name)
    return hostile.with_parts(seed, {name: mutated(part, rng)})


def answer(content: bytes, path: Path) -> str:
    """Read a file in every way; give the sentence with which it is refused as a table, "read" where it is none."""
    path.write_bytes(content)
    calls: tuple[Callable[[], object], ...] = (
        partial(decode, content),
        partial(parse_xml, content),
        partial(open_zip, content),
        partial(read_sheets, path),
    )
    said = [sentence_of(call) for call in calls]
    assert all(sentence == "read" or sentence.endswith(".") for sentence in said), said
    return said[-1]


def sentence_of(call: Callable[[], object]) -> str:
    """Give the sentence with which something is refused, "read" where it is not."""
    try:
        call()
    except Unreadable as error:
        return error.sentence
    return "read"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "file"


@settings(max_examples=tries(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.sampled_from(SEEDS))
def test_changed_bytes_are_read_or_refused(place: Path, number: int, seed: bytes) -> None:
    assert answer(mutated(seed, random.Random(number)), place)


@settings(max_examples=tries(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.sampled_from(SEEDS[:2]))
def test_changed_parts_of_a_workbook_are_read_or_refused(place: Path, number: int, seed: bytes) -> None:
    assert answer(mutated_part(seed, random.Random(number)), place)


@settings(max_examples=tries(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(place: Path, content: bytes) -> None:
    assert answer(content, place)


def test_numbered_files_are_read_or_refused(place: Path) -> None:
    said: Counter[str] = Counter()
    count = tries(200)
    for number in range(count):
        rng = random.Random(number)
        seed = SEEDS[number % len(SEEDS)]
        change = mutated_part if number % len(SEEDS) < 2 and rng.random() < 0.7 else mutated
        said[answer(change(seed, rng), place)[:70]] += 1
    # Some are read all the same, and the others are refused for more than one reason.
    assert said["read"] > count / 20, said
    assert len(said) > 5, said
