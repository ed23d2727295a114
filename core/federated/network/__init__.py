"""The multi-layer perceptron by hand: layers, loss, gradients, SGD and FedAvg."""

__all__ = ["fedavg", "linear", "loss", "mlp", "sgd", "vector"]
