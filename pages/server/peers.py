"""Who on this machine is at the other end of a connection: the kernel keeps whose each socket is.

Loopback is open to everybody on a machine, and who may use a dashboard may run jobs and read files.
"""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))  # Linux; elsewhere nobody tells
ROOT = 0
Address = tuple[str, int]  # IP address, port


def is_told() -> bool:
    """Return whether this machine says whose a socket is."""
    return next(_sockets(), None) is not None


def is_ours(client: Address | None, server: Address | None) -> bool:
    """Return whether a connection comes from this user or the machine's administrator.

    client, server: its two ends. One that is no longer open, or that a header made up, is nobody's.
    """
    if client is None or server is None:
        return False
    wanted = {(one, other) for one in _forms(client) for other in _forms(server)}
    owner = next((uid for ends, uid in _sockets() if ends in wanted), None)
    return owner in (os.getuid(), ROOT)


def _sockets() -> Iterator[tuple[tuple[str, str], int]]:
    """Yield ((local end, other end) as the kernel writes them, user) of every socket with owner."""
    for table in TABLES:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            parts = line.split()
            if len(parts) > 9 and parts[9] != "0":  # 0: closed by its owner, who then reads as root
                yield (parts[1], parts[2]), int(parts[7])


def _forms(address: Address) -> list[str]:
    """Return an address as the kernel may write it: an IPv4 one also as IPv6 has it."""
    host, port = address
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return []
    packed = [found.packed]
    if found.version == 4:
        packed.append(bytes(10) + b"\xff\xff" + found.packed)
    return [f"{_words(each)}:{port:04X}" for each in packed]


def _words(packed: bytes) -> str:
    """Return the address in words of four bytes, each in this machine's order."""
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
