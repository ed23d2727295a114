"""FedJAX (Ro et al. 2021): its own federated averaging."""

from importlib import metadata

import fedjax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import federated_workload as work

# The last fedjax (0.0.17) still calls names that newer JAX moved to jax.tree_util.
for name in ("tree_map", "tree_leaves", "tree_structure", "tree_unflatten", "tree_flatten"):
    if not hasattr(jax, name):
        setattr(jax, name, getattr(jax.tree_util, name))


def main():
    """Measure rounds of FedAvg over all clients."""
    count, epochs, rounds = work.arguments()
    data = work.clients(count)

    def loss(parameters, batch, rng):
        w1, b1, w2, b2 = parameters
        logits = jax.nn.relu(batch["x"] @ w1 + b1) @ w2 + b2
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), batch["y"][:, None], 1)
        return -jnp.mean(chosen)

    algorithm = fedjax.algorithms.fed_avg.federated_averaging(
        jax.grad(loss),
        fedjax.optimizers.sgd(learning_rate=work.RATE),
        fedjax.optimizers.sgd(learning_rate=1.0),
        fedjax.ShuffleRepeatBatchHParams(batch_size=work.BATCH, num_epochs=epochs),
    )
    datasets = [fedjax.ClientDataset({"x": x, "y": y.astype(np.int32)}) for x, y in data]
    state, rng = algorithm.init([jnp.asarray(p) for p in work.initial()]), jax.random.PRNGKey(0)

    def one_round():
        nonlocal state, rng
        rng, *keys = jax.random.split(rng, count + 1)
        clients = [(str(k), datasets[k], keys[k]) for k in range(count)]
        state, _ = algorithm.apply(state, clients)
        jax.block_until_ready(state.params)

    seconds = work.measure(one_round, rounds)
    work.report(seconds, work.loss(state.params, data), version=metadata.version("fedjax"))


main()
