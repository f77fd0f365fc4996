"""The results of each plugin's version over sample datasets, as files; write those that are missing by

    python -m tests.plugins.golden_files

A file is never overwritten: numbers that move need a new version of the plugin. The file of a version that was never
released may be deleted by hand and written again.
"""

import json
from pathlib import Path
from typing import Any

from analysis.contract import Dataset, Plugin
from tests.plugins.answers import PLUGINS, answer, sample_for
from tests.plugins.bcg import bcg_dataset

FOLDER = Path(__file__).parent / "golden"


def path_of(plugin: Plugin[Any, Any]) -> Path:
    """Give the file of a plugin's version."""
    return FOLDER / f"{plugin.name}-{plugin.version}.json"


def datasets(plugin: Plugin[Any, Any]) -> dict[str, Dataset]:
    """Give the datasets by name, with what the plugin needs."""
    samples = {f"{measure} k={k}": (measure, k) for measure in ("MD", "RR") for k in (0, 1, 2, 3, 10)}
    samples |= {f"{measure} k=10": (measure, 10) for measure in ("SMD", "OR", "RD")}
    made_up = {name: sample_for(plugin, k=k, measure=measure) for name, (measure, k) in samples.items()}
    return made_up | {"BCG": bcg_dataset()}


def results_of(plugin: Plugin[Any, Any]) -> dict[str, Any]:
    """Give the plain results of a plugin, by name of the dataset."""
    return {name: answer(plugin, dataset).model_dump(mode="json") for name, dataset in datasets(plugin).items()}


def write_missing() -> list[Path]:
    """Write the files that do not exist yet, and give them."""
    missing = [plugin for plugin in PLUGINS if not path_of(plugin).exists()]
    for plugin in missing:
        text = json.dumps(results_of(plugin), indent=1, ensure_ascii=False, allow_nan=False)
        path_of(plugin).write_text(text + "\n", encoding="utf-8")
    return [path_of(plugin) for plugin in missing]


if __name__ == "__main__":
    write_missing()
