"""JAX: jit(vmap(scan)) over padded clients."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import federated_workload as work


def main():
    """Measure rounds of FedAvg over all clients."""
    count, epochs, rounds = work.arguments()
    data = work.clients(count)
    sizes = np.array([len(labels) for _, labels in data])
    longest = sizes.max() // work.BATCH
    inputs = np.stack([np.resize(x, (longest * work.BATCH, work.FEATURES)) for x, _ in data])
    labels = np.stack([np.resize(y, longest * work.BATCH) for _, y in data])

    def loss(parameters, batch, targets):
        w1, b1, w2, b2 = parameters
        logits = jax.nn.relu(batch @ w1 + b1) @ w2 + b2
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(work.BATCH), targets])

    def step(carry, order_and_active):
        parameters, x, y = carry
        order, active = order_and_active
        gradients = jax.grad(loss)(parameters, x[order], y[order])
        rate = jnp.where(active, work.RATE, 0.0)
        return ([p - rate * g for p, g in zip(parameters, gradients, strict=True)], x, y), None

    def client(parameters, x, y, orders, active):
        return jax.lax.scan(step, (parameters, x, y), (orders, active))[0][0]

    @jax.jit
    def one(parameters, x, y, orders, active):
        trained = jax.vmap(client, in_axes=(None, 0, 0, 0, 0))(parameters, x, y, orders, active)
        weights = sizes / sizes.sum()
        return [jnp.tensordot(weights.astype(np.float32), p, 1) for p in trained]

    rng, parameters = np.random.default_rng(0), [jnp.asarray(p) for p in work.initial()]
    device_inputs, device_labels = jnp.asarray(inputs), jnp.asarray(labels)
    steps = np.arange(longest) * work.BATCH
    active = np.tile(steps[None] < sizes[:, None], (1, epochs))

    def one_round():
        nonlocal parameters
        orders = np.zeros((count, epochs, longest * work.BATCH), np.int32)
        for k, size in enumerate(sizes):
            for epoch in range(epochs):
                orders[k, epoch, :size] = rng.permutation(size)
        orders = orders.reshape(count, epochs * longest, work.BATCH)
        parameters = one(parameters, device_inputs, device_labels, orders, active)
        jax.block_until_ready(parameters)

    seconds = work.measure(one_round, rounds)
    work.report(seconds, work.loss(parameters, data), version=jax.__version__)


main()
