"""What the report shows: figures by the numbers in them, the page by its words, files by what is left of them."""

import base64
import csv
import html
import io
import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text as FigureText
from rich.console import Console

from thiocell.core.bad_input import BadInput
from thiocell.core.drawing import Axis, Band, Drawing, Image, Line, Panel, Points
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.result import Covariance, Limit, Result
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.term import Term
from thiocell.readers import read
from thiocell.report import _layers, csv_table, files, page, recorded, sections, thinning, wording
from thiocell.report.figure import VIRTUAL, draw_onto, render
from thiocell.report.gallery import rendered
from thiocell.report.page import write
from thiocell.report.progress import progress
from thiocell.report.table import result_table, values_table, verdict_table
from thiocell.report.window import Window
from thiocell.studies.claim import Verdict
from thiocell.studies.intervals import Reach
from thiocell.studies.outcome import Outcome, Run

CAPACITY, VOLTAGE = Axis("Capacity", "mAh g⁻¹"), Axis("Cell voltage", "V")
FILE = Source("measured", "sha256:9f2b5c0e", "cell3.mpr")
EVIL = "<script>alert('x')</script> & \"more\""
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def panel(*layers, x=CAPACITY, y=VOLTAGE, **more):
    return Panel(x, y, layers, **more)


def drawn(given, *, virtual=False):
    axes = Figure(figsize=(3.35, 2.6)).add_subplot()
    draw_onto(axes, given, virtual=virtual)
    return axes


def shown_text(axes):
    return [text.get_text() for text in axes.findobj(FigureText)]


def drawing(*, virtual=False):
    x = np.linspace(0.0, 530.0, 40)
    return Drawing(
        (
            panel(
                Line(x, 2 - x / 600, "25 mA g⁻¹", 0), Line(x, 1.9 - x / 500, "50 mA g⁻¹", 1, "dashed"), title="Curves"
            ),
            panel(
                Points([25, 50, 100], [530, math.nan, 473], "found", 2, sigma_y=[13, 12, math.nan]),
                Band([25, 50], [500, 480], [550, 540], "spread", 2),
                x=Axis("Current", "mA g⁻¹", "log"),
                y=CAPACITY,
            ),
        ),
        "Two panels.",
        virtual,
    )


def result(source=FILE, values=None, **more):
    values = values or {
        "capacity": Quantity(530.2, "mAh/g", 13.3),
        "efficiency": Quantity(0.9987),
        "theoretical": Quantity.exact(1166.6789, "mAh/g"),
        "conductivity": Quantity(6.6e-5, "S/cm", 3e-6),
    }
    curve = Record("ends", "table", {"cycle": Column([1, 2]), "capacity": Column([491.0, math.nan], "mAh/g")}, source)
    given = {"curves": {"ends": curve}, "doubts": ("the mass error is assumed", EVIL), "drawing": drawing()} | more
    return Result("rate", values, source, **given)


def verdict(number, word="holds", found=None, **more):
    printed = Quantity(number or 0, "mAh/g")
    given = {
        "kind": "measured",
        "about": "series[x=0.05].capacity / rate.capacity",
        "says": f"{number} mAh/g",
        "reason": f"why {number}",
    }
    return Verdict(f"claim_{number}", number, word, printed=printed, found=found, where="p. 4", **given | more)


def run(**more):
    virtual = result(Source("recovered", "", "seed 7"))
    sample = Sample(
        "best",
        "li2s_lii_mos2",
        {"x": Quantity.exact(0.2)},
        {"area": Fact(Quantity(0.785, "cm**2", 0.005), Source("paper", "10.1002/batt.202300427", "Experimental"))},
    )
    raw = Record("cell3", "cycling", {"time": Column([0, 1, 2], "s")}, FILE, ("the clock jumps back",))
    facts = {"mass": Fact(Quantity(4.0, "mg", 0.1), Source("assumed", place="not stated"))}
    steps = [
        Outcome("best", "sample", "done", sample),
        Outcome("cell3", "record", "done", sample, records={"main": raw}, facts=facts),
        Outcome(
            "rate", "analyse", "done", sample, result(limits={"leak": Limit(Quantity(2e-9, "S/cm"), "below", 0.95)})
        ),
        Outcome("series[x=0.05]", "analyse", "kept", sample, virtual),
        Outcome("broken", "analyse", "failed", error=f"the file is empty {EVIL}", bad_input=True),
        Outcome("after", "trend", "skipped", error="step 'broken' failed"),
    ]
    words = ("holds", "fails", "contradicts", "open")
    found = {"holds": Quantity(7.0, "mAh/g", 0.2), "fails": Quantity(9.0, "mAh/g")}
    verdicts = tuple(verdict(n, words[n % 4], found.get(words[n % 4])) for n in range(1, 30))
    given = {
        "name": "pan2023",
        "title": f"Title {EVIL}",
        "about": "What was done.",
        "versions": {"thiocell": "0.1"},
    } | more
    return Run(**({"outcomes": {step.name: step for step in steps}, "verdicts": verdicts} | given))


TERMS = {"rate": {"capacity": Term("mAh/g", "Q", "discharge capacity of the first block", 0, 5000)}}


class Balanced(HTMLParser):
    """Collects what a page links to and shows; raises if a tag is closed that was not open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids, self.heads, self.scripts, self.words = [], [], [], [], 0, []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.links += [(tag, name, given[name]) for name in ("href", "src", "xlink:href") if given.get(name)]
        self.ids += [given["id"]] if "id" in given else []
        self.heads += [given.get("scope")] if tag == "th" else []
        self.scripts += tag == "script"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def page_of(folder, given=None):
    text = write(given or run(), folder, TERMS).read_text("utf-8")
    return text, Balanced(text)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The whole report, written once: its folder, its text and what stands in it."""
    folder = tmp_path_factory.mktemp("report")
    return folder, *page_of(folder)


def small():
    """A run of one step, for tests that write it many times."""
    return run(outcomes={"rate": Outcome("rate", "analyse", "done", None, result())}, verdicts=())


# figures


def test_a_line_is_drawn_with_the_numbers_it_holds_and_its_axes_say_label_and_unit():
    axes = drawn(panel(Line([1, 2, 3], [4, 6, 5], "one")))
    (line,) = axes.get_lines()
    assert line.get_xydata().tolist() == [[1, 4], [2, 6], [3, 5]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Capacity / mAh g⁻¹", "Cell voltage / V")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one"]


def test_error_bars_stand_where_sigma_is_known_and_nowhere_else():
    axes = drawn(panel(Points([1, 2, 3], [10, 20, 30], sigma_y=[1, math.nan, 0])))
    (bars,) = axes.collections
    assert [segment.tolist() for segment in bars.get_segments()] == [[[1, 9], [1, 11]]]


def test_a_gap_in_a_line_stays_a_gap_and_empty_layers_are_no_error():
    axes = drawn(panel(Line([1, 2, math.nan, 4], [1, 2, 3, 4]), Line([], [], "none"), Points([], []), Band([], [], [])))
    assert np.isnan(axes.get_lines()[0].get_xdata()).tolist() == [False, False, True, False]
    assert "no data" in shown_text(drawn(panel()))
    assert "<svg" in render(Drawing((panel(),)))
    assert "<svg" in render(Drawing(()))


def test_tones_have_colours_and_marks_of_their_own_and_one_tone_keeps_its_colour():
    x = np.linspace(0, 1, 50)
    axes = drawn(panel(*(Line(x, x * k, f"{k}", k) for k in range(4)), Points([0.5], [1.0], tone=2)))
    lines = axes.get_lines()
    assert len({line.get_color() for line in lines[:4]}) == 4
    assert lines[4].get_color() == lines[2].get_color()
    assert len({lines[k].get_marker() for k in (0, 1, 3)}) == 3  # tone 2 has its points already
    many = drawn(panel(*(Line(x, x * k, f"{k}", k) for k in range(12)))).get_lines()
    assert len({tuple(line.get_color()) for line in many}) == 12


def test_a_logarithmic_axis_is_labelled_in_plain_letters():
    axes = drawn(panel(Points([1e-8, 1e-4], [1.0, 2.0]), x=Axis("Conductivity", "S cm⁻¹", "log")))
    axes.figure.draw_without_rendering()
    assert axes.get_xscale() == "log"
    assert "10⁻⁶" in shown_text(axes)
    assert not any("$" in text for text in shown_text(axes))


def test_a_bar_through_zero_does_not_open_decades_of_empty_logarithmic_axis():
    given = panel(Points([1, 2], [1e-6, 2e-6], sigma_y=[5e-6, 1e-7]), y=Axis("Conductivity", "S/cm", "log"))
    assert Window.of(given, 200, 150).y.low > 5e-8


def test_equal_axes_have_the_same_length_a_unit():
    given = panel(Points([0, 100], [0, 50]), equal=True)
    axes = drawn(given)
    axes.figure.draw_without_rendering()
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    box = axes.get_window_extent()
    assert (x1 - x0) / box.width == pytest.approx((y1 - y0) / box.height, rel=1e-3)
    assert x0 <= 0
    assert x1 >= 100
    assert y0 <= 0
    assert y1 >= 50


def test_the_axis_decides_its_ends_where_it_names_them():
    axes = drawn(panel(Line([0, 10], [0, 1]), x=Axis("q", "", low=-5, high=20), y=Axis("r", "", high=3)))
    assert axes.get_xlim() == (-5, 20)
    assert axes.get_ylim()[1] == 3


def test_an_image_lies_where_its_edges_say_and_a_missing_pixel_stays_missing():
    axes = drawn(panel(Image([[1, 2, 3], [4, math.nan, 6]], 0, 30, -1, 1, "grey"), equal=False))
    (image,) = axes.get_images()
    assert image.get_extent() == [0, 30, -1, 1]
    assert image.get_array().filled(-9).tolist() == [[1, 2, 3], [4, -9, 6]]
    assert image.origin == "lower"


def test_labels_with_a_dollar_sign_are_not_mathematics():
    axes = drawn(panel(Line([1, 2], [1, 2], "costs $5 or $6"), x=Axis("a $x$ b")))
    assert axes.get_legend().get_texts()[0].get_text() == "costs $5 or $6"
    svg = render(Drawing((panel(Line([1, 2], [1, 2], "costs $5 or $6"), x=Axis("a $x$ b")),)))
    assert "costs $5 or $6" in svg
    assert "a $x$ b" in svg


def test_virtual_data_are_marked_in_every_panel_and_their_marks_are_open():
    given = drawing(virtual=True)
    svg = render(given)
    assert svg.count(f">{VIRTUAL}</text>") == len(given.panels)
    assert VIRTUAL not in render(replace(given, virtual=False))
    for virtual in (True, False):
        (marks,) = (line for line in drawn(given.panels[1], virtual=virtual).get_lines() if line.get_marker() == "^")
        assert (marks.get_markerfacecolor() == "none") is virtual  # what lies beneath can be seen


def test_the_same_drawing_gives_the_same_svg_and_another_one_does_not():
    assert render(drawing()) == render(Drawing.from_json(drawing().to_json()))
    assert render(drawing()) != render(drawing(virtual=True))


def test_a_users_own_style_does_not_change_the_figure():
    import matplotlib

    plain = render(drawing())
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert render(drawing()) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_an_svg_is_well_formed_keeps_its_text_and_points_nowhere_outside():
    svg = render(drawing())
    root = ElementTree.fromstring(svg.encode())  # noqa: S314  our own text
    assert "Cell voltage / V" in "".join(root.itertext())
    assert root.find("{http://www.w3.org/2000/svg}title").text == "Two panels."
    assert not re.search(r'(?:href|src)="(?!#)', svg)
    assert "DOCTYPE" not in svg
    assert "<style" not in svg
    assert "<metadata" not in svg
    assert "'DejaVu Sans', 'Arial', sans-serif" in svg


def test_a_legend_that_would_cover_data_stands_below_the_panel():
    x = np.linspace(0, 300, 4000)
    svg = render(Drawing((panel(Line(x, np.sin(x), "everywhere")),)))
    low = [float(m) for m in re.findall(r'y="([\d.]+)"[^>]*>(?:everywhere|Capacity / mAh g⁻¹)<', svg)]
    assert len(low) == 2
    assert max(low) > 180
    height = float(re.search(r'height="([\d.]+)pt"', svg)[1])
    assert height > 2.6 * 72


def test_a_legend_that_would_lie_over_a_coloured_area_stands_below_the_panel():
    x = np.linspace(0, 300, 50)
    svg = render(Drawing((panel(Band(x, 0 * x, 0 * x + 1, "everywhere")),)))
    assert float(re.search(r'height="([\d.]+)pt"', svg)[1]) > 2.6 * 72 + 5


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("mAh/g", "mAh g⁻¹"),
        ("mAh/g/V", "mAh g⁻¹ V⁻¹"),
        ("g/cm**3", "g cm⁻³"),
        ("S/cm", "S cm⁻¹"),
        ("ohm*cm**2", "Ω cm²"),
        ("Ohm*cm**2", "Ω cm²"),
        ("1/K", "K⁻¹"),
        ("mAh g⁻¹", "mAh g⁻¹"),
        ("%", "%"),
        ("", ""),
        ("mol/(L*s)", "mol/(L*s)"),
        ("V**0.5", "V**0.5"),
    ],
)
def test_units_are_printed_with_exponents_and_what_is_not_understood_stays(unit, shown):
    axes = drawn(panel(Line([1, 2], [1, 2]), x=Axis("q", unit)))
    assert axes.get_xlabel() == (f"q / {shown}" if unit else "q")


def test_a_table_keeps_the_plain_unit_of_an_axis():
    assert "mAh/g" in csv_table.of_drawing(Drawing((panel(Line([1, 2], [1, 2]), x=Axis("q", "mAh/g")),)))


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 2), (5, 2, 3)])
def test_panels_stand_in_rows_of_three_and_four_two_by_two(count, rows, columns):
    svg = render(Drawing((panel(Line([1, 2], [1, 2])),) * count))
    width, height = (float(re.search(rf'{side}="([\d.]+)pt"', svg)[1]) / 72 for side in ("width", "height"))
    assert (width, height) == pytest.approx((3.35 * columns, 2.6 * rows), abs=0.01)


def test_places_have_their_names_as_ticks_and_bars_that_show_beside_the_smallest_error():
    lengths = Axis("Edge a", "angstrom")
    given = panel(Points([1, 2], [5.71, 6.01], sigma_y=[1e-4, 1e-4]), x=Axis("", places=("Li2S", "$LiI$")), y=lengths)
    axes = drawn(given)
    axes.figure.draw_without_rendering()
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["Li2S", r"\$LiI\$"]
    assert axes.get_xlim() == (0.5, 2.5)
    assert len(axes.collections[0].get_segments()) == 2
    assert axes.get_ylabel() == "Edge a / Å"
    assert Drawing.from_json(json.loads(json.dumps(Drawing((given,)).to_json()))).panels == (given,)
    rows = list(csv.reader(io.StringIO(csv_table.of_drawing(Drawing((given,))).lstrip("\ufeff"))))
    assert [row[rows[0].index("x: ")] for row in rows[1:]] == ["Li2S", "$LiI$"]


def test_below_the_floor_of_an_axis_no_tick_is_labelled():
    axes = drawn(panel(Line([0, 1], [-5, 10]), y=Axis("Intensity", floor=-0.1)))
    axes.figure.draw_without_rendering()
    labels = [tick.get_text() for tick in axes.get_yticklabels() if tick.get_text()]
    assert float(labels[0]) == 0.0
    assert axes.get_ylim()[0] < -5


def test_a_wide_panel_takes_two_places_of_a_row():
    def size(*wide):
        svg = render(Drawing(tuple(panel(Line([1, 2], [1, 2]), wide=each) for each in wide)))
        return [float(re.search(rf'{side}="([\d.]+)pt"', svg)[1]) / 72 for side in ("width", "height")]

    assert size(True) == pytest.approx([6.7, 2.6], abs=0.01)
    assert size(True, False) == pytest.approx([10.05, 2.6], abs=0.01)
    assert size(True, False, False) == pytest.approx([6.7, 5.2], abs=0.01)
    assert size(False, False, True) == pytest.approx([6.7, 5.2], abs=0.01)


def test_many_bars_of_one_error_are_few_and_bars_that_differ_all_stand():
    x = np.arange(1.0, 101.0)
    (few,) = drawn(panel(Points(x, 500 - x, sigma_y=np.full(100, 12.0)))).collections
    assert 10 <= len(few.get_segments()) <= 20
    odd = np.where(x < 6, 40.0, 12.0)
    (mixed,) = drawn(panel(Points(x, 500 - x, sigma_y=odd))).collections
    assert sum(np.ptp(bar[:, 1]) > 50 for bar in mixed.get_segments()) == 5  # what differs stands
    assert len(mixed.get_segments()) <= 25
    (every,) = drawn(panel(Points(x, 500 - x, sigma_y=x + 4))).collections
    assert len(every.get_segments()) == 100


def test_a_bar_that_would_end_inside_its_mark_does_not_fill_it():
    # 170 pt high at most and 0 to 100 within it: 0.5 is below 0.9 pt where a mark reaches 1.8 pt from its middle
    (bars,) = drawn(panel(Points([1, 2, 3], [0, 50, 100], sigma_y=[0.5, 4.0, 0.5]))).collections
    assert [bar.tolist() for bar in bars.get_segments()] == [[[2, 46], [2, 54]]]


def test_a_level_is_no_row_of_marks_and_an_unnamed_dotted_line_is_grey():
    x = np.linspace(0, 10, 40)
    levels = [Line([0, 10], [level, level], f"{level} %", tone, "dotted") for tone, level in ((1, 68), (2, 95))]
    axes = drawn(panel(Line(x, x, "rise", 0), *levels, Line([0, 10], [5, 5], style="dotted")))
    _, low, high, place = axes.get_lines()
    assert [line.get_marker() for line in (low, high)] == ["None", "None"]
    assert [line.get_color() for line in (low, high)] == list(_layers.COLOURS[1:3])
    assert place.get_color() == _layers.GREY


def test_panels_that_say_the_same_have_one_legend_and_others_their_own():
    one, other = (panel(Line([1, 2], [1, k], "39 mAh/g", 0), Line([1, 2], [2, k], "194 mAh/g", 1)) for k in (3, 4))
    swapped = panel(Line([1, 2], [1, 3], "39 mAh/g", 1), Line([1, 2], [2, 3], "194 mAh/g", 0))
    pixels = Image([[1, 2], [3, 4]], 0, 2, 0, 2, "grey")
    svg = render(Drawing((one, replace(one, layers=(pixels, *one.layers)), other, swapped)))
    assert svg.count(">39 mAh/g</text>") == 2


def test_the_legend_names_only_what_is_there_and_a_negative_tone_is_grey():
    axes = drawn(panel(Points([1], [2], "here"), Points([1], [math.nan], "nowhere"), Points([2], [1], "aside", -1)))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["here", "aside"]
    assert axes.get_lines()[2].get_color() == _layers.GREY


# thinning


def test_a_long_line_is_thinned_to_a_small_file_that_keeps_its_extremes():
    rng = np.random.default_rng(5)
    x = np.linspace(0, 500, 46_000)
    y = np.sin(x) + 0.02 * rng.normal(size=x.size)
    y[20_001] = 7.0  # one point that is worth seeing
    y[33_333] = -6.0
    (line,) = drawn(panel(Line(x, y))).get_lines()
    kept = np.asarray(line.get_ydata())
    assert kept.size < 8000
    assert (kept.max(), kept.min()) == (7.0, -6.0)
    assert line.get_xdata()[0] == x[0]
    assert line.get_xdata()[-1] == x[-1]
    assert np.isin(kept, y).all()
    assert len(render(Drawing((panel(Line(x, y)),)))) < 150_000


def test_thinning_keeps_the_envelope_of_every_column_and_the_order_of_the_points():
    rng = np.random.default_rng(6)
    x = np.sort(rng.uniform(0, 200, 20_000))
    y = rng.normal(size=x.size)
    kept = thinning.line(x, y, 100)
    assert (np.diff(kept) > 0).all()
    column = np.floor(x * thinning.COLUMNS_A_POINT[-1])
    for which in np.unique(column):
        there = column == which
        chosen = y[kept[column[kept] == which]]
        assert (chosen.max(), chosen.min()) == (y[there].max(), y[there].min())


def test_thinning_keeps_gaps_apart_and_short_lines_whole():
    x = np.linspace(0, 10, 5000)
    y = np.sin(x)
    y[2000:2500] = math.nan
    kept = thinning.line(x, y, 50)
    assert np.isnan(y[kept]).sum() == 1
    assert thinning.line(x[:50], y[:50], 50).tolist() == list(range(50))
    assert thinning.line(np.empty(0), np.empty(0), 50).size == 0


def test_many_marks_are_thinned_but_the_outermost_stay():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(2, 46_000))
    kept = thinning.marks(x * 30, y * 30, 600)
    assert kept.size < 650
    assert {x[kept].min(), x[kept].max()} == {x.min(), x.max()}
    assert {y[kept].min(), y[kept].max()} == {y.min(), y.max()}
    assert len(render(Drawing((panel(Points(x, y)),)))) < 150_000


def test_a_large_picture_is_averaged_over_blocks_without_the_missing_pixels():
    values = np.arange(16.0).reshape(4, 4)
    values[0, 0] = math.nan
    small = thinning.picture(values, 2)
    assert small.tolist() == [[pytest.approx((1 + 4 + 5) / 3), 4.5], [10.5, 12.5]]
    assert thinning.picture(values, 4) is values


# csv


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_csv_of_a_figure_holds_every_number_of_every_layer_under_its_unit():
    rows = rows_of(csv_table.of_drawing(drawing()))
    first = [row for row in rows if (row["panel"], row["layer"]) == ("1", "1")]
    line = drawing().panels[0].layers[0]
    assert [float(row["x: Capacity / mAh g⁻¹"]) for row in first] == line.x.tolist()
    assert [float(row["y: Cell voltage / V"]) for row in first] == line.y.tolist()
    points = [row for row in rows if row["kind"] == "points"]
    assert [row["y: Capacity / mAh g⁻¹"] for row in points] == ["530.0", "", "473.0"]
    assert [row["sigma_y: Capacity / mAh g⁻¹"] for row in points] == ["13.0", "12.0", ""]
    band = [row for row in rows if row["kind"] == "band"]
    assert [(row["low: Capacity / mAh g⁻¹"], row["high: Capacity / mAh g⁻¹"]) for row in band] == [
        ("500.0", "550.0"),
        ("480.0", "540.0"),
    ]
    assert {row["label"] for row in rows} == {"25 mA g⁻¹", "50 mA g⁻¹", "found", "spread"}


def test_the_csv_of_an_image_has_each_pixel_at_its_middle():
    given = Drawing(
        (panel(Image([[1, 2], [3, math.nan]], 0, 4, 10, 30, "grey"), x=Axis("x", "um"), y=Axis("y", "um")),)
    )
    rows = rows_of(csv_table.of_drawing(given))
    assert [(row["x: x / um"], row["y: y / um"], row["value: grey"]) for row in rows] == [
        ("1.0", "15.0", "1.0"),
        ("3.0", "15.0", "2.0"),
        ("1.0", "25.0", "3.0"),
        ("3.0", "25.0", ""),
    ]


def test_a_curve_is_written_as_name_and_unit_with_all_its_digits():
    record = Record("r", "table", {"a": Column([0.1, math.nan], "V"), "n": Column([1, 2])}, FILE)
    assert csv_table.of_record(record) == "a / V,n\n0.1,1.0\n,2.0\n"


# words


@pytest.mark.parametrize(
    ("quantity", "number", "sigma", "found"),
    [
        (Quantity(6.6e-5, "S/cm", 3e-6), "6.6(3)e-5 S/cm", "3e-6 S/cm", "6.6(3)e-5 S/cm"),
        (Quantity(530.2, "mAh/g", 13.3), "530(13) mAh/g", "13 mAh/g", "530(13) mAh/g"),
        (Quantity(0.1 + 0.2), "0.3", "unknown", "0.3 (sigma unknown)"),
        (Quantity(99.95381, "%"), "99.95 %", "unknown", "99.95 % (sigma unknown)"),
        (Quantity(-123456.7, "s"), "-123500 s", "unknown", "-123500 s (sigma unknown)"),
        (Quantity(0.000123456, "V"), "0.0001235 V", "unknown", "0.0001235 V (sigma unknown)"),
        (Quantity.exact(1166.678901, "mAh/g"), "1166.68 mAh/g", "held exact", "1166.68 mAh/g (exact)"),
        (Quantity(123456, "V", 2100), "1.235(21)e5 V", "2100 V", "1.235(21)e5 V"),
        (Quantity(5, "mA/cm**2", 0.2), "5.0(2) mA/cm²", "0.2 mA/cm²", "5.0(2) mA/cm²"),
        (Quantity(25, "degC"), "25 °C", "unknown", "25 °C (sigma unknown)"),
    ],
)
def test_a_number_is_written_with_its_sigma_which_is_spelled_out(quantity, number, sigma, found):
    assert (wording.number(quantity), wording.sigma(quantity), wording.found(quantity)) == (number, sigma, found)


@pytest.mark.parametrize(
    ("bound", "side", "shown"),
    [
        (Quantity(0.00764754, "%"), "below", "below 0.0077 % (95 % confidence)"),
        (Quantity(0.00764754, "%"), "above", "above 0.0076 % (95 % confidence)"),
        (Quantity(0.0076, "%"), "below", "below 0.0076 % (95 % confidence)"),
        (Quantity(-1.234, "deg"), "below", "below -1.2 deg (95 % confidence)"),
        (Quantity(12345.0, "nm"), "above", "above 12000 nm (95 % confidence)"),
        (Quantity(9.99, ""), "below", "below 10 (95 % confidence)"),
        (Quantity(0.0, "S/cm"), "above", "above 0 S/cm (95 % confidence)"),
    ],
)
def test_a_limit_has_two_digits_and_still_holds(bound, side, shown):
    assert sections.limit_text(Limit(bound, side, 0.95)) == shown


def test_a_verdict_that_a_limit_decided_shows_it_as_what_was_found(tmp_path):
    known = {"limit": Limit(Quantity(1.2345, "%"), "below", 0.95), "about": "refined.weight_lii"}
    given = verdict(6, "holds", None, **known)
    assert wording.found_of(given) == ("< 1.3 %", "(95 %)")
    text, _ = page_of(tmp_path, run(verdicts=(given,)))
    assert '<td class="number found">&lt; 1.3 % (95 %)</td>' in text
    assert "< 1.3 %" in printed(verdict_table(run(verdicts=(given,))))


def test_figures_of_merit_are_computed_and_not_called_exact():
    exact = {word: Quantity.exact(18.377681, "%") for word in ("rw_ni", "rwp", "gof", "chi2", "retention")}
    lines = [line.split() for line in printed(result_table(result(values=exact), "fit")).splitlines()]
    assert [line for line in lines if line and line[0] in ("rw_ni", "retention")] == [
        ["rw_ni", "18.38", "%", "–"],
        ["retention", "18.3777", "%", "held", "exact"],
    ]
    for about, says in (("a.chi2 - b.chi2", ("18.38 %", "")), ("a.chi2 - a.retention", ("18.3777 %", "(exact)"))):
        assert wording.found_of(verdict(1, found=exact["gof"], about=about)) == says


def test_a_printed_number_with_a_known_sigma_can_be_read_back():
    for given in (Quantity(6.6e-5, "S/cm", 3e-6), Quantity(5.0, "mA/cm**2", 0.2), Quantity(30, "um", 1.0)):
        back = Quantity.parse(wording.number(given)).to(given.unit)
        assert (back.value, back.sigma) == (pytest.approx(given.value), pytest.approx(given.sigma))


# the page


def test_the_page_is_balanced_reaches_nowhere_and_its_ids_are_its_own(written):
    _, text, seen = written
    allowed = re.compile(r"#|data:text/csv;|figures/[\w.=-]+\.svg$|data/[\w.=-]+\.csv$|https://doi\.org/")
    assert [link for link in seen.links if not allowed.match(link[2])] == []
    assert [link for link in seen.links if link[2].startswith("http") and link[0] != "a"] == []
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert len(seen.ids) == len(set(seen.ids))
    inside = {value[1:] for _, _, value in seen.links if value.startswith("#")}
    inside |= set(re.findall(r"url\(#([^)]+)\)", text))
    assert inside <= set(seen.ids)
    assert seen.heads
    assert None not in seen.heads


def test_user_text_cannot_become_part_of_the_page(tmp_path):
    text, seen = page_of(tmp_path)
    assert seen.scripts == 0
    assert "<script" not in text
    assert f"Title {EVIL}" in "".join(seen.words)
    nasty = replace(drawing(), caption=EVIL, panels=(panel(Line([1, 2], [1, 2], EVIL), x=Axis(EVIL), title=EVIL),))
    evil = run()
    steps = {
        EVIL: Outcome(
            EVIL, "analyse", "done", None, result(drawing=nasty, limits={EVIL: Limit(Quantity(1), "above", 0.9)})
        )
    }
    claims = (replace(verdict(1), claim=EVIL, reason=EVIL, where=EVIL, says=EVIL, about=EVIL),)
    text, seen = page_of(
        tmp_path, replace(evil, outcomes=steps, verdicts=claims, faults=(EVIL,), versions={EVIL: EVIL})
    )
    assert "<script" not in text
    assert "".join(seen.words).count("<script>") >= 10


def test_every_verdict_stands_on_the_page_in_the_order_of_the_claims(written):
    _, text, _ = written
    body = text[text.index('<table class="verdicts">') :].partition("</table>")[0]
    head, *rows = re.findall(r'<tr class="(\w+)">(.*?)</tr>', body, flags=re.DOTALL)
    assert len(rows) == 29
    assert head[0] == "group"
    assert "the source" in head[1]
    for (word, row), given in zip(rows, run().verdicts, strict=True):
        cells = [
            html.unescape(re.sub("<[^>]+>", " ", cell.replace("<wbr>", "")))
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        ]
        assert word == given.verdict
        assert cells[0] == str(given.number)
        assert given.claim in cells[1]
        assert given.about in cells[1]
        assert cells[2:4] == [given.says, wording.found(given.found)]
        assert cells[4].split() == [wording.SYMBOLS[given.verdict], given.verdict]
        assert cells[5:] == [given.kind, given.reason, given.where]
    assert 'href="#step-rate"' in body
    assert 'href="#step-series_x=0.05"' in body
    for word, meaning in wording.VERDICTS.items():
        assert f'<dt class="word {word}">{wording.SYMBOLS[word]} {word}</dt><dd>{meaning}</dd>' in text


MIXED = (
    verdict(1, kind="derived"),
    verdict(2, "fails", Quantity(9.0, "mAh/g"), kind="fitted"),
    verdict(3, kind="recovered"),
    verdict(4, kind="predicted"),
    verdict(5, "open", kind="", reason="needs spectra, not published"),
    verdict(6, kind="fitted"),
    verdict(7, "fails", Quantity(9.0, "mAh/g"), kind="predicted", stated="source"),
    verdict(None, "open", kind="", reason="needs spectra, not published"),
    verdict(9, "open", kind="", reason="needs [a test] of years"),
)
"""Of every kind; the seventh is predicted, but its claim says that the source is on trial."""


def test_the_table_of_verdicts_fits_a_page_of_1200_pixels_whatever_the_names(tmp_path):
    style = (page.TEMPLATES / "style.css").read_text("utf-8").partition("@media print")[0]
    least = {}  # rem; a later rule wins
    for rule in re.finditer(r"((?:\.verdicts \.\w+,? ?)+)\{ min-width: (\d+)rem", style):
        least |= dict.fromkeys(re.findall(r"\.verdicts \.(\w+)", rule[1]), float(rule[2]))
    others, padding = 3.0 + 7.0 + 5.5, 8 * 2 * 0.45  # number, verdict and kind, by their longest words
    assert set(least) == {"claim", "reason", "says", "found", "place"}
    assert sum(least.values()) + others + padding < 72.0 - 2.5
    text, _ = page_of(tmp_path, run(verdicts=(replace(verdict(1), claim="iodide_for_molybdenum", where="p. 4"),)))
    assert "iodide<wbr>_for<wbr>_molybdenum" in text
    assert '<td class="place">p. 4</td>' in text


def test_the_page_counts_the_source_apart_from_the_model_and_by_kind(tmp_path):
    text, _ = page_of(tmp_path, run(verdicts=MIXED))
    tally = text[text.index('<table class="tally">') :].partition("</table>")[0]
    lines = [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"(?:<th[^>]*>([^<]*))|(?:<td[^>]*>[^<]*</td>)", row)][:1]
        + re.findall(r"<td[^>]*>([^<]*)</td>", row)
        for row in re.findall(r"<tr.*?</tr>", tally.partition("</thead>")[2], re.DOTALL)
    ]
    assert [[line[0].strip(), *line[1:]] for line in lines] == [
        ["the source", "1", "1", "–", "3"],
        ["derived", "1", "–", "–", "–"],
        ["predicted", "–", "1", "–", "–"],
        ["no number", "–", "–", "–", "3"],
        ["the model", "2", "1", "–", "–"],
        ["fitted", "1", "1", "–", "–"],
        ["predicted", "1", "–", "–", "–"],
        ["the method", "1", "–", "–", "–"],
        ["recovered", "1", "–", "–", "–"],
    ]
    body = text[text.index('<table class="verdicts">') :].partition("</table>")[0]
    order = re.findall(r"the (source|model|method) <span|<td class=\"number\">(\d*)</td>\n<th scope=\"row\"", body)
    assert [tested or number for tested, number in order] == (
        ["source", "1", "5", "7", "", "9", "model", "2", "4", "6", "method", "3"]
    )


def test_values_sigmas_limits_doubts_and_meanings_stand_on_the_page(written):
    _, text, _ = written
    assert (
        '<th scope="row">capacity</th><td>Q</td><td>discharge capacity of the first block</td>'
        '<td class="number">530(13) mAh/g</td><td class="number">13 mAh/g</td>' in text
    )
    assert (
        '<th scope="row">efficiency</th><td></td><td></td><td class="number">0.9987</td><td class="number">unknown</td>'
        in text
    )
    assert '<td class="number">1166.68 mAh/g</td><td class="number">held exact</td>' in text
    assert "below 2e-9 S/cm (95 % confidence)" in text
    assert text.count("<li>the mass error is assumed</li>") == 2
    assert "the clock jumps back" in text


def test_virtual_steps_are_called_virtual_and_measured_ones_are_not(written):
    folder, text, _ = written
    articles = dict(re.findall(r'<article id="step-([^"]+)"(.*?)</article>', text, flags=re.DOTALL))
    assert "virtual: recovered, proves the method, not the claim" in articles["series_x=0.05"]
    assert articles["series_x=0.05"].count(f">{VIRTUAL}</text>") == 2  # though the technique's drawing forgot to say so
    assert "Virtual data, not measured." in articles["series_x=0.05"]
    assert "irtual" not in articles["rate"]
    assert f">{VIRTUAL}</text>" in (folder / "figures/series_x=0.05.svg").read_text("utf-8")


def test_steps_that_did_not_finish_say_why(written):
    _, _, seen = written
    words = re.sub(r"\s+", " ", "".join(seen.words))
    assert "2 of 6 steps did not finish: broken (failed), after (skipped)." in words
    assert f"analyse, failed (bad input): the file is empty {EVIL}" in words
    assert "trend, skipped: step 'broken' failed" in words


def predicted(scale=1.0, size=40):
    angle = np.linspace(3.0, 20.0, size)
    columns = {
        "two_theta": Column(angle, "deg"),
        "intensity": Column(scale * angle),
        "intensity_sigma": Column(np.sqrt(angle)),
    }
    notes = {"wavelength": "0.42(0) angstrom", "cif": "data_x\n_cell 5.7"}
    return Record("pattern", "diffraction", columns, Source("predicted", place="model"), ("noise is drawn",), notes)


def patterns(count):
    """A family of patterns that nobody analyses, and one that an analysis took."""
    steps = [
        Outcome(f"patterns[x={n}]", "predict", "done", None, None, {"main": predicted(n + 1.0)}) for n in range(count)
    ]
    steps += [Outcome("seen", "predict", "done", None, None, {"main": predicted()})]
    steps += [Outcome("refined", "analyse", "done", None, result(), needs=("seen",))]
    return run(outcomes={step.name: step for step in steps}, verdicts=())


def test_records_that_no_step_analyses_have_a_figure_and_a_table_of_all_members(tmp_path):
    (left,) = recorded.not_analysed(patterns(3))
    (shown,) = recorded.drawing_of(left).panels
    assert (left.name, list(left.members)) == ("patterns", ["[x=0]", "[x=1]", "[x=2]"])
    assert (shown.x.text, shown.y.text) == ("Angle between beam and scattered ray / deg", "Intensity")
    assert [layer.label for layer in shown.layers] == ["x=0", "x=1", "x=2"]
    assert shown.layers[2].y == pytest.approx(3.0 * np.linspace(3.0, 20.0, 40))
    text, found = page_of(tmp_path, patterns(3))
    assert "<strong>Virtual data, not measured.</strong> patterns, as predicted" in text
    assert "0.42(0) angstrom" in "".join(found.words)
    assert "_cell" not in text
    assert "noise is drawn" in text
    assert {file.name for file in (tmp_path / "figures").iterdir()} == {"patterns.svg", "refined.svg"}
    lines = (tmp_path / "data/patterns.csv").read_text("utf-8").splitlines()
    assert lines[:2] == ["# source: predicted (model)", "# wavelength: 0.42(0) angstrom"]
    assert lines[2] == "member,two_theta / deg,intensity,intensity_sigma"
    assert lines[3].startswith("x=0,3.0,3.0,")
    assert len(lines) == 3 + 3 * 40


def test_a_lone_record_is_read_again_from_its_table_and_stays_a_prediction(tmp_path):
    alone = run(outcomes={"mine": Outcome("mine", "predict", "done", records={"main": predicted()})}, verdicts=())
    page_of(tmp_path, alone)
    (again,) = read(tmp_path / "data/mine.csv")
    assert again.columns["two_theta"] == predicted().columns["two_theta"]
    assert again.notes["wavelength"] == "0.42 angstrom"
    assert again.source.kind == "predicted"


def test_a_large_family_is_one_figure_of_some_members_and_says_so():
    (left,) = recorded.not_analysed(patterns(100))
    drawn_as = recorded.drawing_of(left)
    assert drawn_as.caption == "patterns, as predicted; 40 of 100 members"
    (shown,) = drawn_as.panels
    assert len(shown.layers) == 40
    assert len([layer for layer in shown.layers if layer.label]) == 8


def test_members_in_other_units_are_drawn_in_those_of_the_first():
    warm = {"time": Column([0.0, 1.0], "s"), "temperature": Column([300.0, 310.0], "K")}
    cold = {"time": Column([0.0, 2.0], "min"), "temperature": Column([0.0, 10.0], "degC")}
    records = [Record("t", "cycling", columns, FILE) for columns in (warm, cold)]
    steps = {f"t[x={n}]": Outcome(f"t[x={n}]", "record", "done", records={"main": r}) for n, r in enumerate(records)}
    (left,) = recorded.not_analysed(run(outcomes=steps, verdicts=()))
    (shown,) = recorded.drawing_of(left).panels
    assert shown.layers[1].x == pytest.approx([0.0, 120.0])
    assert shown.layers[1].y == pytest.approx([273.15, 283.15])


def test_sources_facts_and_versions_stand_on_the_page(written):
    _, text, seen = written
    words = re.sub(r"\s+", " ", "".join(seen.words))
    assert ("a", "href", "https://doi.org/10.1002/batt.202300427") in seen.links
    for told in ("sha256:9f2b5c0e", "cell3.mpr", "0.785(5) cm²", "4.0(1) mg", "not stated", "0.1"):
        assert told in words
    assert text.count("10.1002/batt.202300427</a>") == 1  # a sample that many steps share is told once


def test_every_figure_and_curve_has_its_csv_on_the_page_and_as_a_file(written):
    folder, _, seen = written
    carried = [
        base64.b64decode(value.partition(",")[2]).decode() for _, _, value in seen.links if value.startswith("data:")
    ]
    for step in ("rate", "series_x=0.05"):
        figure_data = (folder / f"data/{step}.csv").read_text("utf-8")
        assert figure_data == csv_table.of_drawing(drawing())
        curve = (folder / f"data/{step}_ends.csv").read_text("utf-8")
        assert curve == "cycle,capacity / mAh/g\n1.0,491.0\n2.0,\n"
        assert figure_data in carried
        assert curve in carried
        assert f"figures/{step}.svg" in [value for _, _, value in seen.links]


def test_long_data_are_linked_and_not_carried_by_the_page(tmp_path):
    x = np.linspace(0, 1, 20_000)
    long = result(drawing=Drawing((panel(Line(x, x)),)), curves={})
    text, seen = page_of(tmp_path, Run("n", "", "", {"long": Outcome("long", "analyse", "done", None, long)}, (), {}))
    assert ("a", "href", "data/long.csv") in seen.links
    assert len(rows_of((tmp_path / "data/long.csv").read_text("utf-8"))) == 20_000
    assert len(text) < 200_000
    assert "This study states no claims." in text


def test_a_technique_is_asked_for_the_meaning_of_its_values_and_may_be_silent():
    given = run()
    odd = replace(given.outcomes["rate"], result=replace(given.outcomes["rate"].result, technique="no_such_technique"))
    assert sections.terms_of(replace(given, outcomes={"rate": odd})) == {}


def test_a_meaning_that_names_a_number_of_the_default_settings_is_not_shown():
    given = run()
    rate = replace(given.outcomes["rate"].result, technique="rate")
    counted = replace(rate, technique="properties", values={"mass_fraction_lii": Quantity(0.29, "", 0.001)})
    steps = {name: Outcome(name, "analyse", "done", None, found) for name, found in (("a", rate), ("b", counted))}
    terms = sections.terms_of(replace(given, outcomes=steps))
    assert terms["rate"]
    assert not any(re.search(r"\d", term.meaning) for term in terms["rate"].values())
    assert terms["properties"]["mass_fraction_lii"].meaning.startswith("mass share of a phase")


def test_a_doubt_that_an_earlier_step_told_is_folded_away_with_the_way_there(tmp_path):
    steps = {
        "a": Outcome("a", "analyse", "done", None, result(doubts=("the mass", "the area"))),
        "b": Outcome("b", "analyse", "done", None, result(doubts=("the mass", "the time"))),
        "c": Outcome("c", "analyse", "done", None, result(doubts=("the area", "the mass", "the time"))),
    }
    text, _ = page_of(tmp_path, run(outcomes=steps, verdicts=()))
    articles = re.findall(r'<article id="step-\w"(.*?)</article>', text, flags=re.DOTALL)
    folded = [re.findall(r"<details class=.doubts.>(.*?)</details>", article, re.DOTALL) for article in articles]
    shared = [
        [(re.findall(r'href="#([^"]+)"', part), re.findall("<li>(.*?)</li>", part)) for part in a] for a in folded
    ]
    assert shared == [
        [],
        [(["step-a"], ["the mass"])],
        [(["step-a"], ["the area", "the mass"]), (["step-b"], ["the time"])],
    ]
    assert [article.count("<li>the mass</li>") for article in articles] == [1, 1, 1]


def test_what_was_counted_of_a_sample_stands_with_its_step_and_not_again_among_the_sources(tmp_path):
    density = Fact(Quantity(2.6, "g/cm**3", 0.006), Source("derived"))
    area = Fact(Quantity(0.785, "cm**2", 0.005), Source("derived", place="from a photograph"))
    best = Sample("best", "li2s_lii_mos2", {}, {"density": density, "area": area})
    counted = result(values={"density": density.quantity})
    rows = sections.samples(run(outcomes={"best": Outcome("best", "sample", "done", best, counted)}))
    assert [row["name"] for row in rows] == ["area"]


def test_how_far_a_value_may_go_is_told_by_the_ends_that_are_known():
    def told(low_end, high_end):
        return wording.reach(Reach(0.95, 24062.1, 48321.9, low_end, high_end, "ohm*cm**2"))

    assert told("found", "found") == "24060 to 48320 Ω·cm² (95 % confidence)"
    assert told("bound", "found") == ("below 48320 Ω·cm² (95 % confidence); a bound of the fit comes first at 24060")
    assert told("found", "failed") == "above 24060 Ω·cm² (95 % confidence); the model fails at 48320"
    assert told("unfinished", "bound") == (
        "open between 24060 and 48320 Ω·cm² (95 % confidence); the search gave up at 24060; "
        "a bound of the fit comes first at 48320"
    )


def test_very_many_values_are_folded_away_but_for_those_that_claims_name(tmp_path):
    values = {f"value_{n}": Quantity(n, "V", 0.1) for n in range(70)}
    step = Outcome("rate", "analyse", "done", None, result(values=values))
    claims = (verdict(1, about="rate.value_3 / rate.value_11"), verdict(2, about="other.value_5"))
    text, _ = page_of(tmp_path, run(outcomes={"rate": step}, verdicts=claims))
    before, folded = text.split("<details><summary>68 more values</summary>")
    shown = re.findall(r'<th scope="row">(value_\d+)</th>', before)
    assert shown == ["value_3", "value_11"]
    assert re.findall(r'<th scope="row">(value_\d+)</th>', folded.split("</details>")[0]) == [
        name for name in values if name not in shown
    ]


def test_colours_of_the_page_are_readable_in_light_and_dark():
    css = (page.TEMPLATES / "style.css").read_text("utf-8")
    blocks = re.findall(r":root \{([^}]*)\}", css)
    assert len(blocks) == 3  # light, dark, print

    def luminance(colour):
        colour = colour * 2 if len(colour) == 3 else colour
        parts = [
            int("".join(c * (1 if len(colour) == 6 else 2) for c in colour)[i : i + 2], 16) / 255 for i in (0, 2, 4)
        ]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for block in blocks[:2]:
        colours = {name: luminance(value) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6})", block)}
        pairs = [
            (ink, ground)
            for ink in ("ink", "soft", "link", "holds", "fails", "contradicts", "open")
            for ground in ("page", "tint")
        ]
        for ink, ground in [*pairs, ("virtual", "virtual-tint"), ("fails", "virtual-tint"), ("ink", "virtual-tint")]:
            light, dark = sorted((colours[ink], colours[ground]), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)  # WCAG 2.2, 1.4.3, level AA


# files


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("series[x=0.05]", "series_x=0.05"),
        ("../../etc/passwd", "etc_passwd"),
        ("con", "_con"),
        ("µ/\\:", "_"),
        ("a b", "a_b"),
    ],
)
def test_a_step_name_becomes_a_safe_file_name(name, stem):
    assert files.safe_name(name) == stem
    assert len(files.safe_name("x" * 500)) <= files.LONGEST


def test_names_that_come_out_alike_stay_apart():
    names = files.Names()
    stems = [names.stem(name) for name in ("a[b]", "a b", "A_B", "a[b]")]
    assert len({stem.casefold() for stem in stems}) == 3
    assert stems[0] == stems[3] == "a_b"


def test_a_curve_and_a_step_of_one_file_name_both_keep_their_data(tmp_path):
    steps = [Outcome(name, "analyse", "done", None, result()) for name in ("rate", "rate_ends")]
    write(Run("n", "", "", {step.name: step for step in steps}, (), {}), tmp_path, TERMS)
    assert len(list((tmp_path / "data").iterdir())) == 4


def test_files_of_an_earlier_report_go_and_those_of_others_stay(tmp_path):
    write(run(), tmp_path, TERMS)
    (tmp_path / "data/mine.csv").write_text("1,2\n")
    (tmp_path / "data/series_x=0.05_ends.csv").write_text("changed by hand\n")
    fewer = run()
    write(replace(fewer, outcomes={"rate": fewer.outcomes["rate"]}), tmp_path, TERMS)
    there = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert there == [
        ".report.json",
        "data/mine.csv",
        "data/rate.csv",
        "data/rate_ends.csv",
        "data/series_x=0.05_ends.csv",
        "figures/rate.svg",
        "report.html",
    ]


def test_a_raw_file_in_the_folder_is_never_written_over(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/rate.csv").write_text("raw\n")
    for _ in range(2):
        write(small(), tmp_path, TERMS)
        assert (tmp_path / "data/rate.csv").read_text() == "raw\n"
        assert (tmp_path / "data/rate_report_1.csv").read_text("utf-8") == csv_table.of_drawing(drawing())
    assert not (tmp_path / "data/rate_report_2.csv").exists()


def test_a_manifest_cannot_name_files_outside_the_report(tmp_path):
    folder, outside = tmp_path / "report", tmp_path / "kept.csv"
    outside.write_text("x\n")
    write(small(), folder, TERMS)
    manifest = json.loads((folder / files.MANIFEST).read_text())
    for name in ("../kept.csv", "data/../../kept.csv", "study.toml", str(outside)):
        manifest["files"][name] = [files.digest("x\n")]
    (folder / files.MANIFEST).write_text(json.dumps(manifest))
    (folder / "study.toml").write_text("x\n")
    write(small(), folder, TERMS)
    assert outside.exists()
    assert (folder / "study.toml").exists()
    (folder / files.MANIFEST).write_text("no json {")
    assert write(small(), folder, TERMS).exists()


def everything_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("name", ["figures", "data", "report.html", files.MANIFEST])
def test_a_link_does_not_lead_the_report_out_of_its_folder(name, exists, tmp_path):
    folder, elsewhere = tmp_path / "study", tmp_path / "elsewhere"
    write(small(), elsewhere, TERMS)  # what a report would recognise as its own, and remove
    write(run(), folder, TERMS)
    part = folder / name
    part.rename(tmp_path / "aside")
    try:
        part.symlink_to(elsewhere / name if exists else tmp_path / "nowhere")
    except OSError:
        pytest.skip("this system makes no symbolic links")
    before, ours = everything_in(elsewhere), everything_in(folder)
    with pytest.raises(BadInput, match=f"{re.escape(str(part))} is a link"):
        write(run(outcomes={}, verdicts=()), folder, TERMS)
    assert (everything_in(elsewhere), everything_in(folder)) == (before, ours)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_is_itself_a_link_is_written_to(tmp_path):
    (tmp_path / "real").mkdir()
    try:
        (tmp_path / "named").symlink_to(tmp_path / "real")
    except OSError:
        pytest.skip("this system makes no symbolic links")
    assert write(small(), tmp_path / "named", TERMS).is_file()
    assert (tmp_path / "real" / "report.html").is_file()


def test_a_link_in_place_of_a_file_of_the_report_is_not_followed(tmp_path):
    folder, outside = tmp_path / "study", tmp_path / "outside.csv"
    outside.write_text("raw\n")
    (folder / "data").mkdir(parents=True)
    try:
        (folder / "data/rate.csv").symlink_to(tmp_path / "nowhere.csv")
        (folder / f".report.html.{os.getpid()}.part").symlink_to(outside)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    write(small(), folder, TERMS)
    assert (folder / "data/rate.csv").is_symlink()
    assert (folder / "data/rate_report_1.csv").is_file()
    assert not (tmp_path / "nowhere.csv").exists()
    assert outside.read_text() == "raw\n"


def test_writing_twice_gives_the_same_bytes_and_draws_nothing_again(tmp_path, monkeypatch):
    write(small(), tmp_path, TERMS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr("thiocell.report.figure.render", lambda _: pytest.fail("drawn again"))
    write(small(), tmp_path, TERMS)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_figure_that_was_spoiled_is_drawn_again(tmp_path):
    write(small(), tmp_path, TERMS)
    place = tmp_path / "figures/rate.svg"
    good = place.read_text("utf-8")
    place.write_text(good[:500])
    write(small(), tmp_path, TERMS)
    assert place.read_text("utf-8") == good


def test_a_write_that_breaks_off_leaves_the_old_file_whole(tmp_path, monkeypatch):
    place = tmp_path / "report.html"
    files.write_whole(place, "old")

    def broken(_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="no space left"):
        files.write_whole(place, "new and longer")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert place.read_text() == "old"


def test_a_killed_run_leaves_no_file_in_part_and_the_next_one_mends_all(tmp_path, monkeypatch):
    monkeypatch.setattr("thiocell.report.figure.render", lambda _: "<svg>a figure</svg>")
    write(small(), tmp_path / "whole", TERMS)
    expected = {
        p.relative_to(tmp_path / "whole"): p.read_bytes() for p in (tmp_path / "whole").rglob("*") if p.is_file()
    }

    class KilledError(BaseException):
        pass

    real = files.write_whole
    for survived in range(len(expected) + 1):
        folder = tmp_path / f"killed_{survived}"
        written = []

        def dying(path, text, written=written, survived=survived):
            if len(written) == survived:
                raise KilledError
            written.append(path)
            real(path, text)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "write_whole", dying)
            with pytest.raises(KilledError):
                write(small(), folder, TERMS)
        for path in folder.rglob("*"):
            if path.is_file() and path.name != files.MANIFEST:
                assert path.read_bytes() == expected[path.relative_to(folder)]
        write(small(), folder, TERMS)
        assert {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == expected


# the terminal


def printed(renderable, width=80):
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(renderable)
    return console.file.getvalue()


def test_the_terminal_shows_the_same_verdicts_as_the_page_within_80_columns():
    text = printed(verdict_table(run()))
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    wide = printed(verdict_table(run()), width=200)
    for given in run().verdicts:
        (row,) = [
            line.split() for line in wide.splitlines() if re.search(rf"^ *{given.number} +{given.claim}\b.*mAh/g", line)
        ]
        assert row[0] == str(given.number)
        assert given.verdict in row
        found = wording.number(given.found) if given.found else "–"
        assert " ".join(row).startswith(f"{given.number} {given.claim} {given.says} {found} {given.verdict}")
        if given.verdict in ("fails", "contradicts"):
            assert f"{given.verdict}: {given.reason}" in wide
    assert wide.count("(sigma unknown)") == 8
    told = "the source: 7 hold (measured), 8 fail (measured), 7 contradict (measured), 7 open (measured)"
    assert [line.rstrip() for line in wide.splitlines()[-2:]] == ["pan2023, apart by what is tested:", told]


def test_the_terminal_counts_the_source_apart_from_the_model_and_says_why_a_verdict_is_open():
    text = printed(verdict_table(run(verdicts=MIXED)))
    assert max(map(len, text.splitlines())) <= 80
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines[-3:] == [
        "the source: 1 holds (derived), 1 fails (predicted), 3 open",
        "the model:  2 hold (1 fitted, 1 predicted), 1 fails (fitted)",
        "the method: 1 holds (recovered)",
    ]
    heads = [line.strip() for line in lines if line.strip() in ("the source", "the model", "the method")]
    assert heads == ["the source", "the model", "the method"]
    why = lines[lines.index("open, and why:") + 1 :]
    assert [line.split(maxsplit=2) for line in why[:2]] == [
        ["5,", "claim_None:", "needs spectra, not published"],  # one reason, told once
        ["9:", "needs", "[a test] of years"],
    ]
    assert "7 claim_7 fails: why 7" in lines
    assert "2 claim_2 fails (the model): why 2" in lines
    assert "open" not in printed(verdict_table(run(verdicts=MIXED[:4])))


def test_the_terminal_shows_values_with_sigma_limits_and_doubts_and_takes_brackets_as_they_are():
    text = printed(
        result_table(result(limits={"leak": Limit(Quantity(2e-9, "S/cm"), "below", 0.95)}), "series[x=0.05]")
    )
    assert text.startswith("series[x=0.05] (rate; measured)")
    lines = [line.split() for line in text.splitlines()]
    assert ["capacity", "530(13)", "mAh/g", "13", "mAh/g"] in lines
    assert ["theoretical", "1166.68", "mAh/g", "held", "exact"] in lines
    assert ["efficiency", "0.9987", "unknown"] in lines
    assert "below 2e-9 S/cm (95 % confidence)" in text
    assert "doubt: the mass error is assumed" in text
    assert "virtual: recovered" in printed(result_table(result(Source("recovered")), "r"))
    assert printed(verdict_table(run(verdicts=()))).strip() == "pan2023 states no claims"


def test_a_run_without_claims_prints_its_values_those_of_trends_first_and_says_where_the_rest_is():
    limited = result(limits={"leak": Limit(Quantity(2e-9, "S/cm"), "below", 0.95)})
    steps = [Outcome(f"refined[x={n}]", "analyse", "done", None, limited) for n in range(7)]
    steps += [Outcome("limit", "trend", "done", None, result(values=dict.fromkeys("abc", Quantity(2.0, "", 0.1))))]
    steps += [Outcome("best", "sample", "done", None, result(values={"counted": Quantity.exact(1.0)}))]
    text = printed(values_table(run(outcomes={step.name: step for step in steps}, verdicts=())))
    rows = [line.split() for line in text.splitlines()]
    assert rows[2:5] == [["limit", "a", "2.0(1)", "0.1"], ["b", "2.0(1)", "0.1"], ["c", "2.0(1)", "0.1"]]
    assert rows[5][:3] == ["refined[x=0]", "capacity", "530(13)"]
    assert "counted" not in text
    assert len(rows) == 2 + 3 + 7 * 2 + 1
    assert rows[-1][:2] == [str(7 * 3), "more"]
    assert max(map(len, text.splitlines())) <= 80
    one = run(outcomes={"rate": Outcome("rate", "analyse", "done", None, limited)}, verdicts=())
    assert "below 2e-9 S/cm" in printed(values_table(one))
    assert "more" not in printed(values_table(one))
    assert printed(values_table(run(outcomes={}, verdicts=()))).strip() == "pan2023: no step gave a value"


def test_progress_is_silent_unless_someone_looks(capsys, monkeypatch):
    with progress(2) as tick:
        tick("one", "done")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress(2, enabled=False) as tick:
        tick("one", "done")
    assert capsys.readouterr() == ("", "")


def test_progress_counts_finished_steps_on_stderr_alone(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress(2) as tick:
        tick("series[x=0.05]", "running")
        tick("series[x=0.05]", "done")
        tick("rate", "failed")
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err
    assert "rate: failed" in err


def test_progress_names_the_steps_that_are_under_way_at_once(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress(4) as tick:
        for step in ("one", "two", "three"):
            tick(step, "running")
        tick("four", "kept")
    assert "1/4" in (err := capsys.readouterr().err)
    assert "one, two and 1 more" in err
    with progress(2) as tick:
        tick("one", "running")
        tick("two", "running")
        tick("one", "running")  # it was lost and begins again
        tick("one", "done")
    plain = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", capsys.readouterr().err)
    assert re.search(r"1/2 \S+ two\n", plain)


def test_importing_the_report_loads_no_engine_and_prints_nothing():
    code = (
        "import sys; from thiocell.report import page, table, progress, figure;"
        "print([m for m in ('matplotlib', 'jinja2', 'rich', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_drawing_prints_nothing_on_stdout_even_with_a_fresh_font_cache(tmp_path: Path):
    code = (
        "from thiocell.core.drawing import *; from thiocell.report.figure import render;"
        "render(Drawing((Panel(Axis('a'), Axis('b'), (Line([1, 2], [1, 2], 'l'),)),)))"
    )
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == ""


def test_correlated_values_are_told(tmp_path):
    cov = Covariance(("capacity", "conductivity", "efficiency"), [[1, -0.8, 0.1], [-0.8, 1, 0], [0.1, 0, 1]])
    step = Outcome("rate", "analyse", "done", None, result(covariance=cov))
    text, _ = page_of(tmp_path, Run("n", "", "", {"rate": step}, (), {}))
    assert text.count("Correlation coefficients: capacity and conductivity −0.80.") == 1


def test_many_figures_at_once_are_the_same_as_one_after_another():
    drawings = [
        Drawing((Panel(Axis("x"), Axis("y"), (Line(np.arange(3.0), np.arange(3.0) * n, "line", 0),), "P"),), f"D{n}")
        for n in range(8)
    ]
    assert rendered(drawings, jobs=2) == [render(drawing) for drawing in drawings]
