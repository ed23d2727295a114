"""Lines 60-78: .npz files, zip archives and folders of images."""

import io
import struct
import zipfile
import zlib
from dataclasses import replace

import numpy as np

from core.archives.limits import LIMITS, MIB
from tests.inputs import build
from tests.inputs.build import class_folders, npy, npy_header, npz, npz_with, picture, zipped
from tests.inputs.case import Case

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SAME = build.images(1)[0]


def folders(**extra):
    return lambda: zipped(class_folders(**{k.replace("__", "/"): v for k, v in extra.items()}))


def plus(name, content):
    return lambda: zipped(class_folders() | {name: content})


def patched(change):
    """Return a zip of the four arrays after `change` on its bytes."""
    return lambda: change(bytearray(npz()))


def encrypted(content):
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(magic)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(magic, at + 4)
    return bytes(content)


def longer_than_declared(content):
    """Change the declared sizes of the first member, in both of its headers."""
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(magic) + offset
        size = struct.unpack_from("<I", content, at)[0]
        struct.pack_into("<I", content, at, size - 7)
    return bytes(content)


def wrong_checksum(content):
    for magic, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        content[content.find(magic) + offset] ^= 0xFF
    return bytes(content)


def overlapping(content):
    """Let all entries of the central directory point at the first member."""
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", content, at + 42, 0)
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


def flagless(folder, encoding="utf-8", unicode_path=False):
    """Return class folders, one of a foreign name, as packers without the UTF-8 flag write them.

    unicode_path: name the members in Info-ZIP's extra field as well (and not readably otherwise).
    """
    names = [f"{name}/{number}.png" for name in (folder, "pears") for number in range(4)]
    local, central = b"", b""
    for name in names:
        stored, content = name.encode(encoding, "replace"), picture()
        told = struct.pack("<BI", 1, zlib.crc32(stored)) + name.encode()
        extra = struct.pack("<HH", 0x7075, len(told)) + told if unicode_path else b""
        sizes = (zlib.crc32(content), len(content), len(content), len(stored), len(extra))
        head = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0, *sizes)
        central += b"PK\1\2" + struct.pack("<H", 20) + head
        central += struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + stored + extra
        local += b"PK\3\4" + head + stored + extra + content
    counts = struct.pack("<HHHHIIH", 0, 0, *[len(names)] * 2, len(central), len(local), 0)
    return local + central + b"PK\5\6" + counts


UNICODE_AB = struct.pack("<BI", 1, zlib.crc32(b"ab/0.png")) + b"ab/"


def declared_bomb(content):
    at = content.find(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 0xF0000000)
    return bytes(content)


def many_members(count):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    return packed.getvalue()


def symbolic_link():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in class_folders().items():
            archive.writestr(name, content)
        entry = zipfile.ZipInfo("cat/passwd.png")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return packed.getvalue()


def backslash():
    return zipped(class_folders() | {"C:\\Windows\\evil.png": picture()})


def declared_png(width, height):
    """Return a PNG whose header declares a size that its data do not have."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 99))


def animation():
    from PIL import Image

    frames = [Image.fromarray(np.full((6, 5), shade, np.uint8)) for shade in (10, 200)]
    content = io.BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
    return content.getvalue()


def converted(mode, kind):
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(SAME).convert(mode).save(content, kind)
    return content.getvalue()


def sixteen_bit(value):
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(np.full((6, 5), value, np.uint16)).save(content, "PNG")
    return content.getvalue()


def rotated():
    """Return a 6 × 5 JPEG to be shown turned by 90 degrees: 5 high, 6 wide."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    content = io.BytesIO()
    Image.fromarray(build.images(1, 5, 6)[0]).save(content, "JPEG", exif=exif)
    return content.getvalue()


def all_pictures(content):
    """Return class folders in which every image is `content`; the first few differ in nothing."""
    names = [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(4)]
    return lambda: zipped(dict.fromkeys(names, content))


def counts(train, validation):
    return lambda d: (len(d.train), len(d.validation)) == (train, validation)


WITH_SPLITS = {
    f"top/{split}/{name}/{number}.png": picture()
    for split, count in (("train", 3), ("val", 2), ("test", 1))
    for name in ("cat", "dog")
    for number in range(count)
}

CASES = [
    Case(
        "60",
        "object array",
        lambda: npz_with("train_images.npy", npy(np.array([{}, None]))),
        "Python objects",
    ),
    *(
        Case(
            "64",
            f"{folder} in {encoding} without the flag{' but an extra field' if extra else ''}",
            lambda f=folder, e=encoding, x=extra: flagless(f, e, x),
            holds=lambda d, f=folder: (
                d.class_names == (("pears", f) if f > "pears" else (f, "pears"))
            ),
        )
        for folder, encoding, extra in (
            ("苹果树照片分类数据", "utf-8", False),
            ("Äpfel", "utf-8", False),
            ("Äpfel", "cp437", False),
            ("Äpfel", "cp850", False),
            ("苹果树", "cp437", True),
        )
    ),
    Case(
        "64",
        "a way out in the extra field for names",
        lambda: flagless("ab", unicode_path=True).replace(UNICODE_AB, UNICODE_AB[:5] + b"../"),
        "points outside the archive",
    ),
    Case(
        "61",
        "4 TiB header",
        lambda: npz_with("train_images.npy", npy_header((1 << 42,))),
        "more than is accepted",
    ),
    Case(
        "61",
        "header of nonsense",
        lambda: npz_with("train_images.npy", b"\x93NUMPY\x01\x00\xff\xff{"),
        "not an array",
    ),
    Case(
        "61",
        "header that computes",
        lambda: npz_with("train_images.npy", npy_header("(9**9**9,)")),
        "not an array",
    ),
    Case(
        "62",
        "3 GiB declared",
        lambda: npz_with("train_images.npy", npy_header((3 << 30,))),
        "more than is accepted",
    ),
    Case(
        "62",
        "1 MiB declared",
        lambda: npz_with("train_images.npy", npy_header((1 << 20,))),
        "but 0 are there",
    ),
    Case(
        "62",
        "negative shape",
        lambda: npz_with("train_images.npy", npy_header((-5, -5))),
        "not an array|more than",
    ),
    Case(
        "63",
        "keys missing",
        lambda: npz(val_labels=None),
        "Missing: validation labels. Found: train_images, train_labels, val_images. Wanted",
    ),
    Case(
        "63",
        "other keys",
        lambda: zipped({"foo.npy": npy(SAME), "bar.npy": npy(SAME)}),
        "Missing: training images. Found: foo, bar",
    ),
    Case(
        "63",
        "x and y to be split",
        lambda: zipped({"x.npy": npy(build.images(40)), "y.npy": npy(build.labels(40, 2))}),
        noted="no validation set, so 6 of 40",
        holds=counts(34, 6),
    ),
    Case(
        "63",
        "Keras names",
        lambda: zipped(
            {
                "x_train.npy": npy(build.images(20)),
                "y_train.npy": npy(build.labels(20, 2)),
                "x_test.npy": npy(build.images()),
                "y_test.npy": npy(build.labels(classes=2)),
            }
        ),
        noted="no validation set",
        holds=lambda d: len(d.test) == 12,
    ),
    Case(
        "63",
        "class names",
        lambda: npz_with("class_names.npy", npy(np.array(["ant", "bee", "cow"]))),
        holds=lambda d: d.class_names == ("ant", "bee", "cow"),
    ),
    Case("64", "overlapping entries", patched(overlapping), "overlaps another|damaged"),
    Case("65", "lying size", patched(longer_than_declared), "damaged|as long as declared"),
    Case("65", "4 GiB declared", patched(declared_bomb), "larger than the 512 MiB"),
    Case("66", "encrypted", patched(encrypted), "is encrypted"),
    Case("67", "wrong checksum", patched(wrong_checksum), "zip file is damaged"),
    Case("67", "truncated", lambda: npz()[:-40], "zip file is damaged"),
    Case("68", "zip slip", plus("../../evil.png", picture()), "outside the archive"),
    Case("68", "drive letter", backslash, "outside the archive"),
    Case("68", "absolute", plus("/etc/evil.png", picture()), "outside the archive"),
    Case("69", "70,000 members", lambda: many_members(70_000), "70,000 members"),
    Case(
        "69",
        "zip bomb",
        lambda: zipped({"x.npy": bytes(80 * MIB), "y.npy": b""}),
        "grows more than 300 times",
    ),
    Case("70", "symbolic link", symbolic_link, "is a link or a device"),
    Case(
        "71", "144 megapixels", plus("cat/huge.png", declared_png(12_000, 12_000)), "144 megapixels"
    ),
    Case(
        "71",
        "4 gigapixels",
        plus("cat/huge.png", declared_png(65_000, 65_000)),
        "has more than the 50 megapixels",
    ),
    Case(
        "72",
        "truncated JPEG",
        plus("cat/broken.jpg", picture(build.images(1, 64, 64)[0], "JPEG")[:600]),
        noted="Skipped 1 damaged image: broken.jpg",
        holds=counts(6, 2),
    ),
    Case(
        "72",
        "truncated PNG",
        plus("dog/broken.png", picture()[:60]),
        noted="Skipped 1 damaged image: broken.png",
    ),
    Case(
        "72",
        "only truncated images in a class",
        lambda: zipped(class_folders() | {"ox/1.png": picture()[:60]}),
        "No image of ox",
    ),
    Case("73", "SVG named png", plus("cat/x.png", SVG), "x.png is named like an image but is none"),
    Case("73", "HTML named png", plus("cat/x.png", b"<html><body>hi"), "is none that is accepted"),
    Case(
        "73",
        "FITS named png",
        plus("cat/x.png", b"SIMPLE  =                    T"),
        "is none that is",
    ),
    Case(
        "73",
        "EPS named jpg",
        plus("cat/x.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
        "is none that is accepted",
    ),
    Case(
        "73",
        "an SVG beside the images",
        plus("cat/x.svg", SVG),
        noted="Warning: 1 SVG image cannot be read and was skipped",
    ),
    Case(
        "74",
        "GIF animation",
        all_pictures(animation()),
        holds=lambda d: np.unique(d.train.images).tolist() == [10],
    ),
    Case(
        "75",
        "CMYK",
        plus("cat/x.jpg", converted("CMYK", "JPEG")),
        noted="converted to colour .RGB.: 1 CMYK",
    ),
    Case(
        "75",
        "palette",
        plus("cat/x.gif", converted("P", "GIF")),
        noted="1 palette",
        holds=lambda d: d.image_shape == (6, 5, 3),
    ),
    Case(
        "75",
        "transparent",
        plus("cat/x.png", converted("RGBA", "PNG")),
        noted="1 with transparency",
    ),
    Case(
        "75",
        "16 bit",
        all_pictures(sixteen_bit(257 * 40)),
        noted="converted to grey",
        holds=lambda d: np.unique(d.train.images).tolist() == [40],
    ),
    Case(
        "76", "EXIF rotation", all_pictures(rotated()), holds=lambda d: d.image_shape == (6, 5, 3)
    ),
    Case("77", "empty class folder", plus("ox/", b""), "folder ox holds no images"),
    Case("77", "no images at all", lambda: zipped({"cat/": b"", "dog/": b""}), "hold no images"),
    Case("77", "an image in no folder", plus("x.png", picture()), "x.png lies in no class folder"),
    Case(
        "78",
        "folders that differ in case",
        plus("Cat/9.png", picture()),
        "Cat and cat differ only in case: are they one class",
    ),
    Case(
        "78",
        "merged on request",
        plus("Cat/9.png", picture()),
        options={"merge_case": True},
        holds=lambda d: d.class_names == ("Cat", "dog") and len(d.train) + len(d.validation) == 9,
    ),
    Case(
        "78",
        "class folders",
        folders(),
        noted="no validation set",
        holds=lambda d: d.class_names == ("cat", "dog") and d.train.images.dtype == np.uint8,
    ),
    Case(
        "78",
        "split folders",
        lambda: zipped(WITH_SPLITS),
        holds=lambda d: (len(d.train), len(d.validation), len(d.test)) == (6, 4, 2),
    ),
    Case(
        "78",
        "class folders in a tar",
        lambda: build.tar_gz(WITH_SPLITS),
        holds=lambda d: d.class_names == ("cat", "dog"),
    ),
    Case(
        "78",
        "images of many sizes",
        plus("cat/large.png", picture(build.images(1, 20, 30)[0])),
        noted="1 of 9 images had another size and were resized to 6 × 5",
    ),
    Case(
        "78",
        "one class folder",
        lambda: zipped({f"cat/{i}.png": picture() for i in range(5)}),
        "one class",
    ),
    Case(
        "78",
        "too many members for the limit",
        folders(),
        "more than the 3 accepted",
        limits=replace(LIMITS, members=3),
    ),
]
