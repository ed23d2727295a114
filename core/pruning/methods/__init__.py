"""The METHODS table: every pruning method, in the order in which they are shown."""

from importlib import import_module

from core.pruning.method import Method

# A line is a method: the name of the file in this folder whose METHOD is its row.
_FILES = (
    "magnitude",
    "l1_filter",
    "thinet",
    "regression",
    "slimming",
    "structure_selection",
    "taylor",
    "snip",
    "woodfisher",
    "random",
    "shuffled",
    "random_filter",
)
METHODS: dict[str, Method] = {name: import_module(f"{__name__}.{name}").METHOD for name in _FILES}

# The six that the assignment asks for, and the controls that a method has to beat.
ASSIGNED = tuple(name for name, method in METHODS.items() if method.assigned)
CONTROLS = tuple(name for name, method in METHODS.items() if method.control)
