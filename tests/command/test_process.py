"""The command as a person starts it: a process of its own, quick, without Django, and known to `manage.py help`."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands

from tests.command.asking import BCG, SMALL, ask

ROOT = Path(__file__).resolve().parents[2]
SLOW = ("django", "pandas", "pydantic", "matplotlib", "celery", "scipy.stats", "scipy.optimize", "numpy.testing")


def manage(*arguments, given="", environment=None):
    """Run manage.py as from a shell, with the table on its standard input."""
    return subprocess.run(
        [sys.executable, "manage.py", "pool", *arguments],
        cwd=ROOT,
        input=given.encode(),
        capture_output=True,
        check=False,
        env=os.environ | {"DATABASE_URL": "postgres://nobody@nowhere.invalid/none", **(environment or {})},
    )


def test_report_comes_from_a_file(tmp_path):
    file = tmp_path / "trials.csv"
    file.write_text(BCG)
    done = manage(str(file), "--measure", "RR", environment={"PYTHONIOENCODING": "utf-8"})

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == ask(BCG, "--measure", "RR").out


def test_json_comes_from_standard_input():
    done = manage("-", "--json", given=SMALL)

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == ask(SMALL, "--json").answer


def test_refusal_is_status_two_with_nothing_on_standard_output():
    done = manage("-", "--json", given=SMALL.replace("0.7", "x"))

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"Line 4, column 'yi': 'x' is not a number.\n"


@pytest.mark.parametrize("file", ["no-such-file.csv", "docs"])
def test_file_that_cannot_be_read_is_refused(file):
    done = manage(file)

    assert (done.returncode, done.stdout) == (2, b"")
    assert file.encode() in done.stderr


def test_help_is_written_without_a_table():
    done = manage("--help")

    assert (done.returncode, done.stderr) == (0, b"")
    for word in ("--measure", "--tau2-method", "--moderators", "--figure", "examples:"):
        assert word in done.stdout.decode()


def test_reader_that_has_seen_enough_is_no_error():
    done = subprocess.run(
        f"{sys.executable} manage.py pool - | head -n 1",
        shell=True,
        cwd=ROOT,
        input=SMALL.encode(),
        capture_output=True,
        check=False,
    )

    assert done.stderr == b""


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_nothing_slow_is_loaded_for_a_fit(form):
    code = f"import sys; sys.argv = ['manage.py', 'pool', '-', *{form!r}]\n"
    code += "from analysis.desk.start import start\nassert start() == 0\n"
    code += f"print([name for name in {SLOW!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=SMALL.encode(), capture_output=True, check=False
    )

    assert done.stderr.decode() == "[]\n"


def test_parts_of_numpy_that_were_left_out_can_still_be_used():
    code = "from analysis.desk.start import load_special_functions as load\nload()\nimport numpy\n"
    code += "numpy.testing.assert_equal(1, 1)\nprint(numpy.f2py.__name__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)

    assert done.stdout == b"numpy.f2py\n"


def test_command_is_known_to_django(tmp_path):
    file = tmp_path / "trials.csv"
    file.write_text(BCG)
    out = StringIO()
    call_command("pool", str(file), "--moderators", "ablat", measure="RR", stdout=out)

    assert get_commands()["pool"] == "analysis"
    assert out.getvalue() == ask(BCG, "--measure", "RR", "--moderators", "ablat").out


def test_command_raises_what_the_desk_refuses():
    with pytest.raises(CommandError, match=r"There is no file 'none\.csv'") as raised:
        call_command("pool", "none.csv")

    assert raised.value.returncode == 2
