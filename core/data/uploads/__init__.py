"""What people upload as data: archives, folders, arrays, labels and LEAF files."""

__all__ = ["contents", "dataset_reader", "grading_set", "leaf", "leaf_store", "npy", "unpickle"]
