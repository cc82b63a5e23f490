"""How the raw files of the bundled tour were made: by our own predictions, so they are virtual and say so.

Run `python tests/tour_files.py` after a change of the predictions, and look at what changed.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from thiocell.core import Column, Fact, Quantity, Record, Sample, Source
from thiocell.readers import bdf
from thiocell.techniques.cycling import Cycling
from thiocell.techniques.endurance import Endurance
from thiocell.techniques.rate import Rate

RAW = Path(__file__).resolve().parents[1] / "src" / "thiocell" / "bundled" / "tour" / "raw"
INTERVAL = Quantity.exact(1200, "s")


def cell(mass: float) -> Sample:
    return Sample("cell", facts={"mass": Fact(Quantity.exact(mass, "mg"), Source("assumed"))})


def capacities(*values: float) -> dict[str, Quantity]:
    return {f"discharge_capacity_{i}": Quantity(v, "mAh/g") for i, v in enumerate(values, 1)} | {
        "mean_discharge_voltage_1": Quantity(1.9, "V")
    }


def rate_cell(mass: float, scale: float, seed: int) -> Record:
    technique = Rate(cycles=1, returns=False, interval=INTERVAL, reference="Li-In")
    values = capacities(*(scale * v for v in (530.0, 517.0, 473.0, 371.0)))
    return technique.predict(values, cell(mass), np.random.default_rng(seed))["main"]


def endurance_cell() -> Record:
    technique = Endurance(cycles=12, current=Quantity.exact(200, "mA/g"), interval=INTERVAL, reference="Li-In")
    values = {"initial_capacity": Quantity(370, "mAh/g"), "fade": Quantity(0.05, "%")}
    return technique.predict(values, cell(4.0), np.random.default_rng(11))["main"]


def hokuto_text() -> str:
    """One cycle as a program with Japanese headings would export it: hours, mA, discharge positive, decimal comma."""
    technique = Cycling(cycles=1, interval=INTERVAL, reference="Li-In")
    values = {
        "charge_capacity": Quantity(349, "mAh/g"),
        "discharge_capacity": Quantity(491, "mAh/g"),
        "mean_discharge_voltage": Quantity(1.9, "V"),
    }
    record = technique.predict(values, cell(4.0), np.random.default_rng(12))["main"]
    lines = ["仮想データ (virtual: made by a prediction)", "測定者;thiocell", "経過時間/h;電位/V;電流/mA"]
    for t, v, i in zip(record["time"], record["voltage"], record["current"], strict=True):
        lines.append(f"{t / 3600:.6f};{v:.5f};{-1e3 * i:.6f}".replace(".", ","))
    return "\n".join(lines) + "\n"


def as_written(record: Record) -> Record:
    """The record with the digits that an instrument writes."""
    digits = {"time": 1, "voltage": 4, "current": 8}
    columns = {
        name: Column(np.round(record.columns[name].values, n), record.columns[name].unit) for name, n in digits.items()
    }
    return replace(record, columns=columns)


def make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, mass, scale, seed in (("a", 4.02, 1.0, 1), ("b", 3.95, 0.985, 2), ("c", 4.07, 1.01, 3)):
        bdf.write(as_written(rate_cell(mass, scale, seed)), folder / f"rate_cell_{name}.bdf.csv")
    bdf.write(as_written(endurance_cell()), folder / "endurance.bdf.csv")
    (folder / "first_cycle.txt").write_bytes(hokuto_text().encode("cp932"))


if __name__ == "__main__":
    make(RAW)
