"""Executing many runs through Dask: on this machine's cores, or on a cluster that somebody else started."""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import spawn
from time import monotonic, perf_counter, sleep
from typing import Any, Literal

import dask
from distributed import CancelledError, Client, KilledWorker, LocalCluster, WorkerPlugin, as_completed
from distributed.protocol.pickle import dumps

from rectify.core.errors import ConfigError, UserError
from rectify.core.kernel import source_digest
from rectify.plugins.loading import allow_plugins, is_single_file, load_plugins
from rectify.study.task import FAILED, Outcome

Executor = Literal["local", "dask"]

CONNECT_SECONDS = 4
"""How long a scheduler may take to answer."""
REFRESH_SECONDS = 5.0
"""How often the cluster is asked for its size."""
AHEAD = 2
"""Tasks handed out per worker thread: the one it does, and the next."""
TASK_SECONDS, MOST_TOGETHER = 1.0, 32
"""A task is made of as many runs as take so long, and of so many at most: Dask's own work is for each task."""
SETTLE_SECONDS = 0.5
"""How long Dask may take to note that a process has started."""
ONE_THREAD_EACH = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
KILLED = "the process that ran it died each time (killed, or out of memory)"

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Where:
    """Where runs are executed: ``local`` with so many *workers* (None: one a core), or a scheduler's *address*."""

    executor: Executor = "local"
    address: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.executor == "dask" and not self.address:
            raise ConfigError(["executor.address: is missing; give the scheduler's, as tcp://HOST:8786"])
        if self.executor == "local" and self.address:
            raise ConfigError([f"executor.address: {self.address!r} needs executor=dask"])
        if self.executor == "dask" and self.workers is not None:
            raise ConfigError(["executor.workers: is for executor=local; a cluster brings its own"])


class PluginsOfWorkers(WorkerPlugin):
    """Lets a worker, also one that starts later, find and load the plug-ins of a sweep.

    path: folders that modules are looked for in, besides the worker's own. names: the plug-ins that it may load.
    """

    def __init__(self, path: Sequence[str], names: Sequence[str]) -> None:
        self.path, self.names = list(path), list(names)

    def setup(self, worker: Any) -> None:
        """Called on every worker when it starts, or when the sweep does."""
        sys.path[:] = [*sys.path, *(entry for entry in self.path if entry not in sys.path)]
        allow_plugins(self.names)


def share_plugins(client: Client, where: Where, names: Sequence[str]) -> None:
    """Let all workers load the plug-ins called *names*, and see that they are the same there.

    Workers on this machine find them by the same path. To others a plug-in of one file is sent; a larger one must be
    installed there. Raises ``UserError`` where a worker cannot load one, or has another version of it.
    """
    if not names:
        return
    plugins = load_plugins(names)
    local = where.executor == "local"
    if not local:
        for each in plugins:
            if (path := is_single_file(each)) is not None:
                client.upload_file(str(path))
    client.register_plugin(PluginsOfWorkers(sys.path if local else [], names), name="rectify-plugins")
    wanted = {each.name: each.digest for each in plugins}
    for worker, found in client.run(_digests_there, list(names)).items():
        if isinstance(found, str):
            raise UserError(f"plugins: the worker {worker}: {found}")
        for name, digest in wanted.items():
            if found[name] != digest:
                raise UserError(f"plugins: the worker {worker} has another {name}: {found[name]}, here {digest}")


def _digests_there(names: list[str]) -> dict[str, str] | str:
    try:
        return {each.name: each.digest for each in load_plugins(names)}
    except UserError as error:
        return str(error)


WORKERS_ARE_CALLED = "Dask Worker process"


@contextmanager
def _scripts_left_alone() -> Iterator[None]:
    """Start workers without running the user's script in each of them again, as Python does with new processes.

    What they need they import: a script need not be guarded against being run a second time.
    """
    prepare = spawn.get_preparation_data

    def without_script(name: str) -> dict[str, Any]:
        given: dict[str, Any] = prepare(name)
        if name.startswith(WORKERS_ARE_CALLED):
            given.pop("init_main_from_path", None)
            given.pop("init_main_from_name", None)
        return given

    spawn.get_preparation_data = without_script
    try:
        yield
    finally:
        spawn.get_preparation_data = prepare


@contextmanager
def connected(where: Where) -> Iterator[Client]:
    """A client of a cluster. Raises ``UserError`` when no scheduler answers or its workers have other sources."""
    log = logging.getLogger("distributed")
    level = log.level
    log.setLevel(logging.CRITICAL)  # a killed worker is reported with its run
    try:
        yield from _remote(str(where.address)) if where.executor == "dask" else _local(where.workers)
    finally:
        log.setLevel(level)


def _local(workers: int | None) -> Iterator[Client]:
    settings = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.multiprocessing-method": "spawn",  # a fork after OpenMP's first use hangs
        "distributed.comm.timeouts.connect": "60s",  # processes start slowly on a busy machine
        # A process that is starting anew when this time after an earlier one's death is up would be given up for good.
        "distributed.deploy.lost-worker-timeout": "1000 days",
        # Dask's own setting makes processes hand memory back after every array, and ask for it again for the next.
        "distributed.nanny.pre-spawn-environ": dict.fromkeys(ONE_THREAD_EACH, 1),
        # Nobody looks at what every process would note about itself a hundred times a second.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.worker.memory.monitor-interval": "500ms",
    }
    with (
        _scripts_left_alone(),
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers or os.cpu_count() or 1, threads_per_worker=1, processes=True,
            # Any free port: two sweeps at once need not warn of each other.
            dashboard_address=None, preload="rectify.study.worker", silence_logs=logging.CRITICAL, host="127.0.0.1",
            scheduler_kwargs={"dashboard_address": ":0"},
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield client


def check_reachable(where: Where) -> None:
    """Raise ``UserError`` when no scheduler answers, or its workers have other sources: before anything takes time."""
    if where.executor == "dask":
        with connected(where):
            pass


def _remote(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except Exception as error:  # what is no scheduler may answer anything, and be taken for a message of any length
        words = " ".join(str(error).split())[:160]
        raise UserError(
            f"executor.address: no scheduler answers at {address!r} ({words}). Start one with: dask scheduler"
        ) from None
    with client:
        try:
            sources = client.run(source_digest)
        except Exception as error:  # whatever goes wrong on a worker comes back as it was there
            raise UserError(f"executor.address: workers at {address!r} cannot import Rectify: {error}") from None
        others = sorted(worker for worker, digest in sources.items() if digest != source_digest())
        if others:
            raise UserError(f"executor.address: these workers have other sources of Rectify: {', '.join(others)}")
        yield client


class Pace:
    """How many tasks may be handed out at once, and how many runs each is made of: one by one if *alone*."""

    def __init__(self, client: Client, alone: bool = False) -> None:
        self.client, self.alone = client, alone
        self.asked, self.window = -REFRESH_SECONDS, 1
        self.runs, self.seconds = 0, 0.0

    def tasks(self) -> int:
        """Tasks that may be under way."""
        if not self.alone and monotonic() - self.asked > REFRESH_SECONDS:
            self.asked = monotonic()
            self.window = max(1, AHEAD * sum(self.client.nthreads().values()))
        return self.window

    def runs_together(self, left: int) -> int:
        """Runs of the next task, where so many are *left*: few of the last ones, for all workers to end together."""
        if self.alone or self.runs == 0:
            return 1
        within = TASK_SECONDS * self.runs / max(self.seconds, 1e-9)
        return max(1, int(min(within, MOST_TOGETHER, left / (2 * self.tasks()))))

    def note(self, runs: int, seconds: float) -> None:
        """A task of so many *runs* took so long."""
        self.runs, self.seconds = self.runs + runs, self.seconds + seconds


def execute[Key, Done](
    client: Client,
    function: Callable[..., Done],
    keys: Sequence[Key],
    arguments_of: Callable[[Key], Arguments],
    split: Callable[[Key], Iterable[Key]],
) -> Iterator[tuple[Key, Done | Outcome]]:
    """Do ``function(*arguments_of(key))`` for all *keys*; yield each with what came of it, in any order.

    That is what the function gives, or a failed outcome. A run that kills its process fails alone: runs that were with
    it are done again, suspects at the end, *split* and one by one. Raises ``UserError`` when the scheduler goes away.
    """
    suspects: list[Key] = []
    for key, done in _handed_out(client, function, keys, arguments_of, Pace(client)):
        if done is None:
            suspects.extend(split(key))
        else:
            yield key, done
    for key, done in _handed_out(client, function, suspects, arguments_of, Pace(client, alone=True)):
        yield key, done or Outcome(FAILED, KILLED)


def _failed(error: BaseException) -> Outcome:
    return Outcome(FAILED, f"{type(error).__name__}: {' '.join(str(error).split())}"[:500])


@cache
def _settle() -> None:
    """Wait, once in a process, until Dask has noted that it started: one that dies before is not replaced."""
    sleep(SETTLE_SECONDS)


def _call(function: bytes, arguments: bytes) -> tuple[list[Any], float]:
    """What the function gives for each of several arguments, and the seconds that all took."""
    _settle()
    run, found, started = pickle.loads(function), [], perf_counter()
    for each in pickle.loads(arguments):
        try:
            found.append(run(*each))
        except Exception as error:  # recorded with the run: the others go on
            found.append(_failed(error))
    return found, perf_counter() - started


def _handed_out[Key, Done](
    client: Client,
    function: Callable[..., Done],
    keys: Sequence[Key],
    arguments_of: Callable[[Key], Arguments],
    pace: Pace,
) -> Iterator[tuple[Key, Done | Outcome | None]]:
    """As :func:`execute`, with None for runs whose workers died; handed out at *pace*."""
    under_way: dict[Any, Sequence[Key]] = {}
    # Without results: where a process dies between telling of one and handing it over, Dask would wait for ever.
    completed = as_completed()
    packed, handed_out = dumps(function), 0

    def hand_out() -> None:
        nonlocal handed_out
        while handed_out < len(keys) and len(under_way) < pace.tasks():
            chosen = keys[handed_out : handed_out + pace.runs_together(len(keys) - handed_out)]
            handed_out += len(chosen)
            # As bytes: a configuration has thousands of entries, and Dask would look at each of them.
            arguments = pickle.dumps([arguments_of(key) for key in chosen])
            future = client.submit(_call, packed, arguments, pure=False)
            under_way[future] = chosen
            completed.add(future)

    hand_out()
    for future in completed:
        chosen = under_way.pop(future)
        found: Iterable[tuple[Key, Done | Outcome | None]]
        try:
            done, seconds = future.result()
        except CancelledError:
            raise UserError(
                "executor: the scheduler went away. Finished runs are kept: the same command goes on"
            ) from None
        except Exception as error:
            suspected = len(chosen) > 1 or isinstance(error, KilledWorker)
            found = [(key, None if suspected else _failed(error)) for key in chosen]
        else:
            pace.note(len(chosen), seconds)
            found = zip(chosen, done, strict=True)
        hand_out()
        yield from found
