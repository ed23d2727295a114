"""federate: one federated run from the command line, with every setting that the page has."""

import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.commands.field_options import (
    add_field_options,
    add_set_option,
    check_once,
    pairs,
    said,
    suggestion,
)
from core.commands.named_runs import network_run
from core.commands.networks import add_out_option, stored_digest, submitted
from core.commands.other_networks import dense_run
from core.commands.output import answer, say
from core.commands.session import Session
from core.commands.settings_texts import parse, parse_values
from core.data.partition import PARTITIONS, Even, Partition, partition_called
from core.data.synthetic import synthetic_named
from core.data.uploads import contents
from core.data.uploads.leaf_store import keep_leaf
from core.errors import JobError, SettingsError
from core.federated.algorithms import ALGORITHMS
from core.federated.federate import check_network
from core.federated.results import FederatedResult
from core.federated.spec import FederatedSpec
from core.runs.finished.histories import history_of
from core.runs.learning_curves import diverged_in
from core.settings import by_name, describe, to_dict
from core.text import listed

OWN_OPTIONS = ("data", "algorithm")  # declared by themselves
USUAL = {"data": "iid", "algorithm": "fedavg"}  # where nothing is said
ALWAYS = ("data", "algorithm", "algorithm_settings")  # what a run's settings always hold
OWNERS = ("algorithm", "partition")  # whose settings --set also names, as algorithm.mu


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's sub-commands."""
    parser: ArgumentParser = commands.add_parser("federate", help="run federated learning")
    parser.add_argument(
        "--data",
        help="iid (default), synthetic:ALPHA,BETA, LEAF clients (.json, .zip, .tar.gz), or a data "
        "set",
    )
    parser.add_argument("--algorithm", choices=tuple(ALGORITHMS), help="fedavg unless said")
    parser.add_argument(
        "--partition", choices=tuple(PARTITIONS), help="how a data set is divided among clients"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--background", action="store_true", help="submit and return at once")
    parser.add_argument(
        "--allow-divergence", action="store_true", help="take a run that diverged as a result"
    )
    add_out_option(parser, "history.csv")
    add_field_options(parser, FederatedSpec, "settings of the run", without=OWN_OPTIONS)
    add_set_option(
        parser, "of the run, the algorithm (mu=0.1) and the partition (clients=20 alpha=0.3)"
    )
    parser.set_defaults(run=federate)


def federate(session: Session, options: Namespace) -> None:
    """Run one experiment and copy its history to --out.

    Raises JobError for one that diverged, unless that is allowed.
    """
    spec = spec_of(session, options)
    if options.background:
        submitted(session, options, spec)
        return
    job = session.finish(spec, options.seed)
    result = FederatedResult.from_stored(job.result, job.result_format)
    with session.output(options.out) as part:
        shutil.copyfile(session.workspace.artifacts(job.id) / result.history, part)
    history = history_of(job, session.workspace)
    lost = None if history is None else diverged_in(history)
    if lost is not None and not options.allow_divergence:
        raise JobError(
            f"The run diverged: its training loss is no number from round {lost} on. Choose a "
            "smaller learning rate, or add --allow-divergence to take it as a result. Its history "
            f"is in {options.out} (run {job.id})."
        )
    made = {"run": job.id, "out": str(options.out), "label": result.label}
    diverged = {} if lost is None else {"diverged_in": lost}
    answer({**result.rows[-1], **diverged, **made}, options.json)


def spec_of(session: Session, options: Namespace) -> FederatedSpec:
    """Return the run that the options describe.

    Its JSON holds what was said, and the algorithm with its settings. Raises SettingsError.
    """
    named = {key: text for key in (*USUAL, "partition") if (text := getattr(options, key))}
    texts = USUAL | pairs(options.set, said(options, FederatedSpec, OWN_OPTIONS) | named)
    asked, name, partition_name = (
        texts.pop("data"),
        texts.pop("algorithm"),
        texts.pop("partition", None),
    )
    own, owned = sorted_texts(texts, name, partition_name)
    values = parse_values(FederatedSpec, own)
    _check_start(values)
    data = _data(session, asked)
    partition = _partition(data, partition_name, owned["partition"])
    if start := values.get("start"):
        values["start"] = _start(session, str(start), data)
    algorithm: object = parse(_algorithm(name), owned["algorithm"])
    whole = FederatedSpec(
        data=data,
        algorithm=name,
        algorithm_settings=to_dict(algorithm),
        partition=partition,
        **values,  # type: ignore[arg-type]
    )
    check_network(whole)
    stored = by_name(describe(FederatedSpec))
    kept = {*ALWAYS, "partition", *(stored[field].stored_as for field in own)}
    return FederatedSpec.from_json({key: v for key, v in whole.to_json().items() if key in kept})


def sorted_texts(
    texts: Mapping[str, str], algorithm: str, partition_name: str | None
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the texts of the run's own settings, and those of algorithm and partition.

    A name may say whose setting it is: algorithm.alpha, partition.alpha.
    """
    classes = {
        "algorithm": _algorithm(algorithm),
        "partition": partition_called(partition_name or Even.name),
    }
    known = {owner: by_name(describe(cls)) for owner, cls in classes.items()}
    own: dict[str, str] = {}
    owned: dict[str, dict[str, str]] = {owner: {} for owner in OWNERS}
    for name, text in texts.items():
        owner, _, short = name.rpartition(".")
        if name in by_name(describe(FederatedSpec)):
            own[name] = text
        else:
            key = owner if owner in OWNERS else _owner(name, known, partition_name)
            check_once(name, owned[key].get(short, text), text)
            owned[key][short] = text
    return own, owned


def _owner(name: str, known: Mapping[str, Mapping[str, object]], partition_name: str | None) -> str:
    owners = [owner for owner in OWNERS if name in known[owner]]
    if len(owners) > 1:
        raise SettingsError(
            f"{name} is a setting of the algorithm and of the partition. "
            f"Write algorithm.{name} or partition.{name}."
        )
    if not owners:
        own = by_name(describe(FederatedSpec))
        hint = _of_others(name) or suggestion(
            name, (*own, *known["algorithm"], *known["partition"])
        )
        known_names = ", ".join(dict.fromkeys([*known["algorithm"], *known["partition"]]))
        raise SettingsError(
            f"This run has no setting {name!r}.{hint} Known beside its options: {known_names}."
        )
    return owners[0]


def _of_others(name: str) -> str:
    """Return which partitions or algorithms have a setting, "" if none has."""
    for option, classes in (("partition", PARTITIONS), ("algorithm", ALGORITHMS)):
        having = [key for key, cls in classes.items() if name in by_name(describe(cls))]
        if having:
            return f" It belongs to --{option} {listed(having, 'or')}."
    return ""


def _check_start(values: Mapping[str, object]) -> None:
    if values.get("keep_zeros") and not values.get("start"):
        raise SettingsError(
            "--keep-zeros holds the zeros of a network to begin from, but none is given. Name it "
            "with --start, or leave --keep-zeros out."
        )


def _algorithm(name: str) -> type:
    if name not in ALGORITHMS:
        raise SettingsError(f"There is no algorithm {name!r}. Choose: {', '.join(ALGORITHMS)}.")
    return ALGORITHMS[name]


def _partition(data: str, partition_name: str | None, texts: Mapping[str, str]) -> Partition | None:
    if partition_name is None and not texts:
        return None
    if synthetic_named(data) is not None or data.startswith("leaf:"):
        raise SettingsError(
            f"The clients of {data} have their own data, so there is nothing to divide. "
            "Leave the partition out, or choose a data set."
        )
    return parse(partition_called(partition_name or Even.name), texts)


def _start(session: Session, start: str, data: str) -> str:
    """Return the run to begin from: an id, or the run that imports a weights file."""
    path = Path(start).expanduser()
    if path.is_file() and (synthetic_named(data) is not None or data.startswith("leaf:")):
        raise SettingsError(
            f"A weights file is measured on images before a run begins from it, but {data} has "
            "none. Choose a data set of images."
        )
    if path.is_file():
        return dense_run(session, path, data).id
    return network_run(session, start).id


def _data(session: Session, data: str) -> str:
    if (drawn := data.lower().replace(" ", "")) in ("iid", "iid,code") or drawn.startswith("synth"):
        data = drawn
        synthetic_named(data)  # says now, not in the job, what is wrong with it
        return data
    path = Path(data).expanduser()
    if data.lower().endswith(".json") or (path.is_file() and _are_clients(session, path)):
        kept = keep_leaf(session.workspace, path)
        for note in kept.notes:
            say(note)
        return kept.data
    return stored_digest(session, data)


def _are_clients(session: Session, path: Path) -> bool:
    return contents.kind_of(path, scratch=session.workspace.scratch) == contents.CLIENTS
