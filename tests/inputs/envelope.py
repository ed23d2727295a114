"""Lines 1-11: the file as a whole."""

import gzip
from dataclasses import replace

from core.archives.limits import LIMITS, MIB
from tests.inputs import build
from tests.inputs.case import Case

SMALL = replace(LIMITS, unpacked_bytes=MIB)


def no_escape(result):
    return not set(result.name) & set("<>/\\\0\u202e") and len(result.name) <= 80


CASES = [
    Case("1", "empty", lambda: b"", "is empty.*Export it again"),
    Case("2", "text named tar gz", lambda: b"hello, I am text\n" * 50, "neither a .tar.gz"),
    Case("2", "binary junk", lambda: bytes(range(256)) * 9, "neither a .tar.gz"),
    Case("3", "truncated gzip", lambda: build.course()[:-900], "cut short"),
    Case("3", "gzip header alone", lambda: build.course()[:10], "cut short"),
    Case("4", "wrong checksum", lambda: build.flipped(build.course(), -6), "checksum is wrong"),
    Case("4", "flipped content", lambda: build.flipped(build.course(), 300), "damaged"),
    Case(
        "5",
        "concatenated gzip members",
        lambda: gzip.compress(build.RNG.bytes(100_000)) * 12,
        "holds no tar",
        limits=SMALL,
    ),
    Case(
        "5",
        "a tar in many gzip members beyond the limit",
        lambda: b"".join(
            gzip.compress(build.tar(build.course_members(train_images=build.images(9000)))[i:j])
            for i, j in ((0, 300_000), (300_000, 600_000), (600_000, None))
        ),
        "larger than the 256 KiB",
        limits=replace(LIMITS, unpacked_bytes=MIB // 4),
    ),
    Case(
        "5",
        "a tar in two gzip members within the limit",
        lambda: (
            gzip.compress(build.tar(build.course_members())[:700])
            + gzip.compress(build.tar(build.course_members())[700:])
        ),
        holds=lambda d: True,
    ),
    Case(
        "6",
        "trailing zeros that pad a tape",
        lambda: build.course() + bytes(300_000),
        holds=lambda d: len(d.train) == 12,
    ),
    Case("6", "junk after trailing zeros", lambda: build.course() + bytes(512) + b"junk", "junk"),
    Case("6", "trailing junk", lambda: build.course() + b"junk", "junk|damaged"),
    Case(
        "6",
        "junk after the end of the tar",
        lambda: gzip.compress(build.tar(build.course_members()) + b"x" * 512),
        "follows the end",
    ),
    Case(
        "7",
        "over the size limit",
        build.course,
        "more than the 1 KiB that are accepted",
        limits=replace(LIMITS, upload_bytes=1000),
    ),
    Case(
        "7",
        "unpacked over the limit",
        lambda: build.course(train_images=build.images(20_000), train_labels=build.labels(20_000)),
        "larger than the 1 MiB",
        limits=SMALL,
    ),
    Case(
        "9", "tar gz named zip", build.course, name="data.zip", holds=lambda d: len(d.train) == 12
    ),
    Case("9", "zip named tar gz", build.npz, holds=lambda d: len(d.train) == 12),
    Case("9", "npz named png", build.npz, name="x.png", holds=lambda d: len(d.validation) == 6),
    *(
        Case("10", f"name {kind}", build.course, name=name, holds=no_escape)
        for kind, name in {
            "traversal": "../../etc/passwd",
            "null": "a\0b.tar.gz",
            "long": "x" * 4096 + ".tar.gz",
            "right to left": "data\u202egz.rat",
            "script": "<script>alert(1)</script>.tar.gz",
        }.items()
    ),
]
