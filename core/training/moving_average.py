"""A moving average of a network's variables, which begins anew with every mask."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


class MovingAverage:
    """Copies of variables that follow them slowly; none for a decay of 0.

    Networks with another mask are forgotten: a mean of both would be neither's, and most of what
    is left of a long average would be from the time before the mask.
    """

    def __init__(self, variables: "Mapping[str, tf.Variable]", decay: float) -> None:
        import tensorflow as tf

        self._variables, self._decay = variables, decay
        followed = variables if decay else {}
        self.copies = {n: tf.Variable(v, trainable=False) for n, v in followed.items()}
        self._since = tf.Variable(0.0, trainable=False)
        self._restarts = False

    def restart(self) -> None:
        """Begin with the variables as they are; the next step is the first."""
        self._restarts = True
        for name, copy in self.copies.items():
            copy.assign(self._variables[name])

    def begin_step(self, step: int) -> None:
        """Note the step from which on the average counts, if it begins anew."""
        if self._restarts:
            self._since.assign(float(step))
        self._restarts = False

    def update(self, step: "tf.Tensor") -> None:
        """Move every copy; called inside the compiled step."""
        import tensorflow as tf

        # Short at first, so that the average does not remember the start for long.
        done = step - self._since
        decay = tf.minimum(self._decay, (1 + done) / (10 + done))
        for name, copy in self.copies.items():
            copy.assign_add((1 - decay) * (self._variables[name] - copy))

    def state(self) -> dict[str, np.ndarray]:
        """Return what a later attempt needs beside the copies."""
        return {"averaged_since": self._since.numpy()} if self.copies else {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from `state`; checkpoints of version 0.1 have averages that began with the run."""
        self._since.assign(state.get("averaged_since", np.float32(0)))
