"""Steps done at once in processes find what they find one after another; nothing that happens to a process is lost."""

import importlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from thiocell.core import BadInput, Column
from thiocell.studies import workers
from thiocell.studies.doing import plain
from thiocell.studies.expression import parse
from thiocell.studies.load import load
from thiocell.studies.run import default_store, run
from thiocell.studies.workers import Workers

STUDY = """
title = "pellets"
[sample.printed.facts]
sigma = { is = "1.5(0)e-6 S/cm", source = "paper", place = "a text" }
[sample.pellet]
system = "li2s_lii_mos2"
recipe = { x = [0.05, 0.10, 0.15], y = 0.0 }
facts = { area = "0.7854(79) cm**2", thickness = "800(8) um" }
[predict.hold]
technique = "dc_polarisation"
sample = "pellet"
seed = 13
ionic_conductivity = "1e-7 S/cm"
chemical_capacitance = "1e-6 F/cm**3"
values = { electronic_conductivity = "printed.sigma / 1000" }
[analyse.electrons]
technique = "dc_polarisation"
records = "hold"
[trend.line]
of = "electrons.electronic_conductivity"
law = "line"
[analyse.wrong]
technique = "cycling"
records = "hold[x=0.1]"
[claim.printed]
says = { "electrons[x=0.1].electronic_conductivity" = "1.5e-9 S/cm", "wrong.discharge_capacity" = "1 mAh/g" }
"""
PROCESS = '''
"""What a test has a process do."""
import os, pickle, time
from pathlib import Path
from thiocell.studies import doing, workers
from thiocell.studies.study import AnalyseStep

def breaking(*_):
    raise RuntimeError("engine trouble")

def harmed(parcel):
    step, _ = pickle.loads(parcel)
    if step.name == "hold[x=0.1]":
        os._exit(1)
    if step.name == "electrons[x=0.05]":
        raise ModuleNotFoundError("no such technique here")
    if step.name == "electrons[x=0.15]":
        doing._DOERS[AnalyseStep] = breaking
    return workers._serve(parcel)

def stillborn():
    os._exit(1)

def sleeping(parcel):
    (Path(os.environ["BEDROOM"]) / str(os.getpid())).touch()
    time.sleep(60)
'''


@pytest.fixture
def at_once(monkeypatch):
    """No run is patient; the names of the steps that are sent to processes."""
    monkeypatch.setattr("thiocell.studies.run.PATIENCE", 0.0)
    sent, send = [], Workers.send
    monkeypatch.setattr(Workers, "send", lambda self, job: sent.append(job.step.name) or send(self, job))
    return sent


@pytest.fixture
def process(tmp_path, monkeypatch):
    """The module PROCESS, which processes can import too."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "what_a_process_does.py").write_text(PROCESS)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    yield importlib.import_module("what_a_process_does")
    del sys.modules["what_a_process_does"]


def done(folder: Path, jobs: int, ticks: list | None = None):
    (folder / "study.toml").write_text(STUDY, "utf-8")
    tick = (lambda *_: None) if ticks is None else lambda name, status: ticks.append((name, status))
    return run(load(folder), default_store(folder), tick, jobs)


def untimed(whole) -> list:
    """All that was found, to the last bit; unknown sigmas, which are NaN, are alike."""
    return [plain(replace(outcome, seconds=0.0)) for outcome in whole.outcomes.values()]


def one_after_another(folder: Path):
    """What is found without processes; nothing of it is left."""
    whole = done(folder, 1)
    shutil.rmtree(folder / ".store")
    return untimed(whole)


def files(folder: Path) -> dict[str, bytes]:
    kept = (folder / ".store").glob("??/*/*")
    return {str(file.relative_to(folder)): file.read_bytes() for file in kept if file.name != "prov.json"}


def test_steps_done_at_once_find_the_same_to_the_last_bit_and_are_kept(tmp_path, at_once):
    ticks: list = []
    one, alone = done(tmp_path, 1), files(tmp_path)
    shutil.rmtree(tmp_path / ".store")
    two = done(tmp_path, 2, ticks)
    assert {"hold[x=0.05]", "hold[x=0.1]", "hold[x=0.15]", "electrons[x=0.1]"} <= set(at_once)
    assert not any(name.startswith(("pellet", "printed", "line")) for name in at_once)
    assert list(two.outcomes) == list(one.outcomes)
    assert untimed(two) == untimed(one)
    assert (two.to_json(), two.faults) == (one.to_json(), one.faults)
    assert two.outcomes["wrong"].bad_input
    assert files(tmp_path) == alone
    assert sorted(name for name, status in ticks if status == "running") == sorted(two.outcomes)
    assert {(name, status) for name, status in ticks if status != "running"} == {
        (name, outcome.status) for name, outcome in two.outcomes.items()
    }
    at_once.clear()
    again = done(tmp_path, 2)
    assert {outcome.status for outcome in again.outcomes.values()} == {"kept", "failed"}
    assert at_once == []


def test_a_small_study_starts_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(Workers, "send", lambda *_: pytest.fail("a step was sent"))
    monkeypatch.setattr("thiocell.studies.run.PATIENCE", 600.0)
    assert done(tmp_path, 2).outcomes["electrons[x=0.1]"].status == "done"


def test_a_step_that_kills_its_process_or_breaks_takes_no_other_with_it(
    tmp_path, at_once, process, monkeypatch, caplog
):
    monkeypatch.setattr(workers, "_serve", process.harmed)
    whole = done(tmp_path, 2)
    assert "the process that did it died" in whole.outcomes["hold[x=0.1]"].error
    assert not whole.outcomes["hold[x=0.1]"].bad_input
    assert whole.outcomes["electrons[x=0.1]"].status == "skipped"
    assert "electrons]: broke: RuntimeError: engine trouble" in whole.outcomes["electrons[x=0.15]"].error
    assert "in breaking" in caplog.text  # the traceback, from where it happened
    sound = ("hold[x=0.05]", "electrons[x=0.05]", "hold[x=0.15]")  # the second, refused by its process, is done here
    assert [whole.outcomes[name].status for name in sound] == ["done"] * 3


def test_where_no_process_begins_the_steps_are_done_here(tmp_path, at_once, process, monkeypatch):
    expected = one_after_another(tmp_path)
    monkeypatch.setattr(workers, "_begin", process.stillborn)
    assert untimed(done(tmp_path, 2)) == expected
    assert at_once


def test_a_step_that_cannot_travel_is_done_here(tmp_path, at_once, monkeypatch):
    def refuse(_):
        raise pickle.PicklingError("a lambda")

    expected = one_after_another(tmp_path)
    monkeypatch.setattr(workers.pickle, "dumps", refuse)
    assert untimed(done(tmp_path, 2)) == expected
    assert at_once


def alive(pid: int) -> bool:
    """Does a process run? One that has ended and waits for its parent to notice does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_no_process_behind(tmp_path, process, blow):
    mine, bedroom = tmp_path / "mine", tmp_path / "bedroom"
    mine.mkdir()
    bedroom.mkdir()
    (mine / "study.toml").write_text(STUDY, "utf-8")
    script = (
        "import sys; import what_a_process_does as process; from thiocell.studies import run, workers;"
        "from thiocell.cli import main;"
        "run.PATIENCE = 0.0; workers._serve = process.sleeping;"
        f"sys.argv = ['thiocell', 'run', {str(mine)!r}, '--jobs', '2']; main()"
    )
    paths = os.pathsep.join([str(tmp_path / "modules"), *sys.path])
    stopped = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": paths, "BEDROOM": str(bedroom)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while len(list(bedroom.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    sleepers = [int(file.name) for file in bedroom.iterdir()]
    assert len(sleepers) == 2
    if blow == signal.SIGINT:
        os.killpg(stopped.pid, blow)  # as a terminal does
    else:
        os.kill(stopped.pid, blow)
    out, err = stopped.communicate(timeout=10)
    if blow == signal.SIGINT:
        assert (out, err.strip(), stopped.returncode) == ("", "error: stopped", 130)
    while any(map(alive, sleepers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, sleepers))
    store = default_store(mine)
    for file in (mine / ".store").glob("??/*/prov.json"):
        store.load(file.parent.name)
    assert done(mine, 1).outcomes["pellet[x=0.1]"].status == "kept"


def test_less_than_one_job_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"jobs is 0; .* 1 or more"):
        done(tmp_path, 0)


def test_what_travels_arrives_as_it_was():
    rule = parse("(a.x - 2 * b.y) ^ 2 / -b.y")
    arrived = pickle.loads(pickle.dumps(rule))  # noqa: S301
    assert (arrived.text, arrived.names) == (rule.text, rule.names)
    assert arrived.rule({"a.x": 1.5, "b.y": 0.3}) == rule.rule({"a.x": 1.5, "b.y": 0.3})
    column = pickle.loads(pickle.dumps(Column([1.0, float("nan")], "mV")))  # noqa: S301
    assert column == Column([1.0, float("nan")], "mV")
    assert not column.values.flags.writeable
