"""The plugin under test, and how it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from analysis import canonical
from analysis.contract import Dataset, Params, Plugin, Progress, Upstream
from analysis.testing.errors import ConformanceError, Reported

UpstreamFor = Callable[[Dataset], Upstream]


def quiet(fraction: float, says: str) -> None:
    """Take a report of progress and do nothing with it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A plugin, and the factory of the results that it reads."""

    plugin: Plugin[Any, Any]
    upstream_for: UpstreamFor | None = None

    def upstream(self, dataset: Dataset) -> Upstream:
        """Give the results that the plugin reads.

        Raises
        ------
        ConformanceError : the plugin reads results and nobody gave the factory, or the factory leaves one out
        """
        if not self.plugin.after and self.upstream_for is None:
            return {}
        if self.upstream_for is None:
            raise ConformanceError(
                f"The plugin reads the results of {', '.join(self.plugin.after)}: give the suite `upstream_for`."
            )
        given = self.upstream_for(dataset)
        missing = [name for name in self.plugin.after if name not in given]
        if missing:
            raise ConformanceError(f"The factory `upstream_for` gives no result of {', '.join(missing)}.")
        return {name: given[name] for name in (*self.plugin.after, *self.plugin.after_if_present) if name in given}

    def ask(
        self,
        dataset: Dataset,
        *,
        params: Params | None = None,
        upstream: Upstream | None = None,
        progress: Progress = quiet,
    ) -> BaseModel:
        """Give the result; what is not given are the default parameters and the results of the factory.

        Raises
        ------
        ConformanceError : the plugin raises, or its result is not of the declared type
        """
        given = self.upstream(dataset) if upstream is None else upstream
        with Reported(f"The plugin does not answer for {describe(dataset)}"):
            result = self.plugin.run(dataset, params or self.plugin.params(), given, progress)
        if type(result) is not self.plugin.result or not isinstance(result, BaseModel):
            raise ConformanceError(
                f"The result is declared as {self.plugin.result.__name__}, but run gives {type(result).__name__}."
            )
        return result


Check = Callable[[Subject], None]


def describe(dataset: Dataset) -> str:
    """Give the words by which a sentence names a dataset."""
    return f"k = {dataset.k} ({dataset.measure})"


def text_of(value: BaseModel) -> str:
    """Give the canonical text of a model.

    Raises
    ------
    ConformanceError : the model holds what canonical JSON does not have
    """
    with Reported(f"{type(value).__name__} cannot be written as canonical JSON"):
        return canonical.to_text(value.model_dump(mode="json"))
