"""The best way to pair the rows of two lists."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


def best_pairs(scores: Sequence[Sequence[float]], *, threshold: float) -> list[tuple[int, int]]:
    """Give the pairs with the highest sum of scores, each row and column once; pairs below the threshold are left out.

    References
    ----------
    Kuhn HW (1955). The Hungarian method for the assignment problem. doi:10.1002/nav.3800020109
    """
    rows, columns = len(scores), len(scores[0]) if scores else 0
    size = max(rows, columns)
    costs = [
        [-scores[i][j] if i < rows and j < columns and scores[i][j] >= threshold else 0.0 for j in range(size)]
        for i in range(size)
    ]
    pairs = enumerate(_cheapest(costs))
    return [(i, j) for i, j in pairs if i < rows and j < columns and scores[i][j] >= threshold]


def _cheapest(costs: list[list[float]]) -> list[int]:
    """Give the column of each row in the cheapest assignment of a square matrix, row by row along shortest paths."""
    size = len(costs)
    row_price, column_price = [0.0] * size, [0.0] * size
    row_of: list[int | None] = [None] * size
    for start in range(size):
        shortest, came_from = [float("inf")] * size, [-1] * size
        tree: list[tuple[int, int | None]] = [(start, None)]
        done: set[int] = set()
        row, reached, column = start, 0.0, -1
        while True:
            for j in range(size):
                length = reached + costs[row][j] - row_price[row] - column_price[j]
                if j not in done and length < shortest[j]:
                    shortest[j], came_from[j] = length, row
            column = min((j for j in range(size) if j not in done), key=lambda j: shortest[j])
            reached = shortest[column]
            done.add(column)
            owner = row_of[column]
            if owner is None:
                break
            row = owner
            tree.append((owner, column))
        for member, through in tree:
            row_price[member] += reached - (0.0 if through is None else shortest[through])
        for j in done:
            column_price[j] -= reached - shortest[j]
        _turn(row_of, came_from, column, start)
    found = [0] * size
    for j, owner in enumerate(row_of):
        found[owner if owner is not None else 0] = j
    return found


def _turn(row_of: list[int | None], came_from: list[int], column: int, start: int) -> None:
    """Give each column of the path to the row before it."""
    while True:
        row = came_from[column]
        before = next((j for j, owner in enumerate(row_of) if owner == row), -1)
        row_of[column] = row
        if row == start:
            return
        column = before


def pair_up(
    first: Sequence[Thing],
    second: Sequence[Thing],
    *,
    likeness: Callable[[Thing, Thing], float],
    order: Callable[[Thing], str],
    threshold: float,
) -> list[tuple[Thing, Thing]]:
    """Give the pairs of the best assignment; the same ones whatever the order of the lists and which comes first."""
    one, other = sorted(first, key=order), sorted(second, key=order)
    is_turned = [order(thing) for thing in other] < [order(thing) for thing in one]
    rows, columns = (other, one) if is_turned else (one, other)
    if not rows or not columns:
        return []
    scores = [[likeness(column, row) if is_turned else likeness(row, column) for column in columns] for row in rows]
    found = [(rows[i], columns[j]) for i, j in best_pairs(scores, threshold=threshold)]
    return [(b, a) for a, b in found] if is_turned else found
