"""What a step found is kept whole or not at all."""

import json
import os
import subprocess
import sys
import time

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


FILES = ("result.json", "prov.json", "record-0.parquet", "curve-0.parquet")
DAMAGE = [(name, text) for name in FILES for text in (None, "", "{", "[" * 100_000, "\ud800")]


@pytest.mark.parametrize(
    ("name", "text"), [*DAMAGE, ("result.json", "[]"), ("result.json", "null"), ("result.json", '{"records": 1}')]
)
def test_a_damaged_step_counts_as_absent_and_is_replaced(name, text, tmp_path):
    store = Store(tmp_path)
    store.save(KEY, "rate", kept(), {})
    file = tmp_path / "ab" / KEY / name
    file.unlink() if text is None else file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(BadInput, match=r"damaged .*; run the study again"):
        store.load(KEY)
    assert not store.has(KEY)
    assert store.find(KEY) is None
    store.save(KEY, "rate", kept(), {})
    assert store.has(KEY)
    assert store.load(KEY) == store.find(KEY) == kept()
    assert not list(tmp_path.glob("draft-*"))


def test_a_key_that_was_never_saved_is_neither_found_nor_loaded(tmp_path):
    store = Store(tmp_path / "new")
    assert (store.has(KEY), store.find(KEY), store.history()) == (False, None, [])
    with pytest.raises(BadInput, match="missing"):
        store.load(KEY)
    assert not store.place.exists()


def test_a_sound_step_is_never_taken_away(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.save(KEY, "rate", kept(), {})
    before = {file: file.stat().st_ino for file in (tmp_path / "ab" / KEY).iterdir()}
    store.save(KEY, "rate", kept(), {})
    assert {file: file.stat().st_ino for file in (tmp_path / "ab" / KEY).iterdir()} == before
    # another run puts it right between our finding it damaged and our taking it out of the way
    answers = [None, None, kept()]
    monkeypatch.setattr(Store, "find", lambda *_: answers.pop(0))
    store.save(KEY, "rate", kept(), {})
    assert {file: file.stat().st_ino for file in (tmp_path / "ab" / KEY).iterdir()} == before
    assert not list(tmp_path.glob("draft-*"))


AT_ONCE = """
import sys
from pathlib import Path
import numpy as np
from thiocell.core import Column, Record, Source
from thiocell.studies.store import Kept, Store

store = Store(Path(sys.argv[1]))
me = int(sys.argv[2])
step = Kept(records={"main": Record("r", "cycling", {"time": Column(np.arange(9.0), "s")}, Source("measured"))})
for n in range(25):
    key = f"{n % 2}{n:063d}"
    if n % 5 == me:
        (store._folder(key) / "result.json").unlink(missing_ok=True)  # damage
    for _ in range(3):
        store.sweep()
        store.save(key, f"step {n}", step, {"seconds": 0.0})
        found = store.find(key)
        assert found is None or found == step
"""


def test_runs_at_once_neither_break_nor_lose_what_they_keep(tmp_path):
    commands = [[sys.executable, "-c", AT_ONCE, str(tmp_path), str(number)] for number in range(4)]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    assert [run.communicate()[1] for run in runs] == [""] * 4
    keys = [key for _, key, _ in Store(tmp_path).history()]
    assert len(keys) == 25
    assert all(Store(tmp_path).has(key) for key in keys)
    assert not list(tmp_path.glob("draft-*"))


def link(place, target):
    try:
        place.symlink_to(target)
    except OSError:
        pytest.skip("this system makes no symbolic links")


@pytest.mark.parametrize("name", ["ab", f"ab/{KEY}", "index.sqlite", "index.sqlite-wal", ""])
@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_link_does_not_lead_the_store_out_of_its_folder(name, target, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    place = tmp_path / ".store" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    link(place, tmp_path / target)
    with pytest.raises(BadInput, match="link"):
        Store(tmp_path / ".store").save(KEY, "rate", kept(), {})
    assert not list((tmp_path / "elsewhere").iterdir())
    assert not (tmp_path / "nowhere").exists()


def test_sweeping_removes_old_drafts_alone_and_follows_no_link(tmp_path):
    store, old, elsewhere = Store(tmp_path / ".store"), time.time() - 7200, tmp_path / "elsewhere"
    for place in (store.place / "draft-old", store.place / "draft-new", elsewhere):
        place.mkdir(parents=True)
        (place / "a").write_text("a")
    link(store.place / "draft-link", elsewhere)
    os.utime(store.place / "draft-old", (old, old))
    os.utime(elsewhere, (old, old))
    store.sweep()
    assert sorted(place.name for place in store.place.iterdir()) == ["draft-link", "draft-new"]
    assert (elsewhere / "a").exists()


def test_no_pickle_is_written(tmp_path):
    Store(tmp_path).save(KEY, "rate", kept(), {})
    suffixes = {file.suffix for file in (tmp_path / "ab" / KEY).iterdir()}
    assert suffixes == {".json", ".parquet"}
