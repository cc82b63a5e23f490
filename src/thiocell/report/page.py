"""One page a study, complete in itself; figures and their data lie beside it as files."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from thiocell.core.drawing import Drawing
from thiocell.report import csv_table, figure, recorded, sections, wording
from thiocell.report.files import Manifest, Names, write_all
from thiocell.report.gallery import rendered
from thiocell.studies.claim import Verdict
from thiocell.studies.outcome import Outcome, Run

TEMPLATES = Path(__file__).parent / "templates"
EMBEDDED = 120_000  # assumed: bytes of a csv up to which the page carries it along
_MOST_PAIRS = 30  # assumed: more correlations than that are a wall of words
ALL_EMBEDDED = 4_000_000  # assumed: bytes of all csv together that the page carries along


def write(run: Run, folder: Path, terms: sections.Terms | None = None, jobs: int = 1) -> Path:
    """Write report.html, figures/ and data/ into ``folder`` and give the page's path.

    Every file is whole or as it was before. Files of an earlier report that no longer belong are removed, unless
    someone changed them. ``terms`` gives the meaning of values by technique; by default the techniques are asked.
    Figures are made in up to ``jobs`` processes.
    Raises BadInput if a part of the report is a link to somewhere else.
    """
    files = _Files(folder, Manifest.read(folder))
    left = {each.name: each for each in recorded.not_analysed(run)}
    drawings = {outcome.name: shown for outcome in run.outcomes.values() if (shown := _drawing(outcome))}
    drawings |= {name: recorded.drawing_of(each) for name, each in left.items()}
    files.draw_all(drawings, jobs)
    told = sections.terms_of(run) if terms is None else terms
    page = _page(run, told, files, [_recorded(each, drawings[name], files) for name, each in left.items()])
    return write_all(folder, page, files.texts, files.figures)


@dataclass
class _Files:
    """What lies beside the page, by relative path, gathered before anything is written."""

    folder: Path
    old: Manifest
    texts: dict[str, str] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    embedded: int = 0
    made: dict[str, str] = field(default_factory=dict)

    def draw_all(self, drawings: Mapping[str, Drawing], jobs: int) -> None:
        """Make all figures that are not there already, by step."""
        missing = {
            made_from: drawing
            for step, drawing in drawings.items()
            if self.old.kept(self.folder, self._free("figures", step, ".svg"), made_from := figure.key(drawing)) is None
        }
        self.made = dict(zip(missing, rendered(list(missing.values()), jobs), strict=True))

    def draw(self, step: str, drawing: Drawing) -> dict[str, Any]:
        """The figure of a step and the data behind it."""
        return self.figure(step, drawing) | {
            "data": self.table(step, "data of the figure", csv_table.of_drawing(drawing))
        }

    def figure(self, step: str, drawing: Drawing) -> dict[str, Any]:
        """The figure of a step; one that is there already, of the same data, is not redrawn."""
        name, made_from = self._free("figures", step, ".svg"), figure.key(drawing)
        svg = self.made.get(made_from) or self.old.kept(self.folder, name, made_from) or figure.render(drawing)
        self.texts[name], self.figures[name] = svg, made_from
        caption = drawing.caption or "; ".join(panel.title for panel in drawing.panels if panel.title)
        return {
            "svg": inlined(svg, f"{self.names.stem(step)}-"),
            "name": name,
            "caption": caption,
            "virtual": drawing.virtual,
        }

    def table(self, name: str, label: str, text: str, ending: str = "csv") -> dict[str, str]:
        """A file in data/: a link that carries the data along if they are few, else to the file."""
        path, raw = self._free("data", name, f".{ending}"), text.encode()
        self.texts[path] = text
        carried = len(raw) <= EMBEDDED and self.embedded + len(raw) <= ALL_EMBEDDED
        self.embedded += len(raw) if carried else 0
        return {
            "label": label,
            "href": f"data:text/{ending};charset=utf-8;base64,{base64.b64encode(raw).decode()}" if carried else path,
            "path": path,
            "file": path.partition("/")[2],
            "ending": ending,
            "size": f"{max(1, round(len(raw) / 1000)):,} kB",
        }

    def _free(self, folder: str, name: str, ending: str) -> str:
        """Where a file goes; never where somebody else's file lies, such as a raw file in the study's own data/."""
        tries = chain([name], (f"{name} report {number}" for number in count(1)))
        paths = (f"{folder}/{self.names.stem(tried)}{ending}" for tried in tries)
        return next(p for p in paths if p in self.old.files or not os.path.lexists(self.folder / p))


def inlined(svg: str, prefix: str) -> str:
    """The svg element alone, its ids made its own by ``prefix`` so that many can stand in one page."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', element)
    element = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}\1"', element)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", element)


def _page(run: Run, terms: sections.Terms, files: _Files, left: list[dict[str, Any]]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    shown = [outcome for outcome in run.outcomes.values() if outcome.result or outcome.status in ("failed", "skipped")]
    anchors = {outcome.name: f"step-{files.names.stem(outcome.name)}" for outcome in shown}
    steps = [_step(outcome, terms, files, run.verdicts) | {"anchor": anchors[outcome.name]} for outcome in shown]
    sections.told_once(steps)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment.get_template("report.html").render(
        run=run,
        paragraphs=sections.paragraphs(run.about),
        counts=wording.counts(run.verdicts),
        meanings=wording.VERDICTS,
        symbols=wording.SYMBOLS,
        kinds=wording.KINDS,
        groups=sections.verdicts(run, anchors),
        steps=steps,
        recorded=left,
        most_pairs=_MOST_PAIRS,
        unfinished=[outcome for outcome in shown if not outcome.result],
        records=sections.records(run),
        samples=sections.samples(run),
    )


def _breakable(text: str) -> Any:
    """A long expression that a browser may break before its underscores and dots."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?=[_.])", "<wbr>", str(escape(text))))  # noqa: S704  escaped just before


def _recorded(given: recorded.Recorded, drawing: Drawing, files: _Files) -> dict[str, Any]:
    """The figure, table and notes of records that no step analyses."""
    notes = recorded.notes_of(given.first)
    head = {"source": str(given.first.source), **notes}
    return sections.recorded(given, notes) | {
        "anchor": f"record-{files.names.stem(given.name)}",
        "figure": files.figure(given.name, drawing),
        "table": files.table(given.name, "record", csv_table.of_records(given.members, head)),
    }


def _drawing(outcome: Outcome) -> Drawing | None:
    """The figure of a step, marked as virtual if its result is: a technique may forget."""
    result = outcome.result
    if result is None or result.drawing is None:
        return None
    return replace(result.drawing, virtual=result.drawing.virtual or result.source.virtual)


def _step(outcome: Outcome, terms: sections.Terms, files: _Files, verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    told = sections.step(outcome, terms, verdicts) | {"figure": None, "tables": []}
    result = outcome.result
    if result is None:
        return told
    if (drawing := _drawing(outcome)) is not None:
        told["figure"] = files.draw(outcome.name, drawing)
    told["tables"] = [
        files.table(f"{outcome.name}\0{name}", f"curve '{name}'", csv_table.of_record(record))
        for name, record in result.curves.items()
    ]
    told["tables"] += [
        files.table(f"{outcome.name}\0{name}", "refined structures", record.notes["cif"], "cif")
        for name, record in result.curves.items()
        if record.notes.get("cif")
    ]
    return told
