"""What a step found is kept whole or not at all."""

import json

import numpy as np
import pytest

from thiocell.core import BadInput, Column, Quantity, Record, Result, Sample, Source
from thiocell.studies.store import Kept, Store

KEY = "ab" + "0" * 62


def kept():
    record = Record(
        "r", "cycling", {"time": Column([1, np.nan, 3], "s")}, Source("measured", "sha256:1"), ("odd",), {"a": "b"}
    )
    result = Result("cycling", {"q": Quantity(1 / 3, "mAh/g", 0.1)}, Source("measured"), {"cycles": record}, ("doubt",))
    return Kept(Sample("best"), result, {"main": record})


def test_what_is_saved_comes_back(tmp_path):
    store = Store(tmp_path)
    store.save(KEY, "rate", kept(), {"verb": "analyse", "seconds": 0.1, "finished": "2026"})
    again = store.load(KEY)
    assert (again.sample, again.result, again.records) == (kept().sample, kept().result, kept().records)
    assert store.history() == [("rate", KEY, "2026")]
    assert json.loads((tmp_path / "ab" / KEY / "prov.json").read_text())["step"] == "rate"


def test_nothing_is_kept_under_a_key_that_failed_to_save(tmp_path, monkeypatch):
    store = Store(tmp_path)

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr("thiocell.studies.store._write_text", broken)
    with pytest.raises(OSError, match="disk full"):
        store.save(KEY, "rate", kept(), {})
    assert not store.has(KEY)
    assert not list(tmp_path.glob("draft-*"))


def test_a_damaged_result_is_named_with_the_way_out(tmp_path):
    store = Store(tmp_path)
    store.save(KEY, "rate", kept(), {})
    (tmp_path / "ab" / KEY / "result.json").write_text("{")
    with pytest.raises(BadInput, match="delete it and run the study again"):
        store.load(KEY)


def test_no_pickle_is_written(tmp_path):
    Store(tmp_path).save(KEY, "rate", kept(), {})
    suffixes = {file.suffix for file in (tmp_path / "ab" / KEY).iterdir()}
    assert suffixes == {".json", ".parquet"}
