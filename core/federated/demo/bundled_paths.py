"""Paths that ship with the product: those of the presets, so that a lecture waits for none."""

import json
import lzma
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from core.federated.demo.grid import same_as
from core.federated.demo.presets import PRESETS, DemoPreset
from core.federated.demo.spec import DemoRun
from core.federated.demo.task import ANSWERS
from core.records import Record
from core.settings import from_dict, to_dict

# What is made, of which run, and beside which runs: planes share their axis ranges.
Key = tuple[str, DemoRun, tuple[DemoRun, ...]]
NAME = "federated_paths.json.xz"


def halves(preset: DemoPreset) -> tuple[DemoRun, DemoRun]:
    """Return the runs of a preset's halves whose paths are drawn."""
    return _half(preset, "left"), _half(preset, "right")


def _half(preset: DemoPreset, side: str) -> DemoRun:
    told = {"left": "iid", "right": 1, "k": 20, "c": 30, "alg": "fedavg", **preset.state}
    h = told[side]
    algorithm = told.get("alg2") if side == "right" else None
    return same_as(
        DemoRun(
            None if h == "iid" else float(h),
            int(told["k"]),
            int(told["c"]),
            str(algorithm or told["alg"]),
        )
    )


def pairs() -> tuple[tuple[DemoRun, DemoRun], ...]:
    """Return the different pairs of halves of all presets."""
    return tuple(dict.fromkeys(map(halves, PRESETS)))


def write_paths(found: Mapping[Key, Record]) -> bytes:
    """Return pictures as JSON, compressed; contours are the same in many of them."""
    said = [
        [make, to_dict(run), [to_dict(each) for each in beside], picture.to_json()]
        for (make, run, beside), picture in found.items()
    ]
    return lzma.compress(json.dumps(said, separators=(",", ":")).encode(), preset=9)


def read_paths(content: bytes) -> dict[Key, Record]:
    """Return the pictures that `write_paths` wrote."""
    return {
        (make, from_dict(DemoRun, run), tuple(from_dict(DemoRun, each) for each in beside)): (
            ANSWERS[make].from_json(picture)
        )
        for make, run, beside, picture in json.loads(lzma.decompress(content))
    }


@lru_cache(maxsize=1)
def bundled_paths() -> Mapping[Key, Record]:
    """Return the paths of all presets."""
    return read_paths((files("assets") / NAME).read_bytes())
