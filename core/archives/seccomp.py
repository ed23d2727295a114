"""A seccomp filter: of all system calls, only those that reading and computing need go through.

So there is no network, no new process, no new file and no change to any file by name.
"""

import ctypes
import os
import platform
import struct

# name: (number on x86-64, number on 64-bit ARM); -1 where the call does not exist.
ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, -1),
    "fstat": (5, 80),
    "lstat": (6, -1),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, -1),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "fcntl": (72, 25),
    "fsync": (74, 82),
    "ftruncate": (77, 46),
    "getcwd": (79, 17),
    "readlink": (89, -1),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "getrandom": (318, 278),
    "statx": (332, 291),
    "rseq": (334, 293),
    "faccessat2": (439, 439),
}
# Opening is allowed for reading only; the number says which argument holds the flags.
OPENING = {"open": (2, -1, 1), "openat": (257, 56, 2)}
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
RETURN_ALLOW, RETURN_KILL = 0x7FFF0000, 0x80000000
RETURN_NOT_PERMITTED = 0x00050000 | 1  # SECCOMP_RET_ERRNO with EPERM
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
SET_SECCOMP, FILTER_MODE = 22, 2


def filter_system_calls(library: ctypes.CDLL) -> bool:
    """Install the filter for good; return False where it is not to be had."""
    if platform.machine() not in ARCHITECTURES:
        return False
    program = filter_program(platform.machine())
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    return bool(library.prctl(SET_SECCOMP, FILTER_MODE, ctypes.c_char_p(header), 0, 0) == 0)


def filter_program(machine: str) -> bytes:
    """Return the classic BPF program: allowed calls pass, all others fail with "not permitted".

    Source: Documentation/userspace-api/seccomp_filter.rst of the Linux kernel.
    """
    column, architecture = ARCHITECTURES[machine]
    code = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, RETURN_KILL)]
    code.append((LOAD, 0, 0, 0))
    for numbers in ALLOWED.values():
        if numbers[column] >= 0:
            code += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, RETURN_ALLOW)]
    for opening in OPENING.values():
        if opening[column] >= 0:
            code += [
                (EQUAL, 0, 4, opening[column]),
                (LOAD, 0, 0, 16 + 8 * opening[2]),
                (ANY_BIT, 0, 1, WRITING_FLAGS),
                (RETURN, 0, 0, RETURN_NOT_PERMITTED),
                (RETURN, 0, 0, RETURN_ALLOW),
            ]
    code.append((RETURN, 0, 0, RETURN_NOT_PERMITTED))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)
