"""Damaged files: whatever is cut, flipped, shuffled, put in or doubled, a reader gives records or BadInput."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests import binary_samples, text_samples

from thiocell.core.bad_input import BadInput
from thiocell.core.record import Record
from thiocell.readers import HEAD, READERS
from thiocell.readers.columns import read as read_declared

SAMPLES: dict[str, Callable[[Path], Path]] = {**text_samples.SAMPLES, **binary_samples.SAMPLES}
ROUNDS = 200
REAL_ROUNDS = 12
REAL_BYTES = 60_000  # the head of a big file is enough to damage


def reader_of(sample: str) -> str:
    return sample.partition(".")[0]


def read(sample: str, path: Path) -> tuple[Record, ...]:
    if sample in text_samples.DECLARED:
        columns, layout = text_samples.DECLARED[sample]
        return read_declared(path, columns, layout)
    return READERS.find(reader_of(sample)).read(path)


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def flip(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 3, 20))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def overwrite(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + dice.randbytes(dice.randrange(1, 40)) + data[start + dice.randrange(40) :]


def shuffle(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    size = max(1, len(data) // 17)
    blocks = lines if len(lines) > 5 else [data[i : i + size] for i in range(0, len(data), size)]
    dice.shuffle(blocks)
    return b"".join(blocks)


def insert(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data))
    odd = (
        b"\x00",
        b"\x00" * 64,
        b"\xff\xfe",
        b'"',
        b",",
        b"\t",
        b"\n",
        b"\r",
        b"nan",
        b"inf",
        b"1e999",
        "é°放".encode(),
    )
    return data[:start] + dice.choice(odd) + data[start:]


def double(data: bytes, dice: random.Random) -> bytes:
    start, end = sorted(dice.randrange(len(data)) for _ in range(2))
    return data[:end] + data[start:end] + data[end:]


DAMAGES = (cut, flip, overwrite, shuffle, insert, double)


def damaged(data: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        data = dice.choice(DAMAGES)(data, dice) or b" "
    return data


def survives(sample: str, path: Path, data: bytes) -> bool:
    """Are records read? BadInput is the only other outcome; records that come out hold numbers of one length."""
    path.write_bytes(data)
    READERS.find(reader_of(sample)).sniff(data[:HEAD])
    try:
        records = read(sample, path)
    except BadInput:
        return False
    assert records
    for record in records:
        assert len(record) > 0
        for word in {
            "time",
            "voltage",
            "current",
            "frequency",
            "two_theta",
            "x",
            "occupancy",
            "r",
            "g",
            "raman_shift",
        } & set(record.columns):
            assert np.isfinite(record.columns[word].values).all()
    return True


def test_every_reader_has_a_sample() -> None:
    assert set(READERS.names) == {reader_of(sample) for sample in SAMPLES}


def test_at_least_two_thousand_damaged_files_are_tried() -> None:
    assert ROUNDS * len(SAMPLES) >= 2000


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_a_damaged_sample_gives_records_or_bad_input(sample: str, tmp_path: Path) -> None:
    path = SAMPLES[sample](tmp_path)
    whole = path.read_bytes()
    assert survives(sample, path, whole) is (sample not in binary_samples.EXPECT_BAD)
    dice = random.Random(f"damage {sample}")
    outcomes = [survives(sample, path, damaged(whole, dice)) for _ in range(ROUNDS)]
    assert outcomes.count(False) > ROUNDS // 20


@pytest.mark.parametrize("reader", sorted(READERS.names))
@pytest.mark.parametrize("size", [1, 20, 5000])
def test_junk_is_bad_input_for_every_reader(reader: str, size: int, tmp_path: Path) -> None:
    dice = random.Random(size)
    for junk in (dice.randbytes(size), b"\x00" * size, b" " * size, b"\n" * size, b"1,2,3\n" * size):
        path = tmp_path / "junk"
        path.write_bytes(junk)
        sample = next(sample for sample in SAMPLES if reader_of(sample) == reader)
        with pytest.raises(BadInput):
            read(sample, path)


REAL = {
    "cyc_batmo_109cycles.csv": "bdf",
    "cyc_landt_LiGr.bdf.csv": "bdf",
    "cyc_rate_neware_timebug.bdf.csv": "bdf",
    "cyc_landt_LiGr_raw.csv": "landt",
    "cyc_neware_uio.csv": "neware_csv",
    "eis_biologic.mpt": "biologic_mpt",
    "eis_biologic_multiple_spectra.mpt": "biologic_mpt",
    "eis_gamry.DTA": "gamry_dta",
    "eis_zplot.z": "zview",
    "eis_lagp_Example2b.txt": "novocontrol",
    "eis_solid_electrolyte_s04147-140deg.txt": "novocontrol",
    "cyc_biologic_gcpl_5cycles.mpr": "biologic_mpr",
    "cyc_neware_test.ndax": "neware",
    "cyc_arbin_18cycles.res": "arbin_res",
}


@pytest.mark.parametrize("name", sorted(REAL))
def test_a_damaged_real_file_gives_records_or_bad_input(name: str, data_dir: Path, tmp_path: Path) -> None:
    real = data_dir / "echem" / name
    if not real.is_file():
        pytest.skip(f"no real file {name}")
    whole = real.read_bytes()[:REAL_BYTES]
    dice = random.Random(f"damage {name}")
    outcomes = [survives(REAL[name], tmp_path / name, damaged(whole, dice)) for _ in range(REAL_ROUNDS)]
    assert len(outcomes) == REAL_ROUNDS
