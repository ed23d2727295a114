"""Zips of runs as no export writes them: forged, circular, unreadable, endless, empty."""

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from core.federated.spec import FederatedSpec
from core.grading.grade import Grade
from core.grading.spec import GradeResult, GradeSpec
from core.jobs.store.spec import StoredSpec
from core.jobs.store.store import identity
from core.jobs.transfer.bundle import MANIFEST
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, initial_weights
from core.pruning.plan import PrunePlan
from core.pruning.preview.spec import CurvePoint, CurveResult, CurveSpec
from core.pruning.search.proposals import START, Entry
from core.pruning.search.spec import CompeteResult, CompeteSpec, SweepResult, SweepSpec
from core.pruning.spec import PruneSpec
from core.training.spec import TrainSpec
from tests.evaluation.points import point

FORGED = 0.99
ROUGH = "<script>alert(1)</script> **bold** $x$ \u202e \x1b[31m =1+1 " * 4
AWAY = "f" * 16


def weights_bytes(folder, seed: int = 0) -> bytes:
    """Return a weights file without a single zero in its kernels."""
    path = folder / "forged.h5"
    keras_h5.write(path, initial_weights(REFERENCE, seed))
    return path.read_bytes()


def bursting() -> bytes:
    """Return an .npz of a few hundred kilobytes that unpacks to more than half a gigabyte."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(520):
            member.write(bytes(1 << 20))
    return packed.getvalue()


def later_zip() -> bytes:
    """Return an .npz whose entry needs version 9.9 of the zip format."""
    packed = io.BytesIO()
    np.savez(packed, a=np.zeros(3))
    content = bytearray(packed.getvalue())
    entry = content.index(b"PK\x01\x02")
    content[entry + 6 : entry + 8] = (99).to_bytes(2, "little")
    return bytes(content)


def record(spec: Any, result: Any, seed: int = 0, **other: Any) -> dict[str, Any]:
    """Return what run.json says of a run that ended."""
    stored = StoredSpec(spec.kind, spec.to_json(), spec.resources, 2)
    found = result.to_json() if hasattr(result, "to_json") else result
    return {
        **{"id": identity(stored, seed), "kind": spec.kind, "settings": stored.to_json()},
        **{"seed": seed, "state": "done", "parent": None, "done": 1.0, "total": 1.0},
        **{"created": 1.0, "started": 2.0, "finished": 3.0, "error": None, "result": found},
        **{"spec_format": 2, "result_format": 2, "files": {}},
    } | other


def bundle(
    *records: Mapping[str, Any], history: str = "step\n", files: Mapping[str, bytes] | None = None
) -> io.BytesIO:
    """Return the zip of these runs; the files are the first one's."""
    packed = io.BytesIO()
    digests = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
        for name, content in (files or {}).items()
    }
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        ids = [each["id"] for each in records]
        manifest = {"format": 2, "run": ids[0], "runs": ids, "versions": {}, "left_out": []}
        archive.writestr(MANIFEST, json.dumps(manifest))
        for number, each in enumerate(records):
            own = digests if number == 0 else {}
            archive.writestr(f"runs/{each['id']}/run.json", json.dumps({**each, "files": own}))
            archive.writestr(f"runs/{each['id']}/history.csv", history)
        for name, content in (files or {}).items():
            archive.writestr(f"runs/{ids[0]}/files/{name}", content)
    packed.seek(0)
    return packed


def network(accuracy: float = FORGED, sparsity: float = FORGED, **other: Any) -> dict[str, Any]:
    """Return the result of a network with these claims."""
    classes = {"per_class_accuracy": (accuracy,) * 5, "confusion": ((1,) * 5,) * 5}
    claimed = point(accuracy, sparsity, **({"score": FORGED} | classes | other))
    return {"weights": "forged.h5", "shape": shape(), "point": claimed.to_json()}


def shape() -> Any:
    from core.evaluation.results import NetworkResult

    any_point = point(0.5, 0.5)
    return NetworkResult(weights="", shape=REFERENCE, point=any_point).to_json()["shape"]


def prune(data: str, dense: str, sparsity: float) -> PruneSpec:
    return PruneSpec(data=data, dense=dense, plan=PrunePlan(method="magnitude", sparsity=sparsity))


def forged_score(data: str, dense: str, folder) -> io.BytesIO:
    """Best score of all, and a file that has no zeros."""
    forged = record(prune(data, dense, 0.91), network())
    return bundle(forged, files={"forged.h5": weights_bytes(folder)})


def forged_rank(data: str) -> io.BytesIO:
    """Anna is first with every point."""
    grade = Grade("anna", 1.0, 0.999, 592_000, 592_933, 0.9995, None, rank=1, file="anna/w.h5")
    spec = GradeSpec(data=data, files="a" * 16)
    return bundle(record(spec, GradeResult(grades=(grade,), images=50)))


def forged_cache(data: str, dense: str) -> io.BytesIO:
    """What the Prune page would ask for, answered in advance."""
    spec = CurveSpec(data=data, dense=dense, method="magnitude")
    points = (CurvePoint(sparsity=0.9, accuracy=FORGED, score=FORGED),)
    return bundle(record(spec, CurveResult(method="magnitude", points=points, images=50)))


def curve_of_seven(data: str, dense: str) -> dict[str, Any]:
    spec = CurveSpec(data=data, dense=dense, method="l1_filter")
    points = (CurvePoint(sparsity=0.9, accuracy=7.0, score=0.9),)
    return record(spec, CurveResult(method="l1_filter", points=points, images=50))


TRIED = Entry(dict(START), 2, 0.8, 0.9, 0.85, 9.0)


def competition(
    data: str, minutes: float, *others: dict[str, Any], **claimed: Any
) -> dict[str, Any]:
    """Return the run of a competition: what other tries say otherwise, and what its winner does."""
    told = {"validation_accuracy": 0.8, "score": 0.85} | claimed
    classes = {"per_class_accuracy": (0.8,) * 5, "confusion": ((1,) * 5,) * 5}
    winner = replace(point(0.8, 0.9), **(classes | told))
    result = CompeteResult(dense=AWAY, best=AWAY, tried=(TRIED,), point_of_best=winner).to_json()
    result["tried"] += [TRIED.to_json() | other for other in others]
    return record(CompeteSpec(data=data, minutes=minutes), result)


def odd_competitions(data: str) -> dict[str, io.BytesIO]:
    """Return zips of competitions by what is odd about them."""
    tries = {
        "a try of seven": {"accuracy": 7.0},
        "a try of no number": {"sparsity": math.nan},
        "a try with a score of its own": {"score": 0.99},
        "a try in no time": {"seconds": -1.0},
        "a try of endless time": {"seconds": math.inf},
        "a try with settings of no plan": {"values": {**START, "wish": 1.0}},
        "a try with a sparsity of no plan": {"values": {**START, "sparsity": 3.0}},
    }
    better = {"accuracy": 0.9, "score": 0.9}
    made = {
        **{name: competition(data, n, other) for n, (name, other) in enumerate(tries.items(), 1)},
        "a winner that was not the best": competition(data, 50, better),
        "a winner with a score of its own": competition(data, 51, score=0.99),
        "a winner of no try": competition(data, 52, sparsity=0.99, score=0.895),
        "a competition without its networks": competition(data, 53),
    }
    return {name: bundle(each) for name, each in made.items()}


def odd_ones(data: str, dense: str, folder) -> dict[str, io.BytesIO]:
    """Return zips by what is odd about them; all runs have settings of their own."""
    cuts = iter(np.linspace(0.11, 0.89, 60).round(4).tolist())
    weights = {"forged.h5": weights_bytes(folder)}

    def one(result: Any, **other: Any) -> dict[str, Any]:
        return record(prune(data, dense, next(cuts)), result, **other)

    first, second = one(network()), one(network())
    itself = one(network())
    base = FederatedSpec(data="synthetic:1,1")
    rows = {"history": "history.csv", "label": ROUGH, "model": "model.npz"}
    sweep = SweepSpec(methods=("snip",), sparsities=(0.5,), epochs=1, data=data, dense=AWAY)
    return odd_competitions(data) | {
        "forged score": forged_score(data, dense, folder),
        "forged rank": forged_rank(data),
        "forged cache": forged_cache(data, dense),
        "parents in a circle": bundle(
            {**first, "parent": second["id"]}, {**second, "parent": first["id"]}
        ),
        "its own parent": bundle({**itself, "parent": itself["id"]}),
        "a parent nobody knows": bundle(one(network(), parent=AWAY)),
        "a point that came from itself": bundle(one(network(parent=AWAY))),
        "labels alone": bundle(one(network())),
        "weights of another ending": bundle(
            one(network() | {"weights": "w.csv"}), files={"w.csv": weights["forged.h5"]}
        ),
        "weights in a folder": bundle(
            one(network() | {"weights": "a/w.h5"}), files={"a/w.h5": weights["forged.h5"]}
        ),
        "arrays of a later zip": bundle(one(network()), files={"later.npz": later_zip()}),
        "arrays that burst": bundle(one(network()), files={"burst.npz": bursting()}),
        "weights under another name": bundle(
            one(network()), files={"other.h5": weights["forged.h5"]}
        ),
        "not a number": bundle(one(network(accuracy=math.nan))),
        "accuracy of seven": bundle(one(network(accuracy=7.0))),
        "a plan of no numbers": bundle(one(network(plan={"a": [{"b": math.nan}]}))),
        "an agreement of no number": bundle(one(network(agreement=math.inf))),
        "bytes beyond counting": bundle(one(network(gzip_bytes=10**400))),
        "a confusion beyond counting": bundle(one(network(confusion=((10**40,) * 5,) * 5))),
        "a score of its own": bundle(one(network(accuracy=0.8, score=0.99))),
        "a curve beyond all": bundle(curve_of_seven(data, dense)),
        "no classes": bundle(one(network(per_class_accuracy=(), confusion=()))),
        "a crooked confusion": bundle(one(network(confusion=((1,), (1, 2, 3))))),
        "no layers": bundle(one(network(layers=()))),
        "rough label": bundle(one(network(label=ROUGH)), files=weights),
        "endless label": bundle(one(network(label="x" * 100_000))),
        "endless notes": bundle(one(network(notes=("n",) * 10_000))),
        "unknown method": bundle(one(network(method="nobody's", plan={"a": {"b": [1]}}))),
        "no result": bundle(one(None)),
        "a result of another kind": bundle(one({"grades": [], "images": 1})),
        "failed without a word": bundle(one(None, state="failed")),
        "failed with many": bundle(one(None, state="failed", error=ROUGH * 100)),
        "stopped long ago": bundle(one(None, state="stopped", created=0.0, finished=None)),
        "it ended before it began": bundle(one(network(), started=9e9, finished=1.0)),
        "the year 9999": bundle(one(network(), created=253402300798.0, finished=253402300799.0)),
        "a huge seed": bundle(record(prune(data, dense, 0.905), network(), seed=2**63 - 1)),
        "a history of infinities": bundle(
            one(network()), history="step,validation_accuracy,loss\n1,inf,nan\n2,-inf,1e308\n"
        ),
        "a data set nobody has": bundle(record(TrainSpec(data=AWAY), network(method="dense"))),
        "a sweep without its points": bundle(
            record(sweep, SweepResult(dense=AWAY, points=(AWAY, "", "../..")))
        ),
        "a federated run without rounds": bundle(record(base, rows)),
        "a federated run of nothings": bundle(
            record(base, rows | {"rows": [{"round": None}, {"loss": 1.0}]}, seed=3)
        ),
        "an unknown kind": bundle(
            {
                **(one(network())),
                "kind": "miracle",
                "settings": {},
                "id": identity(StoredSpec("miracle", {}, "numpy", 2), 0),
            }
        ),
        "settings of a stranger": bundle(
            {
                **one(network()),
                "settings": {"data": ROUGH, "dense": 5},
                "id": identity(StoredSpec("prune", {"data": ROUGH, "dense": 5}, "numpy", 2), 0),
            }
        ),
    }
