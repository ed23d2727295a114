"""Tasks that make one network: train it, import it, prune it. Each ends in a measured point."""

from pathlib import Path
from typing import Any

from core.errors import WeightsError
from core.evaluation.point import Origin, Point, measure
from core.jobs.runner.context import Context
from core.jobs.runner.timed import Timed
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, NetworkShape, Weights, initial_weights
from core.networks.prepare import Prepared
from core.pruning.outcome import Pruned
from core.pruning.plan import PrunePlan
from core.pruning.prune import prune
from core.settings import from_dict
from core.tasks.inputs import DENSE_FILE, PRUNED_FILE, dataset, network, prepared
from core.training.recipe import PRESETS, Recipe
from core.training.train import train


def train_network(context: Context) -> dict[str, Any]:
    """Train a dense network from fresh weights, or on from another run's (`start`)."""
    settings, progress = context.settings, Timed(context.progress)
    recipe = from_dict(Recipe, settings["recipe"])
    data = prepared(context, _wanted_shape(context))
    start = settings.get("start")
    weights = (
        network(context, start).weights if start else initial_weights(data.shape, context.seed)
    )
    trained = train(weights, data.shape, data, recipe, context.seed, progress)
    label = f"Dense, {recipe_name(recipe)}"
    origin = Origin(
        id=context.job_id,
        label=label,
        seed=context.seed,
        epochs=len(trained.history),
        seconds=progress.seconds,
        notes=data.notes,
        parent=start or "",
    )
    path = context.folder / DENSE_FILE
    keras_h5.write(path, trained.weights)
    point = measure(path, data.shape, data, origin)
    return _result(path, data.shape, point) | {"best_epoch": trained.best_epoch}


def _wanted_shape(context: Context) -> NetworkShape | None:
    size = context.settings.get("input_shape")
    if size is None:
        return None
    height, width, channels = size
    return NetworkShape((height, width, channels), len(dataset(context).class_names))


def recipe_name(recipe: Recipe) -> str:
    """Return the preset's name, or what sets the recipe apart."""
    named = [name for name, preset in PRESETS.items() if preset == recipe]
    return f"{named[0]} recipe" if named else f"{recipe.epochs} epochs"


def import_network(context: Context) -> dict[str, Any]:
    """Measure uploaded weights, so that they can be pruned like a network trained here."""
    source = context.workspace.weights / f"{context.settings['weights']}.h5"
    weights = keras_h5.read(source)
    data = prepared(context, _fitting_shape(context, weights))
    path = context.folder / DENSE_FILE
    keras_h5.write(path, weights)
    origin = Origin(
        id=context.job_id,
        label=f"Uploaded, {context.settings['name']}",
        seed=context.seed,
        notes=data.notes,
    )
    return _result(path, data.shape, measure(path, data.shape, data, origin))


def _fitting_shape(context: Context, weights: Weights) -> NetworkShape:
    """Return the shape for the reference's input size, or else for the images' own size."""
    loaded = dataset(context)
    sizes = {name: array.shape for name, array in weights.items()}
    for size in (REFERENCE.input_shape, loaded.image_shape):
        shape = NetworkShape(size, len(loaded.class_names))
        if shape.parameter_shapes() == sizes:
            return shape
    raise WeightsError(
        f"The uploaded weights do not fit the network for {len(loaded.class_names)} classes and "
        f"images of {REFERENCE.input_shape} or {loaded.image_shape}. Choose the data set that "
        "they were trained on."
    )


def prune_network(context: Context) -> dict[str, Any]:
    """Prune a dense network as the plan says; save, reload, measure."""
    plan = PrunePlan.from_dict(context.settings["plan"])
    dense = network(context, context.settings["dense"])
    data = prepared(context, dense.shape)
    progress = Timed(context.progress)
    pruned = prune(dense.weights, data, plan, context.seed, progress)
    origin = Origin(
        id=context.job_id,
        label=point_label(plan),
        method=plan.method,
        plan=plan.to_dict(),
        seed=context.seed,
        epochs=pruned.epochs,
        seconds=progress.seconds,
        notes=(*data.notes, *pruned.notes),
        parent=dense.job.id,
    )
    path = context.folder / PRUNED_FILE
    keras_h5.write(path, pruned.weights)
    point = measure(path, dense.shape, data, origin, dense.weights)
    return _result(path, dense.shape, point) | _compact(context.folder, pruned, data)


def point_label(plan: PrunePlan) -> str:
    """Return what a point is called: the method, the sparsity asked for, the paper's own recipe."""
    pure = " (paper's recipe)" if plan.label == "pure" else ""
    return f"{plan.rule.label} {plan.sparsity:.1%}{pure}"


def _compact(folder: Path, pruned: Pruned, data: Prepared) -> dict[str, Any]:
    if pruned.small is None:
        return {}
    from core.training.export import compact_export

    return {"compact": compact_export(pruned.small, data.shape.input_shape, folder)}


def _result(path: Path, shape: NetworkShape, point: Point) -> dict[str, Any]:
    return {"weights": path.name, "shape": shape.to_dict(), "point": point.to_dict()}
