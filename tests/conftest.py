"""What every test may ask for."""

import os
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
