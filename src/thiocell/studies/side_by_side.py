"""Steps of a study that do not wait for each other, done at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from thiocell.studies.attempt import Attempt, attempt, begin, finish, settled
from thiocell.studies.outcome import Outcome
from thiocell.studies.store import Store
from thiocell.studies.study import RecordStep, SampleStep, Step, TrendStep
from thiocell.studies.workers import Job, Workers

Tick = Callable[[str, str], None]
_QUICK = (SampleStep, RecordStep, TrendStep)
"""Work that is done sooner than sent."""


def side_by_side(
    steps: Sequence[Step], outcomes: Mapping[str, Outcome], store: Store, tick: Tick, jobs: int
) -> dict[str, Outcome]:
    """``outcomes``, and those of ``steps`` as they come; up to ``jobs`` steps are done at once, each in a process.

    ``steps`` stand in an order in which they can be done. Keys are made and results kept here, by this process alone.
    """
    found, left = dict(outcomes), list(steps)
    waiting: list[Job] = []
    with Workers(jobs) as workers:
        while left or waiting or workers.busy:
            left, more = _ready(left, found, store, tick)
            ended, waiting = _done([*waiting, *more], workers, tick)
            for job, tried in ended:
                found[job.step.name] = finish(job.step, job.slip, tried, store)
                tick(job.step.name, found[job.step.name].status)
    return found


def _ready(steps: list[Step], found: dict[str, Outcome], store: Store, tick: Tick) -> tuple[list[Step], list[Job]]:
    """The steps that have to wait for others, and those to be done now; ``found`` gains what is quick or kept."""
    later, jobs = [], []
    for step in steps:
        if not all(need in found for need in step.needs):
            later.append(step)
            continue
        begun = begin(step, found, store)
        if not isinstance(begun, Outcome) and not isinstance(step.work, _QUICK):
            jobs.append(Job(step, begun, {need: found[need] for need in step.needs}))
            continue
        tick(step.name, "running")
        found[step.name] = settled(step, begun, found, store)
        tick(step.name, found[step.name].status)
    return later, jobs


def _done(waiting: list[Job], workers: Workers, tick: Tick) -> tuple[list[tuple[Job, Attempt]], list[Job]]:
    """Send what can be sent; the jobs that have ended then, and those that still wait."""
    while waiting and workers.free and workers.pays(len(waiting)):
        job, *waiting = waiting
        tick(job.step.name, "running")
        if not workers.send(job):
            return [(job, attempt(job.step, job.outcomes))], waiting
    if workers.busy:
        ended, lost = workers.wait()
        return ended, [*lost, *waiting]
    if not waiting:
        return [], []
    job, *waiting = waiting
    tick(job.step.name, "running")
    return [(job, attempt(job.step, job.outcomes))], waiting
