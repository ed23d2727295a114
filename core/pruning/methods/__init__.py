"""The METHODS table: every pruning method, in the order in which they are shown."""

from core.pruning.method import Method
from core.pruning.methods import (
    l1_filter,
    magnitude,
    random_pruning,
    regression,
    snip,
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
        taylor.METHOD,
        snip.METHOD,
        random_pruning.METHOD,
        random_pruning.FILTER_METHOD,
    )
}
