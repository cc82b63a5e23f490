"""What every test may ask for."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real files, from THIOCELL_DATA; tests that need it are skipped where it is absent."""
    place = Path(os.environ.get("THIOCELL_DATA") or REPOSITORY.parent / "shared" / "data")
    if not place.is_dir():
        pytest.skip(f"no real files: {place} is not a folder; set THIOCELL_DATA")
    return place


@pytest.fixture(scope="session")
def done_pan2023(tmp_path_factory) -> Path:
    """The folder of the bundled study, run once for all workers: its fits take a minute."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, lock, done = shared / "pan2023_run", shared / "pan2023_lock", shared / "pan2023_done"
    failed = shared / "pan2023_failed"
    try:
        lock.mkdir()
    except FileExistsError:
        for _ in range(9000):
            if done.exists():
                return folder / "pan2023"
            if failed.exists():
                pytest.fail("the bundled study failed in another worker")
            time.sleep(0.1)
        pytest.fail("another worker did not finish the bundled study")
    folder.mkdir()
    command = "import sys; from thiocell.cli import main; sys.argv = ['thiocell', 'run', 'pan2023']; main()"
    ended = subprocess.run([sys.executable, "-c", command], cwd=folder, check=False, capture_output=True, text=True)
    if ended.returncode:
        failed.touch()
        pytest.fail(f"the bundled study ended with {ended.returncode}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    done.touch()
    return folder / "pan2023"


@pytest.fixture
def with_pan2023(done_pan2023, tmp_path) -> Path:
    """An empty folder but for the bundled study's own, as a run of it leaves it."""
    shutil.copytree(done_pan2023, tmp_path / "pan2023")
    return tmp_path
