"""A Landlock ruleset: the process opens only the program's own files and its scratch folder.

Source: Documentation/userspace-api/landlock.rst of the Linux kernel (ABI 1 of 5.13 and later).
"""

import contextlib
import ctypes
import os
import site
import struct
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same numbers on x86-64 and 64-bit ARM
ASK_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
# What the kernel can forbid, by the ABI that brought it: 13 rights, refer, truncate, ioctl.
FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
TCP_FROM, TCP = 4, 0b11  # to bind and to connect
SCOPES_FROM, SCOPES = 6, 0b11  # abstract Unix sockets and signals of other processes
SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
SYSTEM_FILES = ("/etc/ld.so.cache", "/dev/null", "/dev/urandom")


def confine_reading(library: ctypes.CDLL, scratch: Path) -> bool:
    """Forbid, for good, to open anything but code and what lies in `scratch`.

    Returns False where the kernel has no Landlock. Files that are open already stay usable.
    """
    abi = library.syscall(CREATE, None, 0, ASK_VERSION)
    if abi < 1:
        return False
    ruleset = library.syscall(CREATE, *_attributes(abi), 0)
    if ruleset < 0:
        return False
    try:
        for path in _readable(scratch):
            _allow_reading(library, ruleset, path)
        return bool(library.syscall(RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _attributes(abi: int) -> tuple[bytes, int]:
    """Return struct landlock_ruleset_attr and its size, as long as this kernel knows it."""
    files = sum(bits for since, bits in FILE_RIGHTS.items() if abi >= since)
    fields = [files]
    if abi >= TCP_FROM:
        fields.append(TCP)
    if abi >= SCOPES_FROM:
        fields.append(SCOPES)
    packed = struct.pack(f"{len(fields)}Q", *fields)
    return packed, len(packed)


def _allow_reading(library: ctypes.CDLL, ruleset: int, path: Path) -> None:
    with contextlib.suppress(OSError):  # not there: nothing to allow
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights = READ_FILE | READ_FOLDER if path.is_dir() else READ_FILE
            rule = struct.pack("=Qi", rights, descriptor)
            library.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
        finally:
            os.close(descriptor)


def _readable(scratch: Path) -> set[Path]:
    """Return where Python, its packages, this program and the system's libraries are."""
    standard = [
        sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")
    ]
    prefixes = [os.path.join(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix)]
    installed = [*site.getsitepackages(), site.getusersitepackages()]
    folders = [*standard, *prefixes, *installed, *_loaded_packages(), *SYSTEM_LIBRARIES]
    return {scratch, *map(Path, folders), *map(Path, SYSTEM_FILES)}


def _loaded_packages() -> Iterator[str]:
    """Yield the folders of the packages that are loaded, this one among them: they load more."""
    for name, module in list(sys.modules.items()):
        if "." not in name:
            yield from (str(path) for path in getattr(module, "__path__", ()))
