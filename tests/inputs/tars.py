"""Lines 14-30: tar archives."""

import gzip
import tarfile

from tests.inputs import build
from tests.inputs.build import base256, course_plus, member, raw_header
from tests.inputs.case import Case


def broken(size, name=b"train_images.pkl", kind=b"0", rest=b"\0" * 2048):
    return gzip.compress(raw_header(name, size, kind) + rest)


def link(name, kind, target):
    return member(name, kind=kind, linkname=target)


CASES = [
    Case("14", "dot dot", lambda: course_plus(member("../x.pkl", b"1")), "outside the archive"),
    Case("14", "dot dot inside", lambda: course_plus(member("a/../../x", b"1")), "outside"),
    Case("15", "absolute", lambda: course_plus(member("/etc/x.pkl", b"1")), "outside the archive"),
    Case(
        "16",
        "symbolic link",
        lambda: course_plus(link("x.pkl", tarfile.SYMTYPE, "/etc/passwd")),
        "symbolic link",
    ),
    Case(
        "17",
        "hard link",
        lambda: course_plus(link("x.pkl", tarfile.LNKTYPE, "train_images.pkl")),
        "hard link",
    ),
    Case("18", "fifo", lambda: course_plus(member("x", kind=tarfile.FIFOTYPE)), "named pipe"),
    Case(
        "18", "character device", lambda: course_plus(member("x", kind=tarfile.CHRTYPE)), "device"
    ),
    Case("18", "block device", lambda: course_plus(member("x", kind=tarfile.BLKTYPE)), "device"),
    Case("19", "negative size", lambda: broken(base256(-1)), "negative size"),
    Case("19", "minus sign", lambda: broken(b"-0000000010\0"), "a size is no number"),
    Case("20", "four exbibytes", lambda: broken(base256(1 << 62)), "cut short"),
    Case("20", "all ones", lambda: broken(b"\x80" + b"\xff" * 11), "cut short"),
    Case(
        "21",
        "pax header of 300 MB",
        lambda: broken(base256(300_000_000), kind=b"x"),
        "extended header of 300,000,000 bytes",
    ),
    Case(
        "21",
        "global pax header of 300 MB",
        lambda: broken(base256(300_000_000), kind=b"g"),
        "extended header",
    ),
    Case("22", "long name bomb", lambda: broken(base256(1 << 30), kind=b"L"), "extended header"),
    Case("22", "long link bomb", lambda: broken(base256(1 << 30), kind=b"K"), "extended header"),
    Case("23", "sparse", lambda: course_plus(member("x", kind=tarfile.GNUTYPE_SPARSE)), "sparse"),
    Case(
        "23",
        "pax sparse",
        lambda: course_plus(member("x", b"1", pax_headers={"GNU.sparse.realsize": "1e9"})),
        "sparse",
    ),
    Case("24", "duplicate", lambda: course_plus(member("train_labels.pkl", b"1")), "twice"),
    *(
        Case(
            "25",
            f"without {name}",
            lambda name=name: build.course(**{name: None}),
            f"lacks {name}.pkl.*Pack all of",
        )
        for name in build.COURSE
    ),
    Case(
        "26",
        "a million members",
        lambda: gzip.compress(raw_header(b"._a", b"0" * 11 + b"\0") * 1000) * 1000,
        "more than 65,000 members",
    ),
    Case(
        "27",
        "gzip bomb",
        lambda: (
            gzip.compress(raw_header(size=base256(1 << 36)) + bytes(1 << 20))
            + gzip.compress(bytes(1 << 26), 9) * 16
        ),
        "grows more than 300 times",
    ),
    Case(
        "28",
        "nested tar",
        lambda: build.tar_gz({"inner.tar": build.tar(build.course_members())}),
        "only another archive",
    ),
    Case(
        "28",
        "nested gzip",
        lambda: gzip.compress(build.course()),
        "holds no tar archive",
    ),
    Case(
        "29",
        "what macOS adds",
        lambda: course_plus(
            member("._train_images.pkl", b"x"),
            member("__MACOSX/._val_labels.pkl", b"x"),
            member(".DS_Store", b"x"),
        ),
        holds=lambda d: len(d.train) == 12 and len(d.validation) == 6,
    ),
    Case(
        "30",
        "one top folder",
        lambda: build.tar_gz({f"data/{n}": c for n, c in build.course_members().items()}),
        holds=lambda d: len(d.train) == 12,
    ),
    Case(
        "30",
        "top folder written with dot slash",
        lambda: build.tar_gz({f"./{n}": c for n, c in build.course_members().items()}),
        holds=lambda d: len(d.train) == 12,
    ),
    Case(
        "30",
        "plain tar",
        lambda: build.tar(build.course_members()),
        holds=lambda d: len(d.train) == 12,
    ),
]
