"""Time the search for duplicates: `python -m tests.bench.deduplication [records [records of the subset]]`.

Prints, in Markdown, how long made-up records with known copies take, how many of the copies were found, and how many
times longer it takes to compare the title of every record of a subset with that of every other.
"""

import sys
from collections.abc import Callable
from itertools import combinations
from time import perf_counter, process_time
from typing import Any

import numpy as np
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import cdist

from evidence.likeness import find_duplicates
from tests.likeness.rewriting import write_records

RECORDS, SUBSET = 50_000, 10_000
HEADS = ("records", "pairs of copies", "found clear", "doubtful", "of the copies clear", "clear or doubtful")
# Rows of the table of all pairs that are held at once.
AT_ONCE = 500


def main(arguments: list[str]) -> int:
    """Measure, and print the table and the comparison."""
    count, few = (int(given) for given in (*arguments, *(str(n) for n in (RECORDS, SUBSET)[len(arguments) :])))
    tell = sys.stdout.write
    tell(
        f"| {' | '.join(HEADS)} | wrongly clear | seconds | seconds of the processor |\n{'|---' * (len(HEADS) + 3)}|\n"
    )
    tell(f"{_row(count)}\n\n")
    records, _ = write_records(few)
    _, _, blocked = _timed(lambda: find_duplicates(records))
    titles = [record.title.casefold() for record in records]
    _, _, plain = _timed(lambda: _all_pairs(titles))
    tell(f"{few:,} records: {blocked:.1f} s of the processor; comparing only the titles of all pairs (rapidfuzz, ")
    tell(f"`cdist`): {plain:.1f} s, {plain / blocked:.1f} times as long.\n")
    return 0


def _row(count: int) -> str:
    records, same = write_records(count)
    found, seconds, of_processor = _timed(lambda: find_duplicates(records))
    clear = {pair for group in found.groups for pair in combinations(group, 2)}
    doubtful = {(pair.first, pair.second) for pair in found.doubtful}
    cells = [f"{number:,}" for number in (len(records), len(same), len(clear), len(doubtful))]
    cells += [f"{len(got & same) / len(same):.4f}" for got in (clear, clear | doubtful)]
    cells += [str(len(clear - same)), f"{seconds:.1f}", f"{of_processor:.1f}"]
    return f"| {' | '.join(cells)} |"


def _all_pairs(titles: list[str]) -> int:
    """Count the pairs whose titles are alike, with nothing else of the records read and nothing judged."""
    parts = (titles[start : start + AT_ONCE] for start in range(0, len(titles), AT_ONCE))
    return sum(
        int(np.count_nonzero(cdist(part, titles, scorer=ratio, score_cutoff=85, dtype=np.uint8))) for part in parts
    )


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Give what the work gives, its seconds, and its seconds of the processor."""
    start, start_of_processor = perf_counter(), process_time()
    result = work()
    return result, perf_counter() - start, process_time() - start_of_processor


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
