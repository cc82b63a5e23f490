"""Processes that do steps of a study side by side."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import BaseContext

from thiocell.studies.attempt import Attempt, Fault, attempt
from thiocell.studies.doing import Ticket
from thiocell.studies.outcome import Outcome
from thiocell.studies.study import Step

_LOG = logging.getLogger(__name__)
_MOST = 61
"""Workers of one pool that Windows can wait for (Python's documentation of ProcessPoolExecutor)."""
_DIED = Fault("broke: the process that did it died; it crashed, or memory did not suffice")


def start_method() -> BaseContext:
    """How processes are started: never by a plain fork, which copies locks that other threads hold."""
    ways = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")


@dataclass(frozen=True)
class Job:
    """A step that must be done: its ticket, and the ``outcomes`` that it needs."""

    step: Step
    slip: Ticket
    outcomes: Mapping[str, Outcome]


class Workers:
    """Up to ``jobs`` processes; none is started before the first job is sent, none is left when the block ends.

    When a process dies, the jobs under way are lost and must be sent again. From then on one is sent at a time, so that
    the job that kills its process is found out: it has failed, and the others go on.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = self._wide = min(jobs, _MOST) if os.name == "nt" else jobs
        self._pool: ProcessPoolExecutor | None = None
        self._ready: Future[None] = Future()
        self._sent: dict[Future[bytes], Job] = {}
        self._hurt = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def busy(self) -> bool:
        """Is a job under way?"""
        return bool(self._sent)

    @property
    def free(self) -> bool:
        """Can another job be sent?"""
        return len(self._sent) < self._wide

    def pays(self, waiting: int) -> bool:
        """Is it worth sending one of so many jobs? A lone one is done sooner here, unless it may kill its process."""
        return self._wide > 0 and (waiting > 1 or self.busy or self._hurt)

    def send(self, job: Job) -> bool:
        """Give a job to a process; False if that cannot be, so that it must be done here."""
        try:
            parcel = pickle.dumps((job.step, job.outcomes))
        except Exception as error:  # an outsider's technique may hold anything
            _LOG.info("step '%s' cannot travel and is done here: %s", job.step.name, error)
            return False
        try:
            with _one_thread():
                self._sent[self._submitted(parcel)] = job
        except (OSError, ImportError, NotImplementedError) as error:
            _LOG.warning("no process can be started, the steps are done one after another: %s", error)
            self._wide = 0
            return False
        return True

    def wait(self) -> tuple[list[tuple[Job, Attempt]], list[Job]]:
        """The jobs that have ended meanwhile, at least one, and those that are lost and must be sent again."""
        done, _ = wait(self._sent, return_when=FIRST_COMPLETED)
        if any(map(_lost, done)):
            done, _ = wait(self._sent)  # all others end with it
        jobs = {future: self._sent.pop(future) for future in list(self._sent) if future in done}
        ended = [(job, _opened(future, job)) for future, job in jobs.items() if not _lost(future)]
        lost = [job for future, job in jobs.items() if _lost(future)]
        if not lost:
            return ended, []
        alone, self._hurt = self._wide == 1, True
        self._end()
        if self._ready.exception() is not None:
            _LOG.warning("processes end before they begin, the steps are done one after another")
            self._wide = 0
        elif alone:
            self._wide = self._jobs
            return [(job, Attempt(_DIED, 0.0)) for job in lost], []
        else:
            self._wide = 1
        return ended, lost

    def _submitted(self, parcel: bytes) -> Future[bytes]:
        """Every call may start processes."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._wide, start_method(), _begin)
            self._ready = self._pool.submit(_answer)
        try:
            return self._pool.submit(_serve, parcel)
        except BrokenProcessPool as error:
            lost: Future[bytes] = Future()
            lost.set_exception(error)
            return lost

    def _end(self) -> None:
        """Let idle processes go home; busy ones are killed."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        if self._sent:
            for process in list((pool._processes or {}).values()):  # public only from Python 3.14 on: kill_workers
                process.kill()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that start meanwhile use one thread for linear algebra, unless the environment says how many.

    More wait for each other's processors: a family of refinements took up to twice as long.
    """
    if "OMP_NUM_THREADS" in os.environ:
        yield
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]


def _lost(future: Future[bytes]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


def _opened(future: Future[bytes], job: Job) -> Attempt:
    """What a process sent back; where it could not understand the job, or be understood, the job is done here."""
    try:
        tried: Attempt = pickle.loads(future.result())  # noqa: S301  our own process wrote it
    except Exception as error:  # an outsider's technique may hold anything
        _LOG.info("step '%s' did not come through and is done here: %s", job.step.name, error)
        return attempt(job.step, job.outcomes)
    return tried


def _serve(parcel: bytes) -> bytes:
    """In a process: do the job in ``parcel``."""
    try:
        return pickle.dumps(attempt(*pickle.loads(parcel)))  # noqa: S301  the parent wrote it
    except Exception as error:  # the error itself may be one that cannot travel
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _answer() -> None:
    """In a process: show that it has begun."""


def _begin() -> None:
    """In a process: Ctrl-C is the parent's to answer, and a process ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
