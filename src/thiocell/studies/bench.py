"""Work without a study: files in, results out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Record
from thiocell.core.sample import Sample
from thiocell.core.source import Source
from thiocell.core.technique import Technique, roles, uses
from thiocell.core.term import Term
from thiocell.core.vocabulary import FACTS
from thiocell.readers import read
from thiocell.readers._origin import contents
from thiocell.studies.batch import pooled, twins
from thiocell.studies.errors import named
from thiocell.studies.load import load
from thiocell.studies.outcome import Outcome, Run
from thiocell.studies.run import default_store, run, versions
from thiocell.studies.settings import build
from thiocell.techniques import TECHNIQUES

_PLACE = "the command line"
_OPTIONS = ("mass", "area", "thickness")


@dataclass(frozen=True)
class Bench:
    """What the command line said: ``facts`` and ``settings`` are texts 'name=value', ``others`` 'role=file'."""

    technique: str
    facts: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    reader: str = ""
    columns: Path | None = None
    pick: int | None = None
    others: tuple[str, ...] = ()

    def made(self) -> tuple[Technique, Sample]:
        """The technique and the sample; raises BadInput for an unknown or ill-written word."""
        technique = build(self.technique, TECHNIQUES.find(self.technique), _settings(self.settings))
        facts = {name: Fact(q, Source("measured", place=_PLACE)) for name, q in _facts(self.facts, technique).items()}
        for need, typical in technique.needs.items():
            if need not in facts:
                option = f"--{need}" if need in _OPTIONS else f"--fact {need}="
                raise BadInput(f"{self.technique} needs the {need} of the sample; give {option} '{typical}'")
        return technique, Sample("sample", facts=facts)


def records_of(
    file: Path, reader: str = "", columns: Path | None = None, wanted: Sequence[str] = ()
) -> tuple[Record, ...]:
    """The records in a file, by content or the columns ``wanted``, by a named reader, or by a declared column map."""
    if columns is None:
        return read(file, reader, wanted=wanted)
    page = _toml(columns)
    if "columns" not in page:
        raise BadInput(f"{columns} has no table [columns]; write one entry a column, as a study does")
    return read(file, reader, page.get("columns", {}), page.get("layout", {}))


def analysed(
    files: Sequence[Path],
    bench: Bench,
    *,
    replicates: bool = False,
    tick: Callable[[str, str], None] = lambda _name, _status: None,
) -> tuple[Run, list[str]]:
    """A run with one outcome a record, and the names of files of a folder that hold none.

    Records of a file that holds several are told apart by their number: 'pellet.mpt#2'.

    A file that is named and fails is an outcome that failed; the others are still analysed. ``tick`` hears of each
    record, 'running' when its analysis begins.
    """
    technique, sample = bench.made()
    others = _others(bench, technique)
    outcomes: dict[str, Outcome] = {}
    skipped: list[str] = []
    for file, asked in _spread(files):
        name = _unused(file.name, outcomes)
        try:
            there = _picked(file, bench, technique.reads if asked else ())
        except BadInput as error:
            if asked:
                outcomes[name] = Outcome(name, "analyse", "failed", error=str(error), bad_input=True)
            else:
                skipped.append(file.name)
            continue
        for number, record in there.items():
            own = f"{name}#{number}" if number else name
            tick(own, "running")
            outcomes[own] = _outcome(own, technique, sample, {**others, "main": record})
            tick(own, outcomes[own].status)
    if not outcomes:
        raise BadInput(f"no record could be read in {', '.join(skipped)}" if skipped else "there is no file to analyse")
    results = {name: o.result for name, o in outcomes.items() if o.result is not None}
    if replicates:
        if same := twins({name: outcomes[name].records["main"] for name in results}):
            raise BadInput(f"replicates: {same} hold the same record; a cell counts once")
        outcomes["replicates"] = Outcome("replicates", "analyse", "done", sample, pooled(results))
    return Run(bench.technique, bench.technique, "", outcomes, (), versions()), skipped


def exported(
    source: Path,
    target: Path,
    labels: Literal["preferred", "machine"],
    step: str | None,
    *,
    home: Path | None = None,
    force: bool = False,
    reader: str = "",
    columns: Path | None = None,
    pick: int | None = None,
) -> Record:
    """Write one record as a BDF table, a spectrum as a plain csv; raises BadInput if it cannot.

    With ``step`` the ``source`` is a study file, brought up to date first, that keeps its results in ``home``.
    """
    from thiocell.readers import bdf, spectrum_csv

    if target.exists() and (not force or target.resolve() == source.resolve()):
        raise BadInput(f"{target} exists already; choose another name or say --force")
    record = (
        _of_step(source, home or source.parent, step)
        if step
        else _one(source, Bench("", reader=reader, columns=columns, pick=pick))
    )
    if record.kind == "impedance":
        spectrum_csv.write(record, target)
    else:
        bdf.write(record, target, labels)
    return record


def _of_step(source: Path, home: Path, step: str) -> Record:
    """The main record of a step of a study as it stands now: what it needs and changed since is done again."""
    study = load(source)
    if step not in study.steps:
        raise BadInput(f"{source} has no step '{step}'; it has {choices(set(study.steps))}")
    outcome = run(study.only(step), default_store(home)).outcomes[step]
    if outcome.error:
        raise BadInput(outcome.error)
    if not outcome.records:
        raise BadInput(f"step '{step}' holds no record; name a record or predict step")
    return next(iter(outcome.records.values()))


def _spread(files: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Every file, and whether it was named itself rather than found in a folder."""
    found: list[tuple[Path, bool]] = []
    for file in files:
        if file.is_dir():
            found += [(inner, False) for inner in sorted(file.iterdir()) if inner.is_file() and inner.name[0] != "."]
        else:
            found.append((file, True))
    return found


def _unused(name: str, taken: Mapping[str, object]) -> str:
    return name if name not in taken else next(n for i in range(2, 10**6) if (n := f"{name} ({i})") not in taken)


def _picked(file: Path, bench: Bench, wanted: Sequence[str] = ()) -> dict[int, Record]:
    """The records of a file that are asked for, by their number from 1; 0 is that of a file that holds no other."""
    records = records_of(file, bench.reader, bench.columns, wanted)
    if bench.pick is not None and not 1 <= bench.pick <= len(records):
        raise BadInput(f"{file} holds {len(records)} record(s); {bench.pick} is none of them")
    if len(records) == 1:
        return {0: records[0]}
    return {n: record for n, record in enumerate(records, 1) if bench.pick in (None, n)}


def _one(file: Path, bench: Bench, way: str = "--pick") -> Record:
    there = _picked(file, bench)
    if len(there) > 1:
        raise BadInput(f"{file} holds {len(there)} records; choose one with {way}")
    return next(iter(there.values()))


def _others(bench: Bench, technique: Technique) -> dict[str, Record]:
    """The records in roles other than 'main', which all files share."""
    known, found = roles(technique), {}
    for role, text in once(bench.others, "role", "blank=empty.DTA"):
        if role not in known:
            told = f"it has {choices(set(known))}" if known else "it has none but 'main', which FILES are"
            way = f"; --set {maker}={role} makes one" if (maker := _maker(technique, role)) else ""
            raise BadInput(f"{bench.technique} has no role '{role}'; {told}{way}")
        number = re.search(r"#([1-9]\d*)$", text) if not Path(text).exists() else None
        path = Path(text[: number.start()] if number else text)
        found[role] = _one(path, replace(bench, pick=int(number[1]) if number else None), "'FILE#2'")
    return found


def _maker(technique: Any, role: str) -> str:
    """The setting, a list of names, that would make the role by naming it; '' where none does."""
    lists = [each.name for each in fields(technique) if isinstance(getattr(technique, each.name), tuple)]
    return next((name for name in lists if role in roles(replace(technique, **{name: (role,)}))), "")


def _outcome(name: str, technique: Technique, sample: Sample, records: Mapping[str, Record]) -> Outcome:
    try:
        result = named(technique.analyse(records, sample), sample, records)
        result = result.drawn(technique.draw(result))
    except BadInput as error:
        return Outcome(name, "analyse", "failed", error=f"{name}: {error}", bad_input=True)
    return Outcome(name, "analyse", "done", sample, result, dict(records))


def _facts(words: Sequence[str], technique: Technique) -> dict[str, Quantity]:
    """Facts that the technique may ask for."""
    terms: dict[str, Term | None] = {**dict.fromkeys((*technique.needs, *uses(technique))), **FACTS}
    return told_facts(words, terms, lambda name: f"there is no fact '{name}'; there are {choices(set(terms))}")


def told_facts(
    words: Sequence[str], terms: Mapping[str, Term | None], unknown: Callable[[str], str]
) -> dict[str, Quantity]:
    """Facts 'name=value', each once, within the bounds of its term; ``unknown`` is the sentence on one without any."""
    found: dict[str, Quantity] = {}
    for name, text in once(words, "fact", "mass=4.0(1) mg"):
        if name not in terms:
            raise BadInput(unknown(name))
        try:
            quantity, term = Quantity.parse(text), terms[name]
            found[name] = quantity if term is None else term.check(name, quantity)
        except BadInput as error:
            comma = "; write a decimal point, not a comma" if re.match(r"\s*\d+,\d", text) else ""
            raise BadInput(f"{name} '{text}': {error}{comma}") from error
    return found


def _settings(words: Sequence[str]) -> dict[str, Any]:
    """Settings as TOML values; what is no TOML value is taken as a text."""
    found: dict[str, Any] = {}
    for name, text in once(words, "setting", "cycle=3"):
        try:
            found[name] = tomllib.loads(f"x = {text}")["x"]
        except tomllib.TOMLDecodeError:
            found[name] = text
    return found


def once(words: Sequence[str], noun: str, example: str) -> list[tuple[str, str]]:
    """Names and texts of 'name=text'; raises BadInput for a name that stands there twice."""
    pairs = [_pair(word, example) for word in words]
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadInput(f"the {noun} '{twice[0]}' is given twice; give it once")
    return pairs


def _pair(word: str, example: str) -> tuple[str, str]:
    name, mark, text = word.partition("=")
    if not mark or not name.strip() or not text.strip():
        raise BadInput(f"'{word}' is not NAME=VALUE; write it like '{example}'")
    return name.strip(), text.strip()


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(contents(file).decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{file} is not TOML: {error}") from error
