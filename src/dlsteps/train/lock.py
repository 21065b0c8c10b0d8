"""A folder that one run at a time writes to."""

import errno
import json
import os
import socket
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path

from dlsteps.train.checkpoint import CheckpointError
from dlsteps.train.files import reason

try:
    import fcntl
except ImportError:  # Windows: two runs in one folder are the reader's care there
    fcntl = None

NAME = ".lock"
WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # what file systems that have none answer


class Lock(AbstractContextManager["Lock"]):
    """Keeps other runs out of a folder, which is made if it is missing.

    The system lets go of it when the process ends, however it ends; no lock is ever left behind. Where the
    file system has no locks, there is none.

    Args:
        folder: of the run.
        active: whether this process writes; the others of a run do not.

    Raises:
        CheckpointError: if another run writes to the folder, or the system refuses.
    """

    def __init__(self, folder: Path, active: bool = True):
        self.path, self._descriptor = folder / NAME, None
        if not active or fcntl is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            while self._descriptor is None:
                self._descriptor = self._taken()
            self._sign()
        except OSError as error:
            self.__exit__()
            raise CheckpointError(f"{folder.absolute()} cannot be written to: {reason(error)}") from error

    def __exit__(self, *exception: object) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                self.path.unlink()
            os.close(self._descriptor)

    def _taken(self) -> int | None:
        """Lock the file; None if it was removed meanwhile by the run that held it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = self._holder(descriptor)
            os.close(descriptor)
            raise CheckpointError(
                f"{self.path.parent} is written to by {told}; wait for it, stop it, or choose another --out"
            ) from None
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                os.close(descriptor)
                raise
        with suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self.path), os.fstat(descriptor)):
                return descriptor
        os.close(descriptor)
        return None

    def _sign(self) -> None:
        """Say who holds the folder."""
        since = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
        me = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, json.dumps(me).encode())

    def _holder(self, descriptor: int) -> str:
        try:
            found = json.loads(os.pread(descriptor, 1000, 0))
            return f"process {found['process']} on {found['host']} since {found['since']}"
        except (ValueError, KeyError, TypeError):
            return "another run"  # which has not yet said who it is
