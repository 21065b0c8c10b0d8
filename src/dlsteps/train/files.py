"""Files that are there whole or not at all."""

import contextlib
import errno
import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that no moment shows half of it, whatever stops this process or the machine.

    The bytes go to a file beside it and are forced to the disk; that file is then renamed over the old one,
    and the folder forced to the disk as well, as the rename is a change to it.

    Raises:
        OSError: if the disk is full, the folder read-only, …; the old file is untouched, no half one stays.
    """
    half = path.with_name(f".{path.name}.half")
    try:
        with half.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(half, path)
        _sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            half.unlink()
        raise


def remove_halves(folder: Path) -> None:
    """Remove what a killed process left behind."""
    for half in folder.glob(".*.half"):
        half.unlink()


def reason(error: OSError) -> str:
    """Say in a few words what the system refused, and what helps."""
    remedies = {
        errno.ENOSPC: "the disk is full; free some space",
        errno.EDQUOT: "your share of the disk is used up; free some space",
        errno.EFBIG: "the file is larger than the system allows; raise `ulimit -f`",
        errno.EACCES: "the folder may not be written to; choose another --out",
        errno.EPERM: "the folder may not be written to; choose another --out",
        errno.EROFS: "the disk is read-only; choose another --out",
        errno.ENOTDIR: "a part of its path is a file; choose another --out",
        errno.ENAMETOOLONG: "a name in its path is too long; choose another --out",
        errno.EEXIST: "it is a file, not a folder; choose another --out",
    }
    return remedies.get(error.errno or 0, str(error))


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):  # Windows knows no such call, and renames durably
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
