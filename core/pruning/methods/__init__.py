"""The METHODS table: every pruning method, in the order in which they are shown."""

from core.pruning.method import Method
from core.pruning.methods import (
    l1_filter,
    magnitude,
    network_slimming,
    random_pruning,
    regression,
    snip,
    structure_selection,
    taylor,
    thinet,
)

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        magnitude.METHOD,
        l1_filter.METHOD,
        thinet.METHOD,
        regression.METHOD,
        network_slimming.METHOD,
        structure_selection.METHOD,
        taylor.METHOD,
        snip.METHOD,
        random_pruning.METHOD,
        random_pruning.FILTER_METHOD,
    )
}
