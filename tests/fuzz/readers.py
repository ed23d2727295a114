"""What is fuzzed: each reader as a function of bytes, and good files to start from."""

import io
import json
import os
import pickle
import random
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.archives import extract, tar, zips
from core.archives.child import Source
from core.archives.limits import LIMITS, MIB
from core.archives.members import Member
from core.archives.spool import Spool
from core.data.uploads import dataset_reader, leaf_json, npy
from core.data.uploads.unpickle import reader as pickles
from core.errors import LabError, WeightsError
from core.networks.formats import reader, torch_writer
from core.networks.network import NetworkShape, initial_weights
from tests.fuzz.bundles import bundle_seeds, changed_bundle, read_bundle
from tests.fuzz.classes import class_seeds, read_class
from tests.inputs import build, clients, networks, pictures
from tests.inputs import pickles as pickle_cases

SMALL = replace(LIMITS, unpacked_bytes=8 * MIB, members=500, image_pixels=1_000_000)
CORPUS = Path(__file__).parent / "corpus"
REAL_TORCH = Path(__file__).parents[1] / "networks" / "formats" / "files" / "torch"
READ, REFUSED, FINDING = 0, 1, 2
TINY = NetworkShape((10, 10, 1), 2, (1, 1, 1, 1, 2))


@dataclass(frozen=True)
class Reader:
    """read: any bytes in; anything but a result or a refusal is a finding. seeds: good files.

    change: a change that keeps a file's form, for readers whose files any flipped bit breaks.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    change: Callable[[bytes, random.Random], bytes] | None = None


def with_source(parse: Callable[[Source], object]) -> Callable[[bytes], object]:
    """Return the parser as a function of bytes, called as the child calls it."""

    def read(content: bytes) -> object:
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as spool:
            file.write(content)
            file.seek(0)
            raw = io.FileIO(file.fileno(), closefd=False)
            return parse(Source(raw, spool, lambda share, what: None, SMALL))

    return read


def apart(parse: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """Return the parser run in a fork: damaged files can crash the HDF5 library itself.

    The product answers such a crash with a sentence, because it parses in a child as well.
    """

    def read(content: bytes) -> object:
        if (child := os.fork()) == 0:
            os._exit(_outcome(parse, content))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == FINDING:
            raise AssertionError("neither read nor refused, see standard error")
        if status != READ:
            raise WeightsError("Refused, or the library crashed.")
        return status

    return read


def _outcome(parse: Callable[[bytes], object], content: bytes) -> int:
    try:
        parse(content)
    except (LabError, MemoryError):
        return REFUSED
    except BaseException:  # whatever it is, it must not go on in the fork
        traceback.print_exc()
        return FINDING
    return READ


def is_refused_or_read(reader: Reader, content: bytes) -> bool:
    """Run the reader; return whether it was read. Any other exception is a finding."""
    with suppress(LabError, MemoryError):
        reader.read(content)
        return True
    return False


def read_pickle(content: bytes) -> object:
    return pickles.read(content, "train_images", SMALL.unpacked_bytes)


def read_npy(content: bytes) -> object:
    return npy.read(Member("train_images.npy", memoryview(content)), SMALL.unpacked_bytes)


def small_weights() -> list[bytes]:
    tiny = initial_weights(TINY, 1)
    return [
        networks.legacy(tiny),
        networks.keras3(weights=tiny),
        networks.archive(weights=networks.keras3(weights=tiny))(),
        networks.legacy(tiny, into="model_weights", change=describe),
    ]


read_weights = with_source(reader.parse)


def torch_seeds() -> list[bytes]:
    tiny = initial_weights(TINY, 1)
    return [torch_writer.to_pt(tiny), *(path.read_bytes() for path in REAL_TORCH.glob("*.pt"))]


def safetensors_seeds() -> list[bytes]:
    tiny = initial_weights(TINY, 1)
    library = (path.read_bytes() for path in REAL_TORCH.glob("*.safetensors"))
    return [torch_writer.to_safetensors(tiny), *library]


def array_seeds() -> list[bytes]:
    arrays = list(initial_weights(TINY, 1).values())
    target = io.BytesIO()
    np.savez(target, *arrays)
    return [target.getvalue(), *(pickle.dumps(arrays, protocol) for protocol in (2, 4, 5))]


def describe(file: object) -> None:
    file.attrs["model_config"] = networks.model_json()


def pickle_seeds() -> list[bytes]:
    small = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    values = (small, small.tolist(), (small / 7).tolist(), list(small), ["ant", "bee"], np.int64(3))
    return [
        *(build.pickled(value, protocol) for value in values for protocol in (2, 4, 5)),
        pickle_cases.python2(small),
        pickle_cases.numpy1(small),
        b"\x80\x02" + pickle_cases.laughs(3),
    ]


def zip_seeds() -> list[bytes]:
    stored = {f"{name}.npy": build.npy(value) for name, value in build.arrays().items()}
    return [
        build.zipped(stored, method=0),
        build.npz(),
        build.zipped(build.class_folders(count=2), method=0),
        build.zipped(pictures.WITH_SPLITS),
    ]


def tar_seeds() -> list[bytes]:
    return [
        build.tar(build.course_members()),
        build.tar(pictures.WITH_SPLITS),
        build.course(),
        build.tar([build.member("é" * 120 + ".pkl", b"1", pax_headers={"comment": "x"})]),
    ]


def read_extract(source: Source) -> object:
    """Read a class zip as grading does: members with faults are listed, nested archives opened."""
    return extract.unpack_kept(source, ["*.h5"], ["*.zip", "*.tar", "*.tgz"], strict=False)


def extract_seeds() -> list[bytes]:
    inner = build.zipped({"my_model_weights.h5": b"1" * 300, "note.txt": b"2"}, method=0)
    people = {"anna/a.h5": b"3" * 300, "bert.zip": inner, "carl.tar": build.tar({"c.h5": b"4"})}
    return [
        build.zipped(people, method=0),
        build.tar(people),
        build.tar_gz({"dora.tgz": build.tar_gz({"d.h5": b"5" * 900})}),
    ]


def leaf_seeds() -> list[bytes]:
    return [
        clients.document(),
        build.zipped({"train/a.json": clients.document(), "test/a.json": clients.document()}),
        json.dumps({"users": [], "num_samples": [], "user_data": {}}).encode(),
    ]


def image_seeds() -> list[bytes]:
    return [build.picture(kind=kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM")] + [
        pictures.animation(),
        pictures.sixteen_bit(300),
        pictures.rotated(),
    ]


def read_image(content: bytes) -> object:
    """Read class folders in which one image is the content."""
    members = pictures_with(content)
    return with_source(lambda s: dataset_reader.parse(s, merge_case=False))(members)


def pictures_with(content: bytes) -> bytes:
    return build.zipped(GOOD_PICTURES | {"cat/fuzzed.png": content}, method=0)


GOOD_PICTURES = build.class_folders(count=2)

READERS: dict[str, Reader] = {
    "pickle": Reader(read_pickle, pickle_seeds),
    "npy": Reader(read_npy, lambda: [build.npy(a) for a in build.arrays().values()]),
    "tar": Reader(with_source(lambda s: tar.unpack(s, Spool(s), compressed=False)), tar_seeds),
    "zip": Reader(with_source(lambda s: zips.unpack(s, Spool(s))), zip_seeds),
    "extract": Reader(with_source(read_extract), extract_seeds),
    "dataset": Reader(
        with_source(lambda s: dataset_reader.parse(s, merge_case=False)),
        lambda: [*tar_seeds(), *zip_seeds()],
    ),
    "image": Reader(read_image, image_seeds),
    "weights": Reader(apart(read_weights), small_weights),
    "torch": Reader(read_weights, torch_seeds),
    "safetensors": Reader(read_weights, safetensors_seeds),
    "arrays": Reader(read_weights, array_seeds),
    "leaf": Reader(with_source(leaf_json.parse), leaf_seeds),
    "bundle": Reader(read_bundle, bundle_seeds, changed_bundle),
    "class": Reader(read_class, class_seeds),
}


def corpus(name: str) -> list[bytes]:
    """Return the good files and everything that was once a finding."""
    kept = sorted((CORPUS / name).glob("*")) if (CORPUS / name).exists() else []
    return [*READERS[name].seeds(), *(path.read_bytes() for path in kept)]
