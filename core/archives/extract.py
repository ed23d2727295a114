"""The general entrance for strangers' archives: chosen members, unpacked in the confined child.

for found in extract(Path("class.zip"), scratch, HAND_IN_LIMITS,
                     keep=("*.h5", "*.keras"), nested=("*.zip",), strict=False):
    if found.error:            # this member alone could not be read, and why
        ...
    elif found.path:           # its bytes, under a number, never under its own name
        ...
    else:                      # a folder, or a file that `keep` does not want
        ...
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.archives import archive, sandbox
from core.archives.child import Source, Tell
from core.archives.limits import LIMITS, MIB, Limits
from core.archives.sandbox import Content
from core.archives.spool import Rules, Spool
from core.errors import UploadError
from core.names import plain_name

MOST_NESTED_MEMBERS = 1000  # of one archive in another, which one person packed


@dataclass(frozen=True)
class Extracted:
    """One member of an archive.

    name: as stored, with "/" between folders and at the end of a folder; it stays inside the
    archive, but is a stranger's text: show `plain_name` of it. path: where its bytes lie, None for
    folders, members that nobody wanted and those with an `error`. error: why this one could not be
    read. inside: the name of the nested archive it is in, "" for the archive itself.
    """

    name: str
    size_bytes: int
    path: Path | None = None
    error: str = ""
    inside: str = ""


def extract(
    content: Content,
    into: Path,
    limits: Limits = LIMITS,
    *,
    keep: Sequence[str] = ("*",),
    nested: Sequence[str] = (),
    strict: bool = True,
    tell: Tell | None = None,
) -> list[Extracted]:
    """Return all members of a zip, tar or tar.gz; those that `keep` names are written to `into`.

    content: a path, bytes or an open binary file. into: an existing folder of the caller's, best
    in the workspace's scratch, which the caller removes; files are called 00000, 00001, … there.
    keep: patterns of names in lower case; * stands for anything, "/" too. nested: patterns of
    members that are archives themselves and are opened, one level deep. strict: one member that
    cannot be read refuses everything; otherwise it comes with its `error`. tell: called with
    (share done, what is being read). Members that operating systems add are left out, but their
    folders are there, as are those that the archive lists.

    Raises UploadError with cause and remedy if the file is no archive or breaks a limit (bytes,
    members, growth, overlap, time); then nothing is left in `into`.
    """
    arguments = {"keep": list(keep), "nested": list(nested), "strict": strict}
    reader = "core.archives.extract:unpack_kept"
    with sandbox.parsed(reader, content, arguments, limits=limits, scratch=into, tell=tell) as (
        answer,
        spool,
    ):
        found = [Extracted(**fields) for fields in answer.fields["members"]]
        starts = [int(start) for start in answer.arrays["starts"]]
        return _written(found, starts, spool, into)


def _written(found: list[Extracted], starts: list[int], spool: Path, into: Path) -> list[Extracted]:
    """Move the kept members out of the spool, the last one first, so that no byte lies twice."""
    written = list(found)
    kept = [number for number, start in enumerate(starts) if start >= 0]
    kept.sort(key=lambda number: (starts[number], found[number].size_bytes), reverse=True)
    try:
        with spool.open("r+b") as file:
            for number in kept:
                path = into / f"{number:05d}"
                written[number] = replace(found[number], path=path)
                _move(file, starts[number], found[number].size_bytes, path)
    except BaseException:
        for number in kept:
            (into / f"{number:05d}").unlink(missing_ok=True)
        raise
    return written


def _move(file: BinaryIO, start: int, size: int, path: Path) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as target:
        file.seek(start)
        missing = size
        while missing and (chunk := file.read(min(missing, MIB))):
            target.write(chunk)
            missing -= len(chunk)
    if missing:
        raise UploadError("The archive's members overlap. Pack it again.")
    file.truncate(start)


def unpack_kept(
    source: Source, keep: list[str], nested: list[str], strict: bool
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry in the child: return ({members}, {where each starts in the spool, -1 if nowhere}).

    Raises UploadError for a file that is no archive.
    """
    wanted = Rules(tuple(keep), strict)
    spool = Spool(source, replace(wanted, keep=(*keep, *nested)))
    if not archive.fill(spool, source):
        raise UploadError("The file is no .zip, .tar or .tar.gz. Pack the files as .zip.")
    archives = [name for name in spool.places if Rules(tuple(nested)).wants(name)]
    listed = _listed(spool, "", archives)
    for name in archives:
        listed += _opened(source, spool, name, wanted)
    starts = np.array([start for _, start in listed], np.int64)
    source.spool.flush()
    return {"members": [fields for fields, _ in listed]}, {"starts": starts}


Listed = tuple[dict[str, Any], int]  # (fields of an Extracted, where it starts in the spool)


def _opened(source: Source, outer: Spool, name: str, rules: Rules) -> list[Listed]:
    """Return the members of a nested archive, or the archive itself with what is wrong with it."""
    source.say(0.7, plain_name(name))
    left = outer.limits.unpacked_bytes - outer.end
    limits = replace(
        outer.limits,
        members=min(outer.limits.members, MOST_NESTED_MEMBERS),
        unpacked_bytes=min(outer.limits.file_bytes, left),
    )
    spool = Spool(source, rules, limits, outer.end)
    size = outer.places[name][1]
    try:
        if not archive.fill(spool, outer.opened(name)):
            raise UploadError(
                f"{plain_name(name)} is no .zip, .tar or .tar.gz, whatever its name says. "
                "Pack the files as .zip."
            )
    except UploadError as error:
        if rules.strict:
            raise
        return [({"name": name, "size_bytes": size, "error": str(error)}, -1)]
    outer.end = spool.end
    return [({"name": name, "size_bytes": size}, -1), *_listed(spool, name, [])]


def _listed(spool: Spool, inside: str, left_out: Sequence[str]) -> list[Listed]:
    """Return everything in a spool except the members `left_out`, folders first."""
    found: list[Listed] = [
        ({"name": f"{name}/", "size_bytes": 0, "inside": inside}, -1)
        for name in sorted(spool.folders | spool.passed)
    ]
    skipped = set(left_out)
    for name, (start, size) in spool.places.items():
        if name not in skipped:
            found.append(({"name": name, "size_bytes": size, "inside": inside}, start))
    for name, size in spool.unkept.items():
        found.append(({"name": name, "size_bytes": size, "inside": inside}, -1))
    for name, error in spool.faults.items():
        found.append(({"name": name, "size_bytes": 0, "error": error, "inside": inside}, -1))
    return found
