"""Tells a file that was written here from a copy of it that was put back in its place."""

import fcntl
import os
from contextlib import suppress

_GET_VERSION = 0x80087601
"""Linux: FS_IOC_GETVERSION (ioctl_iflags(2) has its neighbours): a random number of the inode."""


def identity_of(file: int) -> str:
    """Return what no copy of the open file has: its device, inode, and the inode's generation.

    Where a file system has no generations, an inode's number may come again.
    """
    found = os.fstat(file)
    generation = bytearray(8)
    with suppress(OSError):
        fcntl.ioctl(file, _GET_VERSION, generation)
    return f"{found.st_dev} {found.st_ino} {int.from_bytes(generation, 'little')}"


def was_put_back(file: int) -> bool:
    """Return whether the open file's times were set by a program that copies, like `cp -a`."""
    found = os.fstat(file)
    return found.st_mtime_ns != found.st_ctime_ns
