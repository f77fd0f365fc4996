"""Checks of what a plugin does: it answers, always the same, from what it was given, and changes nothing."""

import builtins
import copy
import io
import math
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from analysis.contract import Dataset, Need
from analysis.testing.drawing import refuse_missing_parts
from analysis.testing.errors import ConformanceError, Reported
from analysis.testing.samples import MEASURES, SIZES, sample_dataset
from analysis.testing.subject import Check, Subject, describe, quiet, text_of

# Any seeds do, as long as no plugin is likely to choose them.
SEEDS = (20240229, 19370418)


def _datasets(subject: Subject) -> Iterator[Dataset]:
    """Give the sample datasets with what the plugin needs, smallest first."""
    for k in SIZES:
        for measure in MEASURES:
            yield sample_dataset(k=k, measure=measure, needs=subject.plugin.needs)


def answers_for_every_size(subject: Subject) -> None:
    """Check that there is a result for 0, 1, 2, 3 and 10 studies, and a sentence where there are none."""
    for dataset in _datasets(subject):
        messages = getattr(subject.ask(dataset), "messages", ())
        if dataset.k == 0 and not messages:
            raise ConformanceError("The result for k = 0 has no message that says why there is nothing.")
        for message in messages:
            if not message.strip().endswith((".", "!", "?")):
                raise ConformanceError(f"A message is not a sentence: {message!r}.")


def gives_finite_numbers(subject: Subject) -> None:
    """Check that no number of the result is NaN or infinite."""
    for dataset in _datasets(subject):
        for path, number in _numbers(subject.ask(dataset).model_dump(), "result"):
            if not math.isfinite(number):
                raise ConformanceError(f"The number {path} is {number} for {describe(dataset)}; undefined is None.")


def is_deterministic(subject: Subject) -> None:
    """Check that asking twice gives the same bytes, whatever the state of the random generators."""
    for dataset in _datasets(subject):
        texts = []
        for seed in SEEDS:
            with _seeded(seed):
                again = Dataset.model_validate_json(dataset.model_dump_json())
                texts.append(text_of(subject.ask(again, upstream=copy.deepcopy(subject.upstream(dataset)))))
        if len(set(texts)) > 1:
            raise ConformanceError(f"The plugin gives two different results for {describe(dataset)}.")


def survives_json(subject: Subject) -> None:
    """Check that the result comes back from its canonical text as it was."""
    for dataset in _datasets(subject):
        result = subject.ask(dataset)
        if subject.plugin.result.model_validate_json(text_of(result)) != result:
            raise ConformanceError(f"The result for {describe(dataset)} does not come back from JSON as it was.")


def changes_nothing(subject: Subject) -> None:
    """Check that dataset, parameters and upstream results are the same after the run."""
    for dataset in _datasets(subject):
        upstream = subject.upstream(dataset)
        params = subject.plugin.params()
        before = text_of(dataset), text_of(params), copy.deepcopy(upstream)
        subject.ask(dataset, params=params, upstream=upstream)
        for what, one, other in zip(
            ("dataset", "parameters", "results that it reads"),
            before,
            (text_of(dataset), text_of(params), upstream),
            strict=True,
        ):
            if one != other:
                raise ConformanceError(f"The plugin changes the {what} for {describe(dataset)}.")


def touches_no_global_state(subject: Subject) -> None:
    """Check that the random generators of Python and NumPy are where they were."""
    for dataset in _datasets(subject):
        upstream = subject.upstream(dataset)
        with _seeded(SEEDS[0]):
            before = random.getstate(), _numpy_state()
            subject.ask(dataset, upstream=upstream)
            if (random.getstate(), _numpy_state()) != before:
                raise ConformanceError("The plugin uses a global random generator; a seed is a parameter.")


def opens_nothing(subject: Subject) -> None:
    """Check that no file and no connection is opened during the run."""
    for dataset in _datasets(subject):
        upstream = subject.upstream(dataset)
        subject.ask(dataset, upstream=upstream)  # the first run may import what it needs
        opened: list[str] = []

        def refuse(*args: Any, opened: list[str] = opened, **kwargs: Any) -> None:
            opened.append(repr(args[0]) if args else "a connection")
            raise OSError("A plugin opens no file and no connection.")

        with (
            mock.patch.object(builtins, "open", refuse),
            mock.patch.object(io, "open", refuse),
            mock.patch.object(socket, "socket", refuse),
        ):
            try:
                subject.ask(dataset, upstream=upstream)
            except ConformanceError:
                if not opened:
                    raise
        if opened:
            raise ConformanceError(f"The plugin opens a file or a connection: {opened[0]}.")


def reports_progress_without_effect(subject: Subject) -> None:
    """Check that the callback changes no result and gets fractions from 0 to 1 with words."""
    for dataset in _datasets(subject):
        reports: list[tuple[Any, Any]] = []
        upstream = subject.upstream(dataset)

        def listen(fraction: float, says: str, reports: list[tuple[Any, Any]] = reports) -> None:
            reports.append((fraction, says))

        silent = subject.ask(dataset, upstream=upstream)
        heard = subject.ask(dataset, upstream=upstream, progress=listen)
        if text_of(silent) != text_of(heard):
            raise ConformanceError("The progress callback changes the result.")
        for fraction, says in reports:
            if not (isinstance(fraction, int | float) and 0 <= fraction <= 1 and isinstance(says, str)):
                raise ConformanceError(f"A report of progress is no fraction with words: {fraction!r}, {says!r}.")


def states_what_it_reads(subject: Subject) -> None:
    """Check that a plugin whose result depends on risk of bias or on other facts says so in its needs."""
    kept_out: dict[Need, dict[str, Any]] = {
        Need.RISK_OF_BIAS: {"rob": {}},
        Need.MODERATORS: {"facts": {}, "year": None, "week": None},
    }
    for need, update in kept_out.items():
        if need in subject.plugin.needs:
            continue
        for dataset in _datasets(subject):
            upstream = subject.upstream(dataset)
            effects = tuple(effect.model_copy(update=update) for effect in dataset.effects)
            without = dataset.model_copy(update={"effects": effects})
            if text_of(subject.ask(dataset, upstream=upstream)) != text_of(subject.ask(without, upstream=upstream)):
                raise ConformanceError(f"The result depends on {need.value}, which is not among the needs.")


def draws_what_it_has(subject: Subject) -> None:
    """Check that each figure names tables and fields that the result has."""
    for dataset in _datasets(subject):
        result = subject.ask(dataset).model_dump(mode="json")
        for figure in result.get("figures", ()):
            refuse_missing_parts(figure, result)


def splits_into_one_answer(subject: Subject) -> None:
    """Check that parts, computed by themselves in any order and kept as JSON, give what the plugin gives in one go."""
    plugin, split = subject.plugin, subject.plugin.split
    if not isinstance(plugin.takes_long(plugin.params()), bool):
        raise ConformanceError("Whether a run takes long is answered by True or False.")
    if split is None:
        return
    if plugin.run != split.run:
        raise ConformanceError("The plugin splits its work, but its run is not that of the split.")
    for dataset in _datasets(subject):
        inputs = (dataset, plugin.params(), subject.upstream(dataset))
        with Reported(f"The parts do not give a result for {describe(dataset)}"):
            parts = [split.part.model_validate_json(part.model_dump_json()) for part in split.plan(*inputs)]
            texts = [split.compute(*inputs, part, quiet).model_dump_json() for part in reversed(parts)]
            answers = tuple(split.answer.model_validate_json(text) for text in reversed(texts))
            joined = split.join(*inputs, answers, quiet)
        if text_of(joined) != text_of(subject.ask(dataset, upstream=inputs[2])):
            raise ConformanceError(f"The parts give another result than the whole for {describe(dataset)}.")


def _numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """Give every number inside plain data with the path to it."""
    if isinstance(value, float | np.floating):
        yield path, float(value)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _numbers(one, f"{path}.{name}")
    elif isinstance(value, list | tuple | set | frozenset | np.ndarray):
        for index, one in enumerate(value):
            yield from _numbers(one, f"{path}[{index}]")


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Put the global random generators into a known state, and back afterwards."""
    states = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


def _numpy_state() -> tuple[Any, ...]:
    """Give the state of NumPy's global generator as something that can be compared."""
    name, keys, *rest = np.random.get_state()
    return (name, bytes(np.asarray(keys).data), *rest)


BEHAVIOUR: tuple[Check, ...] = (
    answers_for_every_size,
    gives_finite_numbers,
    is_deterministic,
    survives_json,
    changes_nothing,
    touches_no_global_state,
    opens_nothing,
    reports_progress_without_effect,
    states_what_it_reads,
    draws_what_it_has,
    splits_into_one_answer,
)
