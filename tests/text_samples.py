"""Small text files (and one workbook) in each format, written from scratch; a charge, a rest and a discharge."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS = 60
CURRENT = 0.002  # A


def rows() -> list[tuple[float, float, float, int, float, float]]:
    """Time in s, voltage in V, current in A (charge positive), step, and the two counters in Ah, in each row."""
    table = []
    charged = discharged = 0.0
    for row in range(ROWS):
        way = (1, 0, -1)[row * 3 // ROWS]
        inside = row % (ROWS // 3)
        charged += 10 * CURRENT / 3600 * (way > 0)
        discharged += 10 * CURRENT / 3600 * (way < 0)
        voltage = 2.0 + way * 0.3 + 0.2 * way * math.sqrt(inside / 20)
        table.append((10.0 * row, round(voltage, 5), way * CURRENT, row * 3 // ROWS + 1, charged, discharged))
    return table


STEPS = ("CC Chg", "Rest", "CC DChg")
MAP: dict[str, Any] = {
    "time": {"column": "経過時間", "unit": "h"},
    "voltage": {"column": "電圧", "unit": "V"},
    "current": {"column": 3, "unit": "mA", "direction": "モード", "charge": ["充電"], "discharge": ["放電"]},
}
LAYOUT: dict[str, Any] = {"encoding": "cp932", "delimiter": ";", "decimal": ","}
BOOK_MAP: dict[str, Any] = {
    "time": {"column": "Corrected time (s)", "unit": "s"},
    "voltage": {"column": "E", "unit": "V"},
    "current": {"column": "I", "unit": "mA"},
}


def bdf_text(machine: bool = False, end: str = "\n") -> str:
    """A BDF csv with one row a line, in either style of labels."""
    preferred = "Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Step ID,Charging Capacity / Ah"
    names = "test_time_second,voltage_volt,current_ampere,cycle_count,step_id,charging_capacity_ah"
    lines = [names if machine else preferred]
    lines += [f"{t},{v},{i},1,{step},{q:.9f}" for t, v, i, step, q, _ in rows()]
    return end.join(lines) + end


def landt_text() -> str:
    """A Landt csv, whose rows have a comma more than the line that names the columns."""
    lines = ["cell model:,,,,,,,,,", "cell id: ,,,,,,,,,", "test: ,,,,,,,,,"]
    lines.append(
        "channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,step_time_s,current_A,voltage_V,"
        "discharge_capacity_Ah,charge_capacity_Ah,step_name"
    )
    names = ("charge CC", "rest", "discharge CC")
    lines += [
        f"{n},1,{s},04/30/2024 14:33:19,{t},{t % 200},{i:.4f},{v:.4f},{out:.6f},{into:.6f},{names[s - 1]},"
        for n, (t, v, i, s, into, out) in enumerate(rows(), 1)
    ]
    return "\n".join(lines) + "\n"


def neware_text(milli: bool = False) -> str:
    """A BTSDA record layer as csv, with clock times; in mA and mAh if ``milli``."""
    unit, scale = ("mA", 1000) if milli else ("A", 1)
    lines = [
        f"DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,Current({unit}),Voltage(V),"
        f"Chg. Cap.({unit}h),DChg. Cap.({unit}h),Date"
    ]
    for n, (t, v, i, s, into, out) in enumerate(rows(), 1):
        clocks = (f"{int(x) // 3600:02d}:{int(x) // 60 % 60:02d}:{int(x) % 60:02d}" for x in (t % 200, t + 86400))
        lines.append(
            f"{n},1,{s},{STEPS[s - 1]},{','.join(clocks)},{i * scale:.8f},{v},{into * scale:.8f},{out * scale:.8f},"
            f"2022-05-18 16:{27 + int(t) // 60}:{int(t) % 60:02d}"
        )
    return "\r\n".join(lines) + "\r\n"


def mpt_text(decimal: str = ".") -> str:
    """An EC-Lab text export of a galvanostatic test, in mA and with a head of nine lines."""
    head = ["EC-Lab ASCII FILE", "Nb header lines : 9", "", "Galvanostatic Cycling with Potential Limitation", ""]
    head += ["Electrode surface area : 0.785 cm²", "Cycle Definition : Charge/Discharge alternance", ""]
    head.append("mode\tNs\ttime/s\tEwe/V\t<I>/mA\tcycle number\t")
    lines = [f"1\t{s - 1}\t{t:.6E}\t{v:.6E}\t{i * 1000:.6E}\t0.0" for t, v, i, s, _, _ in rows()]
    return "\r\n".join(head + [line.replace(".", decimal) for line in lines]) + "\r\n"


def spectra_text(spectra: int = 2, points: int = 12) -> str:
    """An EC-Lab text export of impedance: 10 ohm in series with 100 ohm parallel to 1 uF, from high frequency down."""
    head = ["EC-Lab ASCII FILE", "Nb header lines : 6", "", "Potentio Electrochemical Impedance Spectroscopy", ""]
    lines = [*head, "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\ttime/s\tcycle number"]
    for n in range(spectra * points):
        frequency = 1e5 * 10 ** (-(n % points) / 3)
        z = 10 + 100 / (1 + 2j * math.pi * frequency * 100 * 1e-6)
        lines.append(f"{frequency:.7E}\t{z.real:.7E}\t{-z.imag:.7E}\t{n * 1.5:.6E}\t0")
    return "\n".join(lines) + "\n"


def points(count: int = 12) -> list[tuple[float, complex]]:
    """Frequency in Hz and impedance in ohm, from high down: 10 ohm in series with 100 ohm parallel to 1 uF."""
    found = [1e5 * 10 ** (-n / 3) for n in range(count)]
    return [(f, 10 + 100 / (1 + 2j * math.pi * f * 100 * 1e-6)) for f in found]


def gamry_text(decimal: str = ".") -> str:
    """A Gamry file: some of its head, a rest of three rows, and a spectrum."""
    lines = ["EXPLAIN", "TAG\tEISPOT", "TITLE\tLABEL\tPotentiostatic EIS\tTest &Identifier", "OCVCURVE\tTABLE\t3"]
    lines += ["\tPt\tT\tVf\tVm", "\t#\ts\tV vs. Ref.\tV"]
    lines += [f"\t{n}\t{0.25 * (n + 1)}\t1.5\t1.5" for n in range(3)]
    lines += ["AREA\tQUANT\t1.0E+000\t&Area", "ZCURVE\tTABLE", "\tPt\tTime\tFreq\tZreal\tZimag\tZmod\tIERange"]
    lines.append("\t#\ts\tHz\tohm\tohm\tohm\t#")
    lines += [
        f"\t{n}\t{2 * n + 1}\t{f:.6E}\t{z.real:.6E}\t{z.imag:.6E}\t{abs(z):.6E}\t9".replace(".", decimal)
        for n, (f, z) in enumerate(points())
    ]
    return "\n".join(lines) + "\n"


def gamry_course_text() -> str:
    """A Gamry file of a test without a spectrum: voltage and current against time."""
    lines = ["EXPLAIN", "TAG\tCHRONOA", "CURVE\tTABLE\t60", "\tPt\tT\tVf\tIm\tOver", "\t#\ts\tV vs. Ref.\tA\tbits"]
    lines += [f"\t{n}\t{t}\t{v}\t{i:.6E}\t..........a" for n, (t, v, i, *_) in enumerate(rows())]
    return "\r\n".join(lines) + "\r\n"


def zplot_text() -> str:
    """A file of ZPlot: its head ends with the names of the columns and the line 'End Comments'."""
    lines = ["ZPLOT2 ASCII", "  Experiment Type:            Sweep Frequency, Control Voltage", "  Data Points:      12"]
    lines += ["  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange", "End Comments"]
    lines += [
        f"{f:.6E}\t1.0E-02\t0.0E+00\t{n:.6E}\t{z.real:.6E}\t{z.imag:.6E}\t0.0E+00\t0\t3"
        for n, (f, z) in enumerate(points())
    ]
    return "\r\n".join(lines) + "\r\n"


def spectrum_text() -> str:
    """A spectrum as `thiocell export` writes it, with a column of another program."""
    lines = ["frequency / Hz,z_real / ohm,z_imag / ohm,note"]
    lines += [f"{f!r},{z.real!r},{z.imag!r},a" for f, z in points()]
    return "\n".join(lines) + "\n"


def novocontrol_text() -> str:
    """A list that WinDETA writes: a title, the fixed values, the names, and numbers between tabs."""
    lines = ["pellet 7, 25 C", "Fixed value(s) :  AC Volt  [Vrms]=3.5000e-02  "]
    lines.append(" Freq. [Hz]\t Zs' [Ohms]\t Zs'' [Ohms]")
    lines += [f" {f:.5e}\t{z.real: .5e}\t{z.imag: .5e}" for f, z in points()]
    return "\n".join(lines) + "\n"


def japanese_text() -> str:
    """An export such as Hokuto Denko's: a head, Japanese names, hours, mA without sign, a column for the direction."""
    modes = ("充電", "休止", "放電")
    lines = ["試験名;テスト", "開始;2024/03/05", "", "経過時間;電圧;電流;モード"]
    for t, v, i, s, _, _ in rows():
        lines.append(f"{t / 3600:.9f};{v};{abs(i) * 1000};{modes[s - 1]}".replace(".", ","))
    return "\r\n".join(lines) + "\r\n"


def _text(name: str, text: Callable[[], str], encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(text().encode(encoding))
        return path

    return write


def parquet(folder: Path) -> Path:
    """A BDF parquet file."""
    import pyarrow as pa
    import pyarrow.parquet

    names = ("Test Time / s", "Voltage / V", "Current / A", "Step ID")
    path = folder / "sample.bdf.parquet"
    pyarrow.parquet.write_table(
        pa.table(dict(zip(names, zip(*[row[:4] for row in rows()], strict=True), strict=True))), path
    )
    return path


def workbook(folder: Path) -> Path:
    """An xlsx with a title above the names, in its second sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.create_sheet("Data")
    sheet.append(["a potential step"])
    sheet.append(["Corrected time (s)", "E", "I"])
    for t, v, i, *_ in rows():
        sheet.append([t, v, i * 1000])
    path = folder / "sample.xlsx"
    book.save(path)
    return path


def pattern_text(head: str = "") -> str:
    """Angles, counts and sigmas of two lines on a background."""
    rows_ = []
    for k in range(200):
        angle = 10.0 + 0.05 * k
        counts = 50 + round(900 * 2.0 ** -(((angle - 12.0) / 0.1) ** 2) + 400 * 2.0 ** -(((angle - 16.0) / 0.1) ** 2))
        rows_.append(f"{angle:.4f} {counts}.0 {counts**0.5:.3f}")
    return head + "\n".join(rows_) + "\n"


def ras_text() -> str:
    """Rigaku's text: a head, then angle, counts and attenuator."""
    rows_ = [" ".join((*line.split()[:2], "1.0000")) for line in pattern_text().splitlines()]
    head = [
        "*RAS_DATA_START", "*RAS_HEADER_START", '*MEAS_SCAN_AXIS_X "TwoTheta"', '*MEAS_SCAN_MODE "CONTINUOUS"',
        '*MEAS_SCAN_START "10.0000"', '*MEAS_SCAN_STOP "19.9500"', '*MEAS_SCAN_STEP "0.0500"',
        '*MEAS_SCAN_UNIT_Y "counts"', '*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"', "*RAS_HEADER_END", "*RAS_INT_START",
    ]  # fmt: skip
    return "\n".join([*head, *rows_, "*RAS_INT_END", "*RAS_DATA_END", ""])


def _rows_of(sign: str, factor: float = 1.0, middle: str = "") -> list[str]:
    """The rows of ``pattern_text`` with another sign between columns, angles scaled, and a column put in between."""
    found = []
    for line in pattern_text().splitlines():
        angle, *rest = line.split()
        found.append(sign.join([f"{float(angle) * factor:.6f}", *([middle] if middle else []), *rest]))
    return found


def pyfai_text(unit: str = "2th_deg", factor: float = 1.0, wavelength: str = "# Wavelength: 4.1e-11 m\n") -> str:
    """A pattern as pyFAI writes it: a head of comments, the last of which names the columns."""
    head = "# == pyFAI calibration ==\n# Distance Sample to Detector: 0.1 m\n# PONI: 1.0e-01, 1.0e-01 m\n"
    label = f"#       {unit}              I           sigma\n"
    return f"{head}{wavelength}# Detector None\n# --> silicon.dat\n{label}" + "\n".join(_rows_of("   ", factor)) + "\n"


def panalytical_text(intended: str = "K-Alpha") -> str:
    """PANalytical's csv, with the time of each step in its second column."""
    head = ["[Measurement conditions]", "Sample identification,Li2S-LiI", "Anode material,Cu"]
    head += ["K-Alpha1 wavelength,1.540598", "K-Alpha2 wavelength,1.544426", "Ratio K-Alpha2/K-Alpha1,0.5"]
    head += [f"Intended wavelength,{intended}", "Scan axis,Gonio", "[Scan points]", "Angle,TimePerStep,Intensity,ESD"]
    return "\r\n".join([*head, *_rows_of(",", middle="96.39"), ""])


def eva_text() -> str:
    """EVA's txt, whose rows end in a comma."""
    head = [";RAW4.00", "[Range 1]", "Anode=Cu", "Alpha1=1.54060", "Alpha2=1.54439", "[Data]", "Angle,       PSD,"]
    rows_ = [f"{line.split()[0]},  {line.split()[1][:-2]}," for line in pattern_text().splitlines()]
    return "\r\n".join([*head, *rows_, ""])


def uxd_text(marker: str = "_COUNTS") -> str:
    """Bruker's text, which begins with comments and holds counts alone."""
    head = ["; (Data for Range number 1)", "_FILEVERSION=1", "_SAMPLE='a'", "_WL1=1.540600", "_WL2=1.544390"]
    head += ["_DRIVE='COUPLED'", "_STEPTIME=1.0", "_STEPSIZE=0.05", "_STEPMODE='C'", "_START=10.0", marker]
    counts = [line.split()[1][:-2] for line in pattern_text().splitlines()]
    pairs = (
        [line.split()[0] + "  " for line in pattern_text().splitlines()] if marker == "_2THETACOUNTS" else [""] * 200
    )
    return "\n".join([*head, *(a + b for a, b in zip(pairs, counts, strict=True)), ""])


def asc_text() -> str:
    """Rigaku's asc: counts alone, four in a line."""
    head = ["*TYPE\t\t=  Raw", "*CLASS\t\t=  ASCII CLASS", "*SCAN_AXIS\t=  2theta/theta", "*WAVE_LENGTH1\t=  1.54059"]
    head += ["*WAVE_LENGTH2\t=  1.54441", "*YUNIT\t\t=  counts", "*BEGIN", "*START\t\t=  10.0", "*STOP\t\t=  19.95"]
    head += ["*STEP\t\t=  0.05", "*COUNT\t\t=  200"]
    counts = [line.split()[1] for line in pattern_text().splitlines()]
    return "\n".join([*head, *(", ".join(counts[n : n + 4]) for n in range(0, 200, 4)), "*END", "*EOF", ""])


def counts_cif_text(more: str = "_diffrn_radiation_wavelength 0.41370(2)\n") -> str:
    """A pdCIF that tells a range and counts."""
    head = f"data_pattern\n{more}_pd_meas_2theta_range_min 10.0\n_pd_meas_2theta_range_max 19.95\n"
    counts = "\n".join(line.split()[1][:-2] for line in pattern_text().splitlines())
    return f"{head}_pd_meas_2theta_range_inc 0.05\nloop_\n_pd_meas_counts_total\n{counts}\n"


def jasco_text(unit: str = "1/CM", decimal: str = ".") -> str:
    """A Raman spectrum as JASCO's programs write it in Japan."""
    head = [
        "TITLE\t硫化リチウム",
        "DATA TYPE\tRAMAN SPECTRUM",
        "ORIGIN\tJASCO",
        f"XUNITS\t{unit}",
        "YUNITS\tInt.",
        "FIRSTX\t450.0",
    ]
    tail = ["", "##### Extended Information", "[Measurement]", "Excitation wavelength\t532.08 nm", ""]
    rows_ = raman_text("").replace(".", decimal).splitlines()
    return "\r\n".join([*head, "LASTX\t569.4", "NPOINTS\t200", "XYDATA", *rows_, *tail])


def pairs_text() -> str:
    """r and G of two shells, as PDFgetX3 writes them."""
    rows_ = []
    for k in range(200):
        r = 0.05 * k
        g = 8.0 * 2.0 ** -(((r - 2.5) / 0.1) ** 2) + 3.0 * 2.0 ** -(((r - 3.5) / 0.1) ** 2) - 0.1 * r
        rows_.append(f"{r:.2f} {g if k else float('nan'):.6f}")
    head = ["[DEFAULT]", "version = pdfgetx3", "composition = Ni", "qmax = 25.0", "#### start data", "#S 1"]
    return "\n".join([*head, "#L r($\\AA$)  G($\\AA^{-2}$)", *rows_, ""])


def raman_text(head: str = "#Acq. time (s)=\t10\n#Laser (nm)=\t532\n") -> str:
    """A line at 520.5 1/cm, as LabSpec writes it."""
    rows_ = []
    for k in range(200):
        shift = 450.0 + 0.6 * k
        rows_.append(f"{shift:.3f}\t{round(300 + 5000 / (1 + ((shift - 520.5) / 2.0) ** 2))}")
    return head + "\n".join(rows_) + "\n"


def cif_text() -> str:
    """Fluorite."""
    tags = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "U_iso_or_equiv")
    cell = [f"_cell_{what}_{axis} {value}" for what, axes, value in (
        ("length", ("a", "b", "c"), "5.463(1)"), ("angle", ("alpha", "beta", "gamma"), "90"),
    ) for axis in axes]  # fmt: skip
    rows_ = ["Ca1 Ca 0 0 0 1 0.006(1)", "F1 F 0.25 0.25 0.25 1 0.009(1)"]
    head = ["data_fluorite", *cell, "_symmetry_space_group_name_H-M 'F m -3 m'", "loop_"]
    return "\n".join([*head, *(f"_atom_site_{tag}" for tag in tags), *rows_, ""])


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "bdf": _text("sample.bdf.csv", bdf_text),
    "bdf.machine": _text("machine.bdf.csv", lambda: bdf_text(machine=True, end="\r\n")),
    "bdf.parquet": parquet,
    "landt": _text("landt.csv", landt_text),
    "neware_csv": _text("neware.csv", neware_text),
    "neware_csv.milli": _text("milli.csv", lambda: neware_text(milli=True)),
    "biologic_mpt": _text("gcpl.mpt", mpt_text, "latin-1"),
    "biologic_mpt.comma": _text("comma.mpt", lambda: mpt_text(","), "latin-1"),
    "biologic_mpt.spectra": _text("peis.mpt", spectra_text),
    "gamry_dta": _text("eis.DTA", gamry_text),
    "gamry_dta.comma": _text("comma.DTA", lambda: gamry_text(",")),
    "gamry_dta.course": _text("chrono.DTA", gamry_course_text),
    "zview": _text("eis.z", zplot_text),
    "spectrum_csv": _text("exported.csv", spectrum_text),
    "novocontrol": _text("pellet.txt", novocontrol_text),
    "cif": _text("fluorite.cif", cif_text),
    "pair_distribution": _text("sample.gr", pairs_text),
    "raman": _text("labspec.txt", raman_text),
    "raman.wire": _text("wire.txt", lambda: raman_text("#Wave\t\t#Intensity\n")),
    "raman.jasco": _text("jasco.txt", jasco_text, "cp932"),
    "raman.thermo": _text("omnic.csv", lambda: "cm-1,Intensity\n" + raman_text("").replace("\t", ",")),
    "raman.bare": _text("bare.txt", lambda: raman_text("")),
    "diffraction": _text("sample.xye", pattern_text),
    "diffraction.pyfai": _text("silicon.dat", pyfai_text),
    "diffraction.panalytical": _text("scan.csv", panalytical_text),
    "diffraction.eva": _text("eva.txt", eva_text),
    "diffraction.uxd": _text("scan.uxd", uxd_text),
    "diffraction.asc": _text("scan.asc", asc_text),
    "diffraction.counts": _text("counts.cif", counts_cif_text),
    "diffraction.ras": _text("sample.ras", ras_text),
    "columns": _text("hz.csv", japanese_text, "cp932"),
    "columns.book": workbook,
}
"""What writes a small valid file into a folder; the reader's name stands before the point."""

DECLARED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "columns": (MAP, LAYOUT),
    "columns.book": (BOOK_MAP, {"sheet": "Data"}),
}
"""The columns and layout that the samples without a format of their own need."""
