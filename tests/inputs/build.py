"""Making good, odd and hostile files, small enough to read what is wrong with them."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile

import numpy as np

RNG = np.random.Generator(np.random.PCG64(7))
COURSE = ("train_images", "train_labels", "val_images", "val_labels")


def images(count=12, height=6, width=5, channels=3):
    """Return random uint8 images, never equal to each other."""
    return RNG.integers(0, 256, (count, height, width, channels)).astype(np.uint8)


def labels(count=12, classes=3):
    """Return 0, 1, 2, 0, 1, 2, …"""
    return np.arange(count) % classes


def arrays(**changed):
    """Return a good set of the four course arrays with some replaced (None: left out)."""
    good = {
        "train_images": images(),
        "train_labels": labels(),
        "val_images": images(6),
        "val_labels": labels(6),
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def pickled(value, protocol=4):
    return pickle.dumps(value, protocol=protocol)


def course_members(protocol=4, **changed):
    return {f"{n}.pkl": pickled(v, protocol) for n, v in arrays(**changed).items()}


def course(protocol=4, **changed):
    """Return dataset.tar.gz of the good arrays with some replaced."""
    return tar_gz(course_members(protocol, **changed))


def with_pickle(content, name="train_images.pkl"):
    """Return dataset.tar.gz in which one member is the given pickle."""
    return tar_gz(course_members() | {name: content})


def member(name, content=b"", kind=tarfile.REGTYPE, **fields):
    """Return a tar member: (header, content)."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, len(content)
    for field, value in fields.items():
        setattr(entry, field, value)
    return entry, content


def tar(members):
    """Return a plain tar of a dict, or of a list of `member` results."""
    packed = io.BytesIO()
    entries = [member(n, c) for n, c in members.items()] if isinstance(members, dict) else members
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def tar_gz(members):
    return gzip.compress(tar(members), 1, mtime=0)


def course_plus(*extra):
    """Return a good dataset.tar.gz followed by the given tar members."""
    return tar_gz([*(member(n, c) for n, c in course_members().items()), *extra])


def raw_header(name=b"train_images.pkl", size=b"00000000010\0", kind=b"0"):
    """Return a tar header block with a right checksum and any size field."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[124:136] = size
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def base256(value):
    """Return a 12-byte tar number in GNU's base-256 form; negative numbers as GNU writes them."""
    return (
        value.to_bytes(12, "big", signed=True) if value < 0 else b"\x80" + value.to_bytes(11, "big")
    )


def zipped(members, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return packed.getvalue()


def npy(array):
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def npy_header(shape, dtype="|u1", data=b""):
    """Return an .npy whose header declares anything, followed by `data`."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def npz(**changed):
    return zipped({f"{name}.npy": npy(value) for name, value in arrays(**changed).items()})


def npz_with(name, content):
    good = {f"{key}.npy": npy(value) for key, value in arrays().items()}
    return zipped(good | {name: content})


def picture(array=None, kind="PNG", **options):
    """Return an image file; array: (height, width[, 3]) uint8."""
    from PIL import Image

    content = io.BytesIO()
    chosen = images(1)[0] if array is None else array
    Image.fromarray(chosen).save(content, kind, **options)
    return content.getvalue()


def class_folders(count=4, classes=("cat", "dog"), **extra):
    """Return zip members of class folders with `count` images each, plus `extra` ones."""
    good = {f"{name}/{i}.png": picture() for name in classes for i in range(count)}
    return good | extra


def flipped(content, at):
    """Return the content with one byte changed."""
    changed = bytearray(content)
    changed[at] ^= 0xFF
    return bytes(changed)
