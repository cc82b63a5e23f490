"""What each verb of a study declares: its table turned into steps, one for each member of a family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from thiocell.chemistry import SYSTEMS
from thiocell.core.bad_input import BadInput, choices
from thiocell.core.fact import Fact
from thiocell.core.quantity import Quantity
from thiocell.core.record import Column, Record
from thiocell.core.sample import Sample
from thiocell.core.source import KINDS, Kind, Source
from thiocell.core.technique import Technique, takes
from thiocell.physics.trend_laws import LAWS
from thiocell.readers import READERS
from thiocell.readers._column_map import ColumnMap, check_column
from thiocell.studies.declare_fit import make_fit, make_forecast, refers_of_fit
from thiocell.studies.declare_inside import make_inside
from thiocell.studies.expression import Expression, parse, split
from thiocell.studies.family import Family, spread
from thiocell.studies.meanings import axis_meaning, value_meaning
from thiocell.studies.study import AnalyseStep, PredictStep, RecordStep, SampleStep, Step, TrendStep
from thiocell.studies.table import Table, known_fact, quantity
from thiocell.studies.values import fitted_or_written
from thiocell.studies.workshop import Workshop, for_member, steps_of, used, used_in

_RECORD_KEYS = (
    "file",
    "reader",
    "pick",
    "columns",
    "layout",
    "sha256",
    "sample",
    "facts",
    "kind",
    "values",
    "source",
    "place",
)


def refers(verb: str, table: Table) -> tuple[str, ...]:
    """The names of the steps that a table uses, as written; ill-typed ones are found out later."""
    entries = table.entries
    found = [entries.get("sample")] if verb != "sample" else []
    if verb == "analyse":
        records = entries.get("records", [])
        found += list(records.values()) if isinstance(records, dict) else [records]
        found += list(entries["replicates"]) if isinstance(entries.get("replicates"), list) else []
        found += [split(name)[0] for name in used_in(entries.get("facts"))]
    if verb in ("predict", "inside"):
        values = entries.get("values")
        found += [split(name)[0] for name in used_in(values)] + ([values] if isinstance(values, str) else [])
    if verb in ("predict", "fit"):
        found += refers_of_fit(table)
    if verb == "trend":
        found.append(split(str(entries.get("of", "")))[0])
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str) and name))


def make_sample(shop: Workshop) -> tuple[list[Step], Family]:
    """A sample, or a family of them where its recipe, state or facts hold lists."""
    table = shop.table
    table.only("system", "recipe", "facts", "state")
    system = table.text("system", "")
    known = SYSTEMS.find(system) if system else None
    axes: dict[str, list[Quantity]] = {}
    fixed: dict[str, dict[str, Quantity]] = {"recipe": {}, "state": {}}
    for part, found in fixed.items():
        for word, value in table.table(part).items():
            if isinstance(value, list):
                axes[word] = [quantity(item) for item in value]
            else:
                found[word] = quantity(value)
    lists = {word: value for word, value in table.table("facts").items() if isinstance(value, list)}
    axes |= {word: [quantity(item) for item in value] for word, value in lists.items()}
    family = spread(axes)
    facts = table.facts("facts", shop.paper, skip=lists)
    steps = []
    for end, coordinates in family.members.items():
        parts = {
            part: {word: coordinates.get(word, fixed[part].get(word)) for word in table.table(part)} for part in fixed
        }
        recipe, state = ({k: q for k, q in parts[part].items() if q is not None} for part in ("recipe", "state"))
        origin = Source("measured", place=table.where)
        own = {word: known_fact(word, Fact(coordinates[word], origin)) for word in lists}
        sample = Sample(shop.name + end, system, recipe, facts | own, state)
        if known is not None:
            known.checked_recipe(sample)
            known.checked_state(sample)
            known.checked_parameters(sample)
        steps.append(Step(shop.name + end, "sample", table.where, SampleStep(sample)))
    return steps, family


def make_record(shop: Workshop) -> tuple[list[Step], Family]:
    """A file's record or numbers written in the study; a family wants one file a member."""
    table = shop.table
    table.only(*_RECORD_KEYS)
    sample = table.text("sample", "")
    reader = table.text("reader", "columns" if "columns" in table.entries else "")
    if reader:
        READERS.find(reader)
    if "columns" in table.entries or "layout" in table.entries:
        ColumnMap.from_table(table.table("columns"), "columns", table.table("layout"))
    files = _files(table)
    inline = _inline(shop) if "values" in table.entries else None
    if (inline is None) == (not files):
        raise BadInput("write either 'file' or 'values'")
    common = RecordStep(
        inline=inline,
        reader=reader,
        columns=table.table("columns"),
        layout=table.table("layout"),
        sha256=table.text("sha256", ""),
        kind=_source_kind(table) if "source" in table.entries else None,
        facts=table.facts("facts", shop.paper),
    )
    family = shop.family_of(sample) if sample else Family()
    count = len(family.members)
    picks = _picks(table, count)
    if len(files) == 1 and isinstance(table.entries.get("pick"), list):
        files = files * count
    if files and len(files) != count:
        raise BadInput(
            f"there are {len(files)} files for {count} members; write one file a member, or one file and a list 'pick'"
        )
    by_end = dict(zip(family.members, zip(files or [""] * count, picks, strict=True), strict=True))

    def make(end: str, _: Mapping[str, Quantity]) -> RecordStep:
        file, pick = by_end[end]
        place = shop.folder / file if files else None
        return replace(common, file=place, pick=pick, sample=shop.member(sample, end) if sample else "")

    return shop.each((sample,), make)


def _files(table: Table) -> list[str]:
    given = table.entries.get("file", [])
    files = given if isinstance(given, list) else [given]
    if not all(isinstance(name, str) and name for name in files):
        raise BadInput(f"file: {given!r} is not a file name or a list of them")
    return files


def _picks(table: Table, count: int) -> list[int | None]:
    """Which record of its file each of ``count`` members takes."""
    given = table.entries.get("pick")
    if not isinstance(given, list):
        return [table.whole("pick")] * count
    picks = [number for number in given if isinstance(number, int) and not isinstance(number, bool) and number > 0]
    if len(picks) != len(given) or len(picks) != count:
        raise BadInput(f"pick: {given!r} must be the number of a record, counted from 1, for each of {count} members")
    return list(picks)


def _source_kind(table: Table) -> Kind:
    kind = table.text("source", "measured")
    if kind not in KINDS:
        raise BadInput(f"source: '{kind}' is not a kind of source; choose from {', '.join(KINDS)}")
    return cast("Kind", kind)


def _inline(shop: Workshop) -> Record:
    """The record that a table writes out: values = { current = { unit = 'mA', values = [...] } }."""
    columns = {}
    for word, entry in shop.table.table("values").items():
        if not isinstance(entry, dict) or set(entry) != {"unit", "values"} or not isinstance(entry["values"], list):
            raise BadInput(f"values.{word}: write {{ unit = 'mA', values = [1.0, 2.0] }}")
        try:
            numbers = np.array(entry["values"], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise BadInput(f"values.{word}: the list holds something that is not a number") from error
        try:
            check_column(word, str(entry["unit"]))
        except BadInput as error:
            raise BadInput(f"values.{word}: {error}") from error
        columns[word] = Column(numbers, str(entry["unit"]))
    kind = _source_kind(shop.table)
    place = shop.table.text("place", shop.table.where)
    source = Source(kind, shop.paper if kind == "paper" else "", place)
    return Record(shop.name, shop.table.text("kind", "cycling"), columns, source)


def make_predict(shop: Workshop) -> tuple[list[Step], Family]:
    """A virtual experiment, or what a fit says of one that it was not fitted to."""
    if "fit" in shop.table.entries:
        return make_forecast(shop)
    table = shop.table
    name, technique = shop.technique("sample", "values", "seed")
    sample = table.text("sample")
    shop.kind_of(sample, SampleStep)
    values = {word: _value(name, technique, word, given) for word, given in fitted_or_written(shop).items()}
    seed = table.whole("seed")

    def make(end: str, _: Mapping[str, Quantity]) -> PredictStep:
        chosen = {word: for_member(shop, value, end) for word, value in values.items()}
        return PredictStep(name, technique, shop.member(sample, end), chosen, seed, end)

    return shop.each((sample, *steps_of(values.values())), make)


def _value(name: str, technique: Technique, word: str, given: object) -> Quantity | Expression:
    terms = takes(technique)
    if word not in terms:
        raise BadInput(f"values.{word}: {name} takes no such value; it takes {choices(set(terms))}")
    if isinstance(given, str) and used(given):
        return parse(given)
    return terms[word].check(f"values.{word}", quantity(given))


def make_analyse(shop: Workshop) -> tuple[list[Step], Family]:
    """An analysis of one record or more, or of replicate cells."""
    table = shop.table
    name, technique = shop.technique("sample", "records", "replicates", "facts")
    records = table.entries.get("records", {})
    roles = {"main": records} if isinstance(records, str) else records
    replicates = table.entries.get("replicates", [])
    if not isinstance(roles, dict) or not all(isinstance(ref, str) for ref in roles.values()):
        raise BadInput("records: write the name of a record step, or { main = 'a', blank = 'b' }")
    if not isinstance(replicates, list) or not all(isinstance(ref, str) for ref in replicates):
        raise BadInput("replicates: write a list of record steps, one a cell")
    if len(set(replicates)) < len(replicates):
        raise BadInput("replicates: a cell stands there twice; name each once")
    if bool(roles) == bool(replicates):
        raise BadInput("write either 'records' or 'replicates'")
    refs = (*roles.values(), *replicates)
    for ref in refs:
        shop.kind_of(ref, RecordStep, PredictStep)
    sample = _one_sample(shop, table.text("sample", ""), tuple(replicates) or (roles.get("main", refs[0]),))
    shop.kind_of(sample, SampleStep)

    facts = {word: _fact(word, given) for word, given in table.table("facts").items()}

    def make(end: str, _: Mapping[str, Quantity]) -> AnalyseStep:
        chosen = {role: shop.member(ref, end) for role, ref in roles.items()}
        cells = tuple(shop.member(ref, end) for ref in replicates)
        told = {word: for_member(shop, value, end) for word, value in facts.items()}
        return AnalyseStep(name, technique, shop.member(sample, end), chosen, cells, told, isinstance(records, dict))

    return shop.each((sample, *refs, *steps_of(facts.values())), make)


def _fact(word: str, given: object) -> Quantity | Expression:
    """A fact written out, or to be found by other steps."""
    if isinstance(given, str) and used(given):
        return parse(given)
    return known_fact(word, Fact(quantity(given), Source("measured"))).quantity


def _one_sample(shop: Workshop, stated: str, refs: tuple[str, ...]) -> str:
    """The sample that all of ``refs`` were taken on; raises BadInput if they differ, or from the ``stated`` one."""
    sample = stated or _sample_of(shop, refs[0])
    for ref in refs:
        own = _sample_of(shop, ref, sample)
        if own != sample:
            raise BadInput(f"'{ref}' was taken on '{own}', not on '{sample}'; analyse cells of one sample together")
    return sample


def _sample_of(shop: Workshop, ref: str, default: str = "") -> str:
    """The sample that a record or predict step was made on, without its member's ending."""
    step = shop.step(ref)
    if step is None or not isinstance(step.work, (RecordStep, PredictStep)) or not step.work.sample:
        if default:
            return default
        raise BadInput(f"sample: '{ref}' names no sample of its own; write sample = 'NAME'")
    return step.work.sample if ref in shop.steps else step.work.sample.partition("[")[0]


def make_trend(shop: Workshop) -> tuple[list[Step], Family]:
    """One value against an axis of a family."""
    table = shop.table
    table.only("of", "against", "law")
    base, value = split(table.text("of"))
    if not base:
        raise BadInput("of: write 'step.value', the step being one on a family")
    family = shop.family_of(base)
    axes = next(iter(family.members.values()))
    if not axes:
        raise BadInput(f"of: '{base}' has a single member; a trend needs a sample whose recipe or state holds a list")
    against = table.text("against", next(iter(axes)))
    if against not in axes:
        raise BadInput(f"against: the family has no axis '{against}'; it has {choices(set(axes))}")
    law = table.text("law", "line")
    if law not in LAWS:
        raise BadInput(f"law: there is no law '{law}'; there are {choices(set(LAWS))}")
    if len(axes) > 1:
        raise BadInput(f"of: '{base}' varies along {', '.join(axes)}; a trend wants a family with one axis")
    members = tuple((base + end, point[against]) for end, point in family.members.items())
    step = shop.step(base)
    work = TrendStep(value, against, law, members, value_meaning(step, value), axis_meaning(shop.steps, step, against))
    return [Step(shop.name, "trend", table.where, work, tuple(name for name, _ in members))], Family()


MAKERS: Mapping[str, Callable[[Workshop], tuple[list[Step], Family]]] = {
    "sample": make_sample,
    "record": make_record,
    "predict": make_predict,
    "analyse": make_analyse,
    "trend": make_trend,
    "fit": make_fit,
    "inside": make_inside,
}
