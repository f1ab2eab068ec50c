"""Run jobs on all cores, where the system can fork: a copy of this process has everything a job needs at once.

Starting a fresh Python and importing gdata in it takes 0.3 s and more; a fork takes 5 ms. Where there is none
(Windows; macOS, whose libraries don't bear it), jobs run one after the other in this process.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import IO

Job = Callable[[], bytes]

_LENGTHS = struct.Struct("<II")
_INDEX = struct.Struct("<I")


def core_count() -> int:
    """How many processes can work at once."""
    if sys.platform != "linux":
        return 1
    return len(os.sched_getaffinity(0))


Outcome = bytes | Exception


def run_jobs(jobs: Sequence[Job], workers: int) -> list[Outcome]:
    """What each job returns or raises, in their order.

    This process works as well, so two workers are one fork. A job whose process died is run here.
    """
    if workers < 2 or len(jobs) < 2:
        return [_run(job) for job in jobs]
    queue_out, queue_in = os.pipe()
    os.write(queue_in, b"".join(map(_INDEX.pack, range(min(len(jobs), 4096)))))
    os.close(queue_in)
    children = [_start(jobs, queue_out) for _ in range(min(workers, len(jobs)) - 1)]
    try:
        outcomes = dict(_work(jobs, queue_out))
    finally:
        os.close(queue_out)
        for child, _ in children:
            os.waitpid(child, 0)
    for _, results in children:
        outcomes |= _read_results(results)
    return [outcomes[index] if index in outcomes else _run(job) for index, job in enumerate(jobs)]


def _run(job: Job) -> Outcome:
    try:
        return job()
    except Exception as error:
        return error


def _start(jobs: Sequence[Job], queue: int) -> tuple[int, IO[bytes]]:
    """Fork a process that takes jobs from the queue; its results are written to a file without a name."""
    results = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the parent, once it has read it
    with warnings.catch_warnings():
        # Other threads may run (a progress line); the child takes no lock of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child, results
    try:
        for index, outcome in _work(jobs, queue):
            failed = not isinstance(outcome, bytes)
            content = pickle.dumps(outcome) if not isinstance(outcome, bytes) else outcome
            results.write(_LENGTHS.pack(index * 2 + failed, len(content)) + content)
        results.flush()
    finally:
        # Neither buffers nor exit handlers of the parent may run twice.
        os._exit(0)


def _work(jobs: Sequence[Job], queue: int) -> Iterator[tuple[int, Outcome]]:
    while True:
        taken = os.read(queue, _INDEX.size)
        if not taken:
            return
        (index,) = _INDEX.unpack(taken)
        yield index, _run(jobs[index])


def _read_results(results: IO[bytes]) -> dict[int, Outcome]:
    """What a process has written: its own pickles, in a file that nobody else can open."""
    with results:
        results.seek(0)
        content = results.read()
    outcomes: dict[int, Outcome] = {}
    start = 0
    while start + _LENGTHS.size <= len(content):
        number, size = _LENGTHS.unpack_from(content, start)
        body = content[start + _LENGTHS.size : start + _LENGTHS.size + size]
        if len(body) < size:
            break
        outcomes[number // 2] = pickle.loads(body) if number % 2 else body
        start += _LENGTHS.size + size
    return outcomes
