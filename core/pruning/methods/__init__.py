"""The METHODS table: every pruning method, in the order in which they are shown."""

from core.pruning.method import Method

METHODS: dict[str, Method] = {}
