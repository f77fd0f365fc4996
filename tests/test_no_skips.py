"""Where skips are forbidden, a skipped test fails the session and is listed, also when tests run in parallel."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONFTEST = """
from tests.no_skips import NoSkips

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSkips())
"""
PASSES = {"test_passes.py": "def test_passes(): pass\n"}
SKIPS = {
    "test_skip.py": "import pytest\n@pytest.mark.skip(reason='skipped test')\ndef test_it(): pass\n",
    "test_xfail.py": "import pytest\n@pytest.mark.xfail(reason='expected failure')\ndef test_it(): assert False\n",
    "test_module.py": "import pytest\npytest.skip('skipped module', allow_module_level=True)\n",
}


def run(folder: Path, files: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    for name, content in ({"conftest.py": CONFTEST} | files).items():
        (folder / name).write_text(content)
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", *options, str(folder)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_a_skip_fails_the_session_and_is_listed(options: tuple[str, ...], tmp_path: Path) -> None:
    ended = run(tmp_path, PASSES | SKIPS, *options)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout
    listed = ended.stdout.split("skips are forbidden here")[1]
    assert all(reason in listed for reason in ("skipped test", "expected failure", "skipped module"))


def test_a_session_without_skips_passes(tmp_path: Path) -> None:
    ended = run(tmp_path, PASSES)
    assert ended.returncode == pytest.ExitCode.OK, ended.stdout
    assert "forbidden" not in ended.stdout
