"""The scripts of a snapshot, each with its data: files by name, to be kept in one folder."""

from analysis import canonical
from analysis.bundling.archive import write_zip
from analysis.bundling.papers import write_effects
from analysis.bundling.script import write_python_script, write_script
from analysis.reading import Reading

LANGUAGES = {"r": ("recompute.R", write_script), "python": ("recompute.py", write_python_script)}


def script_files(reading: Reading, language: str) -> dict[str, str]:
    """Give the script that recomputes a snapshot in a language ("r" or "python"), and the table that it reads."""
    name, write = LANGUAGES[language]
    params = {plugin: canonical.from_text(run.params) for plugin, run in reading.runs.items()}
    return {
        name: write(reading.results, params, reading.dataset),
        "effects.csv": write_effects(reading.dataset["effects"]),
    }


def script_zip(reading: Reading, language: str) -> bytes:
    """Give the files of a script as one zip file."""
    return write_zip(script_files(reading, language))
