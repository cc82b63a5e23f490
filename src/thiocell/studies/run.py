"""Do the steps of a study in order, keep what they find, and judge its claims."""

from __future__ import annotations

import platform
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from thiocell import __version__
from thiocell.core.bad_input import BadInput
from thiocell.studies.attempt import begin, settled
from thiocell.studies.claim import Verdict
from thiocell.studies.code import code_of
from thiocell.studies.doing import technique_modules
from thiocell.studies.judge import judge
from thiocell.studies.outcome import Outcome, Run
from thiocell.studies.side_by_side import side_by_side
from thiocell.studies.store import Store
from thiocell.studies.study import Study

Tick = Callable[[str, str], None]
PATIENCE = 2.0
"""Seconds of a run in which steps are done one after another: a small study does not pay for processes; assumed."""


def run(study: Study, store: Store, tick: Tick = lambda _name, _status: None, jobs: int = 1) -> Run:
    """Every step that can be done is done, or taken from the store if nothing it depends on changed.

    ``tick`` hears each step's name and status, 'running' when it begins. A step that fails takes only those with it
    that need it. With ``jobs`` above 1, so many steps are done at once in processes if the study takes longer than
    ``PATIENCE``; what they find is the same. A script that asks for that must begin with ``if __name__ == "__main__":``
    as Python's multiprocessing wants it. Raises BadInput if ``jobs`` is less than 1.
    """
    if jobs < 1:
        raise BadInput(f"jobs is {jobs}; it is how many steps may be done at once, so give 1 or more")
    store.place.mkdir(parents=True, exist_ok=True)
    store.sweep()
    outcomes = _outcomes(study, store, tick, jobs)
    verdicts: list[Verdict] = []
    faults: list[str] = []
    for claim in study.claims:
        found, wrong = judge(claim, outcomes)
        verdicts += [replace(verdict, stated=claim.tests) for verdict in found]
        faults += [f"{study.file} {fault}" for fault in wrong]
    return Run(study.name, study.title, study.about, outcomes, tuple(verdicts), _versions(study), tuple(faults))


def _outcomes(study: Study, store: Store, tick: Tick, jobs: int) -> dict[str, Outcome]:
    """What became of each step, in the order of the study."""
    outcomes: dict[str, Outcome] = {}
    steps = deque(study.steps.values())
    began = time.monotonic()
    while steps and (jobs == 1 or time.monotonic() - began < PATIENCE):
        step = steps.popleft()
        tick(step.name, "running")
        outcomes[step.name] = settled(step, begin(step, outcomes, store), outcomes, store)
        tick(step.name, outcomes[step.name].status)
    if steps:
        outcomes = side_by_side(tuple(steps), outcomes, store, tick, jobs)
    return {name: outcomes[name] for name in study.steps}


def _versions(study: Study) -> dict[str, str]:
    return versions(*{module: None for step in study.steps.values() for module in technique_modules(step)})


def versions(*modules: str) -> dict[str, str]:
    """The versions of thiocell, Python and every engine that any study uses, or one of ``modules``."""
    engines = code_of("thiocell.studies.doing", "thiocell.core.quantity", *modules).versions
    return {"thiocell": __version__, "python": platform.python_version(), **dict(engines)}


def default_store(folder: Path) -> Store:
    """The store of a study that keeps its results in ``folder``."""
    return Store(folder / ".store")
