"""A study is read with every fault named, done step by step, kept, and not done again."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from thiocell.core import BadInput, Column, Record, Source
from thiocell.readers import bdf
from thiocell.studies import code, doing
from thiocell.studies.load import load
from thiocell.studies.run import default_store, run
from thiocell.studies.study import BadStudy

HEAD = """
title = "a study"
[sample.best]
system = "li2s_lii_mos2"
recipe = { x = 0.20, y = 0.15 }
facts = { mass = "4.0(1) mg", area = "0.785(8) cm**2" }
"""
CELL = HEAD + '[record.cell]\nfile = "cell.bdf.csv"\nsample = "best"\n'
CYCLING = CELL + '[analyse.cycles]\ntechnique = "cycling"\nrecords = "cell"\n'


def write_cell(folder: Path, scale: float = 1.0, name: str = "cell.bdf.csv") -> Path:
    """Two ideal cycles at constant current: 2 h charge and 1.8 h discharge at 1 mA, voltage linear in time."""
    time_, current, voltage = [], [], []
    clock = 0.0
    for _ in range(2):
        for sign, hours in ((1, 2.0), (-1, 1.8)):
            for x in np.linspace(0, 1, 60):
                time_.append(clock + x * hours * 3600)
                current.append(sign * scale * (1e-3 + 1e-8 * (len(time_) % 7 - 3)))
                voltage.append(2.0 + sign * (x - 0.5))
            clock += hours * 3600
            for x in (1.0, 600.0):
                time_.append(clock + x)
                current.append(0.0)
                voltage.append(2.0)
            clock += 601.0
    columns = {"time": Column(time_, "s"), "voltage": Column(voltage, "V"), "current": Column(current, "A")}
    bdf.write(Record("cell", "cycling", columns, Source("measured")), folder / name)
    return folder / name


def study(folder: Path, text: str) -> Path:
    file = folder / "study.toml"
    file.write_text(text, "utf-8")
    return file


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadStudy) as error:
        load(study(folder, text))
    assert all("\n" not in fault for fault in error.value.faults)
    return list(error.value.faults)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[sampel.best]\nsystem = "li2s_lii_mos2"', ["[sampel]", "sample"]),
        ('[sample.best]\nsystem = "lis"', ["[sample.best]", "no system 'lis'", "li2s_lii_mos2"]),
        ('[sample.best]\nsystem = "li2s_lii_mos2"\nrecipe = { x = 0.2 }', ["[sample.best]", "y"]),
        ('[sample.best]\nsystem = "li2s_lii_mos2"\nrecipe = { x = 1.2, y = 0.1 }', ["[sample.best]", "x", "between"]),
        ("[sample.best]\nrecipes = { x = 1.2 }", ["[sample.best] recipes", "recipe"]),
        ('[sample.best]\nfacts = { mass = "4 mgg" }', ["facts.mass", "mgg"]),
        ('[sample.best]\nfacts = { mass = { is = "4 mg", source = "guess" } }', ["facts.mass", "guess", "assumed"]),
        ('[sample."../evil"]\n', ["../evil", "letters"]),
        (CELL + '[analyse.c]\ntechnique = "cyclng"\nrecords = "cell"', ["[analyse.c]", "cyclng", "cycling"]),
        (CELL + '[analyse.c]\ntechnique = "cycling"\nrecords = "sell"', ["[analyse.c]", "sell", "cell"]),
        (
            CELL + '[analyse.c]\ntechnique = "cycling"\nrecords = "cell"\ncolour = 3',
            ["[analyse.c]", "colour", "reference"],
        ),
        (CELL + '[analyse.c]\ntechnique = "cycling"\nrecords = "cell"\nreference = "Na"', ["reference", "Na", "Li-In"]),
        (CELL + '[analyse.c]\ntechnique = "cycling"\nrecords = "best"', ["[analyse.c]", "best"]),
        (CELL + '[analyse.cell]\ntechnique = "cycling"\nrecords = "cell"', ["cell", "already"]),
        (HEAD + '[record.r]\nsample = "best"', ["[record.r]", "file"]),
        (HEAD + '[record.r]\nfile = "a"\nreader = "bfd"', ["[record.r]", "bfd", "bdf"]),
        (
            HEAD + '[predict.p]\ntechnique = "cycling"\nsample = "best"\nvalues = { speed = 3 }',
            ["values.speed", "discharge_capacity"],
        ),
        (
            HEAD + '[predict.p]\ntechnique = "cycling"\nsample = "best"\nvalues = { discharge_capacity = "3 V" }',
            ["discharge_capacity", "mAh/g"],
        ),
        (HEAD + '[trend.t]\nof = "best.density"', ["[trend.t]", "list"]),
        (HEAD + '[claim.c]\nsays = { "best.density" = "many" }', ["[claim.c] says", "many"]),
        (HEAD + '[claim.c]\nsays = { "bets.density" = "2.6 g/cm3" }', ["[claim.c] says", "bets", "best"]),
        (HEAD + '[claim.c]\nnumber = "one"\nopen = "x"', ["[claim.c] number", "one"]),
        (HEAD + "[claim.c]\nnumber = 1", ["[claim.c]", "says"]),
        (HEAD + '[claim.c]\nopen = "x"\ntests = "cell"', ["[claim.c] tests", "cell", "method, model, source"]),
        ("title = 3", ["title", "3"]),
        ('title = "nothing"', ["nothing to do", "[sample.NAME]"]),
        ('[sample.best]\nfacts = { aera = "1 cm2" }', ["aera", "did you mean 'area'"]),
        ('[sample.best]\nfacts = { mass = "4 mV" }', ["facts.mass", "mg"]),
        ('[sample.best]\nfacts = { mass = "0 mg" }', ["facts.mass", "must lie between"]),
        (CELL + '[analyse.c]\ntechnique = "cycling"\nrecords = "cell"\nbin = 10', ["bin", "mV"]),
        (CELL + '[analyse.c]\ntechnique = "cycling"\nreplicates = ["cell", "cell"]', ["replicates", "twice"]),
        (HEAD + '[claim.c]\nopen = "x"\ncontradicts = "y"', ["[claim.c] open", "contradicts"]),
    ],
)
def test_a_fault_names_file_table_key_and_choices(tmp_path, text, words):
    found = " | ".join(faults(tmp_path, text))
    for word in ("study.toml", *words):
        assert word in found


def test_all_faults_are_named_at_once(tmp_path):
    text = '[sample.a]\nsystem = "no"\n[sample.b]\nfacts = { mass = "x", area = "y" }\n[claim.c]\nnumber = 1'
    assert len(faults(tmp_path, text)) == 4


def test_a_ring_of_steps_is_named(tmp_path):
    text = HEAD + (
        '[predict.a]\ntechnique = "cycling"\nsample = "best"\n'
        'values = { discharge_capacity = "b.discharge_capacity" }\n'
        '[analyse.b]\ntechnique = "cycling"\nsample = "best"\nrecords = "a"\n'
    )
    assert any("wait for each other" in fault and "a" in fault and "b" in fault for fault in faults(tmp_path, text))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[[[", b"x = " + b"[" * 5000, b"\x00" * 100])
def test_a_file_that_is_no_toml_is_named(tmp_path, content):
    (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(BadInput, match=r"study\.toml is not"):
        load(tmp_path)


def test_capacities_come_out_of_a_study_with_their_verdicts(tmp_path):
    write_cell(tmp_path)
    claim = '[claim.q]\nnumber = 7\nsays = { "cycles.discharge_capacity" = "450 mAh/g" }\n'
    done = run(load(study(tmp_path, CYCLING + claim)), default_store(tmp_path))
    # 1 mA for 1.8 h over 4.0(1) mg; the mass error of 2.5 % is 11 mAh/g
    found = done.outcomes["cycles"].result["discharge_capacity"].to("mAh/g")
    assert found.value == pytest.approx(450, rel=2e-3)
    assert found.sigma == pytest.approx(450 * 0.025, rel=0.05)
    page = done.to_json()
    assert json.loads(json.dumps(page, allow_nan=False)) == page
    (verdict,) = page["verdicts"]
    assert (verdict["claim"], verdict["number"], verdict["verdict"], verdict["kind"]) == ("q", 7, "holds", "measured")
    assert verdict["says"] == 450
    assert page["results"]["cycles"]["values"]["discharge_capacity"]["kind"] == "measured"


def test_a_claim_says_what_it_tests_where_the_kind_of_number_does_not(tmp_path):
    write_cell(tmp_path)
    says = 'says = { "cycles.discharge_capacity" = "450 mAh/g" }\n'
    claims = f'[claim.ours]\ntests = "method"\n{says}[claim.theirs]\n{says}'
    done = run(load(study(tmp_path, CYCLING + claims)), default_store(tmp_path))
    assert [verdict["tests"] for verdict in done.to_json()["verdicts"]] == ["method", "source"]


def statuses(folder: Path) -> dict[str, str]:
    return {name: o.status for name, o in run(load(folder), default_store(folder)).outcomes.items()}


def test_unchanged_steps_are_kept_and_a_changed_file_is_done_again(tmp_path):
    write_cell(tmp_path)
    study(tmp_path, CYCLING)
    assert set(statuses(tmp_path).values()) == {"done"}
    assert set(statuses(tmp_path).values()) == {"kept"}
    write_cell(tmp_path, scale=1.1)
    assert statuses(tmp_path) == {"best": "kept", "cell": "done", "cycles": "done"}
    study(tmp_path, CYCLING + "cycle = 1\n")
    assert statuses(tmp_path) == {"best": "kept", "cell": "kept", "cycles": "done"}


def test_a_changed_helper_module_makes_its_steps_run_again(tmp_path, monkeypatch):
    write_cell(tmp_path)
    study(tmp_path, CYCLING)
    statuses(tmp_path)
    real = code._reading
    code.code_of.cache_clear()

    def edited(name):
        source, ours, engines = real(name)
        return (
            (source + "\n# edited", ours, engines)
            if name == "thiocell.physics.half_cycles"
            else (source, ours, engines)
        )

    monkeypatch.setattr(code, "_reading", edited)
    try:
        assert statuses(tmp_path) == {"best": "kept", "cell": "kept", "cycles": "done"}
    finally:
        code.code_of.cache_clear()


def test_one_failed_step_does_not_stop_those_that_do_not_need_it(tmp_path):
    write_cell(tmp_path)
    (tmp_path / "empty.csv").write_bytes(b"")
    text = (
        CYCLING
        + '[record.empty]\nfile = "empty.csv"\nsample = "best"\n'
        + '[analyse.none]\ntechnique = "cycling"\nrecords = "empty"\n'
    )
    done = run(load(study(tmp_path, text)), default_store(tmp_path))
    assert done.outcomes["cycles"].status == "done"
    assert done.outcomes["empty"].status == "failed"
    assert "empty.csv is empty" in done.outcomes["empty"].error
    assert done.outcomes["none"].status == "skipped"
    assert "'empty'" in done.outcomes["none"].error


def test_a_step_that_breaks_is_told_from_bad_input(tmp_path, monkeypatch):
    write_cell(tmp_path)
    study(tmp_path, CYCLING)

    def broken(*_):
        raise RuntimeError("engine trouble")

    monkeypatch.setitem(doing._DOERS, doing.AnalyseStep, broken)
    outcome = run(load(tmp_path), default_store(tmp_path)).outcomes["cycles"]
    assert (outcome.status, outcome.bad_input) == ("failed", False)
    assert "engine trouble" in outcome.error


def test_a_family_is_done_for_each_member_and_drawn_as_a_trend(tmp_path):
    text = (
        '[sample.series]\nsystem = "li2s_lii_mos2"\nrecipe = { x = 0.20, y = [0.0, 0.05, 0.10] }\n'
        '[trend.share]\nof = "series.capacity_mos2"\nagainst = "y"\nlaw = "line"\n'
    )
    done = run(load(study(tmp_path, text)), default_store(tmp_path))
    assert list(done.outcomes) == ["series[y=0]", "series[y=0.05]", "series[y=0.1]", "share"]
    # 4 F y / M(y) by hand, M = (1-y)(0.8 * 45.94 + 0.2 * 133.84) + 160.07 y
    by_hand = [
        4 * 96485.33212 / 3.6 * y / ((1 - y) * (0.8 * 45.94 + 0.2 * 133.84) + 160.07 * y) for y in (0, 0.05, 0.1)
    ]
    points = done.outcomes["share"].result.curves["points"]
    assert points.columns["capacity_mos2"].values == pytest.approx(by_hand, rel=1e-3, abs=1e-9)


def test_replicate_cells_give_a_mean_and_a_batch_spread(tmp_path):
    text = HEAD
    for name, scale in (("a", 0.98), ("b", 1.0), ("c", 1.02)):
        write_cell(tmp_path, scale, f"{name}.bdf.csv")
        text += f'[record.{name}]\nfile = "{name}.bdf.csv"\nsample = "best"\n'
    text += '[analyse.batch]\ntechnique = "cycling"\nreplicates = ["a", "b", "c"]\n'
    result = run(load(study(tmp_path, text)), default_store(tmp_path)).outcomes["batch"].result
    assert result["discharge_capacity"].value == pytest.approx(450, rel=2e-3)
    assert result["discharge_capacity_spread"].value == pytest.approx(9.0, rel=0.01)  # 2 % of 450
    assert result["discharge_capacity"].sigma >= 0.025 * 449  # one balance: its error does not average out


def test_each_cell_of_a_batch_may_have_its_own_mass(tmp_path):
    text = HEAD
    for name, mass in (("a", 4.0), ("b", 2.0)):
        write_cell(tmp_path, mass / 4.0, f"{name}.bdf.csv")
        text += f'[record.{name}]\nfile = "{name}.bdf.csv"\nsample = "best"\nfacts = {{ mass = "{mass}(1) mg" }}\n'
    text += '[analyse.batch]\ntechnique = "cycling"\nreplicates = ["a", "b"]\n'
    result = run(load(study(tmp_path, text)), default_store(tmp_path)).outcomes["batch"].result
    assert result["discharge_capacity_spread"].value == pytest.approx(0, abs=0.01)


def test_a_virtual_experiment_is_recovered_and_never_measured(tmp_path):
    text = HEAD + (
        '[predict.p]\ntechnique = "cycling"\nsample = "best"\nseed = 1\n'
        'values = { discharge_capacity = "500 mAh/g", mean_discharge_voltage = "1.9 V" }\n'
        '[analyse.a]\ntechnique = "cycling"\nrecords = "p"\n'
    )
    done = run(load(study(tmp_path, text)), default_store(tmp_path))
    assert done.outcomes["p"].records["main"].source.kind == "predicted"
    assert done.outcomes["a"].result.source.kind == "recovered"
    assert done.outcomes["a"].result.drawing.virtual


def test_members_of_a_family_have_noise_of_their_own_that_their_order_does_not_change(tmp_path):
    def noises(of, name):
        (tmp_path / name).mkdir()
        sample = HEAD.replace("y = 0.15", f"y = {of}").replace("mass", 'thickness = "800 um", mass')
        table = '[predict.p]\ntechnique = "dc_polarisation"\nsample = "best"\nseed = 7\n'
        values = 'values = { electronic_conductivity = "1e-6 S/cm" }\n'
        done = run(load(study(tmp_path / name, sample + table + values)), default_store(tmp_path / name)).outcomes
        told = {step: o for step, o in done.items() if o.verb == "predict"}
        assert len({o.key for o in told.values()}) == len(told)
        return {step: o.records["main"]["current"] for step, o in told.items()}

    few, many = noises([0.10, 0.15], "few"), noises([0.20, 0.15, 0.10, 0.05], "many")
    for step, current in few.items():  # nothing that is predicted here hangs on y
        assert np.array_equal(current, many[step])
    away = [current - np.mean(list(many.values()), axis=0) for current in many.values()]
    assert all(abs(np.corrcoef(a, b)[0, 1] + 1 / 3) < 0.2 for a, b in itertools.combinations(away, 2))
    alone = noises(0.15, "alone")["p"]
    assert np.array_equal(alone, noises(0.15, "again")["p"])
    assert not np.array_equal(alone, few["p[y=0.15]"])


def test_a_declared_sha256_must_be_the_file_s(tmp_path):
    write_cell(tmp_path)
    done = run(load(study(tmp_path, CELL + f'sha256 = "{"0" * 64}"\n')), default_store(tmp_path))
    assert "sha256 differs" in done.outcomes["cell"].error


KILLED = """
import sys
from pathlib import Path
from thiocell.studies.load import load
from thiocell.studies.run import default_store, run
folder = Path(sys.argv[1])
print("ready", flush=True)
run(load(folder), default_store(folder))
"""


def test_killing_the_run_at_any_moment_loses_no_finished_step_and_leaves_no_broken_file(tmp_path):
    write_cell(tmp_path)
    recipe = "recipe = { x = [0.02, 0.05, 0.1, 0.15, 0.2], y = [0.0, 0.05, 0.1, 0.15] }"
    study(tmp_path, CYCLING + f'[sample.series]\nsystem = "li2s_lii_mos2"\n{recipe}\n')
    store, rng, finished = default_store(tmp_path), random.Random(5), set()
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(rng.uniform(0.05, 1.0))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        whole = {file.parent.name for file in (tmp_path / ".store").glob("??/*/prov.json")}
        assert finished <= whole
        for key in whole:
            store.load(key)
        finished = whole
    kept = [name for name, status in statuses(tmp_path).items() if status == "kept"]
    assert len(kept) == len(finished)


POINTS = (
    '[predict.p]\ntechnique = "ragone"\nsample = "best"\ncurrents = ["25 mA/g"]\n'
    'values = { energy_1 = "1000 Wh/kg", power_1 = "48 W/kg" }\n'
    '[record.other]\nkind = "ragone"\nsource = "paper"\n'
    'values = { power = { unit = "W/kg", values = [46, 600] }, energy = { unit = "kJ/kg", values = [3672, 1382.4] } }\n'
    '[analyse.a]\ntechnique = "ragone"\nsample = "best"\nrecords = { main = "p", Pan = "other" }\n'
)


def test_points_of_others_are_drawn_with_their_source(tmp_path):
    text = 'paper = "doi:10.1002/batt.202300427"\n' + HEAD + POINTS
    result = run(load(study(tmp_path, text)), default_store(tmp_path)).outcomes["a"].result
    (layer,) = [layer for layer in result.drawing.panels[0].layers if "Pan" in layer.label]
    assert (layer.x.tolist(), layer.y.tolist()) == ([46, 600], pytest.approx([1020, 384]))
    assert layer.label == "Pan (paper)"


def test_points_without_a_source_are_refused(tmp_path):
    outcome = run(load(study(tmp_path, HEAD + POINTS)), default_store(tmp_path)).outcomes["a"]
    assert outcome.status == "failed"
    assert "no source" in outcome.error


def test_replicates_of_different_samples_are_refused(tmp_path):
    other = '[sample.other]\nfacts = { mass = "8.0(1) mg" }\n'
    text = CELL + other + '[record.b]\nfile = "cell.bdf.csv"\nsample = "other"\n'
    text += '[analyse.batch]\ntechnique = "cycling"\nreplicates = ["cell", "b"]\n'
    assert any("'b' was taken on 'other', not on 'best'" in fault for fault in faults(tmp_path, text))


def test_facts_of_another_role_leave_the_main_cell_s_alone(tmp_path):
    text = 'paper = "doi:10.1002/batt.202300427"\n' + HEAD + POINTS
    plain = run(load(study(tmp_path, text)), default_store(tmp_path)).outcomes["a"].result
    heavy = text.replace('kind = "ragone"\n', 'kind = "ragone"\nfacts = { mass = "8.0(1) mg" }\n')
    other = run(load(study(tmp_path, heavy)), default_store(tmp_path)).outcomes["a"].result
    assert other["energy_1"].value == plain["energy_1"].value


def test_values_of_two_analyses_of_one_cell_share_its_mass_error(tmp_path):
    write_cell(tmp_path)
    text = CYCLING + '[analyse.again]\ntechnique = "cycling"\nrecords = "cell"\nreference = "Li"\n'
    text += '[claim.same]\nsays = { "again.discharge_capacity / cycles.discharge_capacity" = "1.0" }\n'
    text += '[claim.known]\nsays = { "best.loading * best.area / best.mass" = "1.0" }\n'
    same, known = run(load(study(tmp_path, text)), default_store(tmp_path)).verdicts
    assert same.found.sigma == pytest.approx(0, abs=1e-6)
    assert known.found.sigma == pytest.approx(0, abs=1e-6)


def test_a_family_s_shared_mass_error_does_not_tilt_its_trend(tmp_path):
    text = (
        '[sample.series]\nsystem = "li2s_lii_mos2"\nrecipe = { x = 0.20, y = [0.0, 0.05, 0.10] }\n'
        'facts = { mass = "4.0(4) mg", area = "0.785(0) cm**2" }\n'
        '[trend.t]\nof = "series.loading"\nagainst = "y"\n'
    )
    result = run(load(study(tmp_path, text)), default_store(tmp_path)).outcomes["t"].result
    assert result["intercept"].sigma == pytest.approx(0.4 / 0.785, rel=1e-3)
    assert result["slope"].sigma == pytest.approx(0, abs=1e-6)


def test_a_step_s_record_is_exported_as_the_study_stands_now(tmp_path):
    from thiocell.studies.bench import exported

    def predicted(seed):
        values = 'values = { discharge_capacity = "500 mAh/g", mean_discharge_voltage = "1.9 V" }\n'
        text = HEAD + f'[predict.p]\ntechnique = "cycling"\nsample = "best"\nseed = {seed}\n{values}'
        run(load(study(tmp_path, text)), default_store(tmp_path))
        return exported(tmp_path / "study.toml", tmp_path / "p.bdf.csv", "preferred", "p", force=True)

    first, second, third = predicted(1), predicted(7), predicted(1)
    assert first == third
    assert first != second


def test_a_change_of_how_expressions_are_computed_runs_steps_again(tmp_path, monkeypatch):
    write_cell(tmp_path)
    study(tmp_path, CYCLING)
    statuses(tmp_path)
    real = code._reading
    code.code_of.cache_clear()
    edited = {"thiocell.studies.lookup"}
    monkeypatch.setattr(code, "_reading", lambda n: (real(n)[0] + "#" * (n in edited), *real(n)[1:]))
    try:
        assert set(statuses(tmp_path).values()) == {"done"}
    finally:
        code.code_of.cache_clear()


def test_a_number_too_large_leaves_its_claim_open(tmp_path):
    text = HEAD + '[claim.c]\nsays = { "best.mass ^ 9 * best.mass ^ 9 * 1e300 * 1e300" = "1 kg" }\n'
    done = run(load(study(tmp_path, text)), default_store(tmp_path))
    assert done.verdicts[0].verdict == "open"
    assert done.faults


def test_one_fault_does_not_set_off_others(tmp_path):
    text = CYCLING.replace("li2s_lii_mos2", "nothing")
    assert len(faults(tmp_path, text)) == 1


def test_the_same_record_twice_is_no_batch(tmp_path):
    write_cell(tmp_path)
    write_cell(tmp_path, name="copy.bdf.csv")
    text = CELL + '[record.copy]\nfile = "copy.bdf.csv"\nsample = "best"\n'
    text += '[analyse.batch]\ntechnique = "cycling"\nreplicates = ["cell", "copy"]\n'
    outcome = run(load(study(tmp_path, text)), default_store(tmp_path)).outcomes["batch"]
    assert outcome.status == "failed"
    assert "the same record" in outcome.error
