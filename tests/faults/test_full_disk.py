"""Whatever Quorum writes when the disk is full is there as a whole or not at all, and it says so."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from analysis.files import write_whole
from analysis.management.commands.demo import make_users, passwords_file
from analysis.management.stack.folder import Folder, StackFailure
from analysis.services import refresh
from config.keeping_secrets import local_key
from tests.analysis.builders import make_small_review
from tests.faults.full_disk import PAGE, small_disk

ROOT = Path(__file__).resolve().parents[2]
FULL = "No space left on device|File too large"
TABLE = "study,yi,sei\n" + "".join(f"Trial {number},{-0.5 + number / 40},0.2\n" for number in range(30))


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder) as made:
        yield made


def manage(*words: str, stdout: int | None = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    """Run a command of manage.py in a process of its own."""
    command = [sys.executable, "-W", "ignore", "manage.py", *words]
    return subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )


@pytest.mark.parametrize("room", [0, PAGE], ids=["none", "half"])
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "replaced"])
def test_file_is_written_as_a_whole_or_not_at_all(disk, room, is_new):
    path = disk.folder / "file"
    if not is_new:
        path.write_text("as it was")
    disk.fill(room=room)
    with pytest.raises(OSError, match=FULL):
        write_whole(path, b"y" * (PAGE + 1))
    assert disk.names() == (set() if is_new else {"file"})
    assert is_new or path.read_text() == "as it was"

    disk.make_room()
    write_whole(path, b"y" * (PAGE + 1))
    assert path.read_bytes() == b"y" * (PAGE + 1)
    assert disk.names() == {"file"}


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_figure_is_not_written_and_the_exit_status_says_so(disk, tmp_path, kind):
    table = tmp_path / "table.csv"
    table.write_text(TABLE)
    figure = disk.folder / f"figure.{kind}"
    figure.write_text("the figure before")
    disk.fill(room=1000)
    done = manage("pool", str(table), "--figure", str(figure))
    assert done.returncode == 2
    assert f"The figure '{figure}' cannot be written: " in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert figure.read_text() == "the figure before"
    assert disk.names() == {figure.name}


@pytest.mark.parametrize("words", [("pool", "{table}"), ("pool", "{table}", "--json"), ("help",)], ids=" ".join)
def test_answer_to_a_full_disk_ends_with_a_sentence(tmp_path, words):
    table = tmp_path / "table.csv"
    table.write_text(TABLE)
    with Path("/dev/full").open("w") as full:
        done = manage(*(word.format(table=table) for word in words), stdout=full.fileno())
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.django_db
def test_bundle_is_not_written_and_the_one_before_stays(disk):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    path = disk.folder / "bundle.zip"
    path.write_text("the bundle before")
    disk.fill(room=1000)
    words = ["bundle", small.review.slug, "short", "1", f"--out={path}"]
    with pytest.raises(CommandError, match=f"The bundle cannot be written to {path}: ({FULL})"):
        call_command(*words)
    assert path.read_text() == "the bundle before"
    assert disk.names() == {"bundle.zip"}


def test_package_of_a_plugin_is_not_begun(disk):
    disk.fill(room=1000)
    with pytest.raises(CommandError, match=f"cannot be written to “.*quorum_median”: ({FULL})"):
        call_command("startplugin", "median", folder=str(disk.folder))
    assert disk.names() == set()

    disk.make_room()
    call_command("startplugin", "median", folder=str(disk.folder))
    assert "quorum_median/pyproject.toml" in disk.names()


@pytest.mark.django_db
def test_demonstration_users_are_not_made_without_their_passwords(disk, settings):
    settings.VAR_DIR = disk.folder
    disk.fill()
    with pytest.raises(CommandError, match=f"passwords .* cannot be kept in {passwords_file()}: ({FULL})"):
        make_users()
    assert not User.objects.exists()
    assert disk.names() == set()


def test_secret_key_is_kept_as_a_whole_or_not_at_all(disk):
    disk.fill()
    with pytest.raises(ImproperlyConfigured, match=f"secret key cannot be kept in .*: ({FULL})"):
        local_key(disk.folder)
    assert disk.names() == set()

    disk.make_room()
    (disk.folder / "secret_key").touch()  # what another program may have left
    key = local_key(disk.folder)
    assert len(key) > 50
    assert local_key(disk.folder) == key
    assert (disk.folder / "secret_key").stat().st_mode & 0o777 == 0o600


def test_password_of_a_stack_is_kept_as_a_whole_or_not_at_all(disk):
    folder = Folder(disk.folder)
    disk.fill()
    with pytest.raises(StackFailure, match=f"password cannot be written: ({FULL})"):
        folder.password()
    assert disk.names() == set()
    disk.make_room()
    assert folder.password() == folder.password() != ""


def test_programs_of_a_stack_are_copied_as_a_whole_or_not_at_all(disk, tmp_path):
    programs = tmp_path / "package"
    programs.mkdir()
    (programs / "program").write_bytes(b"x" * 3 * PAGE)
    folder = Folder(disk.folder)
    disk.fill(room=PAGE)
    with pytest.raises(StackFailure, match=f"programs of PostgreSQL cannot be copied to .*: .*({FULL})"):
        folder._copied(programs, disk.folder / "copy")
    assert disk.names() == set()
