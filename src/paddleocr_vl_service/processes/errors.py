"""What can happen to a child process, as seen by its parent.

::

    WorkerError
    ├── WorkerStartFailed
    ├── WorkerDied
    ├── WorkerTimedOut
    ├── WorkerFailed
    └── PoolClosed
"""

from __future__ import annotations


class WorkerError(Exception):
    """Root of the tree."""


class WorkerStartFailed(WorkerError):
    """The process did not get as far as taking calls."""


class WorkerDied(WorkerError):
    """The process ended, or spoke out of turn and was killed, before it answered."""


class WorkerTimedOut(WorkerError):
    """The process did not answer within the deadline and was killed."""


class WorkerFailed(WorkerError):
    """The handler raised something that is no `ServiceError`; its traceback is in the log."""


class PoolClosed(WorkerError):
    """The pool takes no more calls."""
