"""`manage.py startplugin` writes a package that works: its tests pass, pip installs it, Quorum uses it."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.strangers.installing import environment, install

ROOT = Path(__file__).parents[2]


def start(name: str, folder: Path) -> str:
    """Write a package and give what the command prints."""
    out = StringIO()
    call_command("startplugin", name, folder=str(folder), stdout=out)
    return out.getvalue()


def test_package_says_what_comes_next(tmp_path):
    said = start("trimmed_mean", tmp_path)
    assert f"python -m pytest {tmp_path}/quorum_trimmed_mean" in said
    assert "add “quorum_trimmed_mean” to the setting PLUGINS" in said
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {
        "quorum_trimmed_mean/README.md",
        "quorum_trimmed_mean/pyproject.toml",
        "quorum_trimmed_mean/src/quorum_trimmed_mean/__init__.py",
        "quorum_trimmed_mean/tests/test_trimmed_mean.py",
    }


def test_package_passes_its_own_tests_and_the_conformance_suite(tmp_path):
    start("trimmed_mean", tmp_path)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "quorum_trimmed_mean")]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "22 passed" in done.stdout


def test_package_is_installed_by_pip_and_is_a_plugin(tmp_path):
    start("trimmed_mean", tmp_path)
    target = tmp_path / "installed"
    install(tmp_path / "quorum_trimmed_mean", target)
    code = "import quorum_trimmed_mean as m; print(m.plugin.name, m.plugin.title, m.__file__, sep='|')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(target, ROOT), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"trimmed_mean|Trimmed mean|{target}/quorum_trimmed_mean/__init__.py"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Median", "one lower-case word of letters, digits and underscores"),
        ("2nd", "one lower-case word"),
        ("trimmed-mean", "one lower-case word"),
        ("../etc", "one lower-case word"),
        ("class", "a word of the language Python"),
        ("m" * 41, "at most 40 characters"),
        ("pooling", "The name “pooling” is taken: the setting PLUGINS lists a plugin of that name"),
    ],
)
def test_bad_name_is_refused_with_a_sentence(tmp_path, name, sentence):
    with pytest.raises(CommandError, match=sentence):
        start(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_name_of_another_package_is_refused(tmp_path, monkeypatch):
    (tmp_path / "quorum_other").mkdir()
    (tmp_path / "quorum_other" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CommandError, match="there is a Python package “quorum_other” already"):
        start("other", tmp_path)


def test_folder_that_exists_is_left_alone(tmp_path):
    start("trimmed_mean", tmp_path)
    readme = tmp_path / "quorum_trimmed_mean" / "README.md"
    readme.write_text("Mine.")
    with pytest.raises(CommandError, match="exists already; nothing was written"):
        start("trimmed_mean", tmp_path)
    assert readme.read_text() == "Mine."


def test_folder_that_is_missing_is_refused(tmp_path):
    with pytest.raises(CommandError, match="There is no folder"):
        start("trimmed_mean", tmp_path / "nowhere")
