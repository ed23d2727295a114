"""Job kind -> function: the one table that joins jobs to science."""

from core.jobs.competition_tasks import competition, timing
from core.jobs.context import Task
from core.jobs.exploring_tasks import curve, preview, sensitivity_table
from core.jobs.federated_tasks import federate, federate_compare, federate_network
from core.jobs.judging_tasks import compare_behaviour, grade_files
from core.jobs.network_tasks import import_network, prune_network, train_network
from core.jobs.sweep_tasks import sweep

TASKS: dict[str, Task] = {
    "train": train_network,
    "import": import_network,
    "prune": prune_network,
    "sweep": sweep,
    "compete": competition,
    "timing": timing,
    "preview": preview,
    "curve": curve,
    "sensitivity": sensitivity_table,
    "behaviour": compare_behaviour,
    "grade": grade_files,
    "federate": federate,
    "federate_network": federate_network,
    "federate_compare": federate_compare,
}
