"""Job kind -> function: the one table that joins jobs to science."""

from core.jobs.runner.context import Task
from core.tasks.competition import competition, timing
from core.tasks.exploring import curve, preview, sensitivity_table
from core.tasks.federated import federate, federate_compare, federate_network
from core.tasks.grading import compare_behaviour, grade_files
from core.tasks.networks import import_network, prune_network, train_network
from core.tasks.sweep import sweep

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
