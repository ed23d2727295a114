"""Tasks that make one network: train it, import it, prune it. Each ends in a measured point."""

from pathlib import Path

from core.errors import WeightsError
from core.evaluation.point import Origin, measure
from core.evaluation.results import NetworkResult
from core.jobs.runner.context import Context
from core.jobs.runner.elapsed_time import Timed
from core.networks.formats import keras_h5
from core.networks.network import REFERENCE, NetworkShape, Weights, initial_weights
from core.networks.prepare import Prepared
from core.pruning.outcome import Pruned
from core.pruning.plan import PrunePlan
from core.pruning.prune import prune
from core.pruning.spec import PruneResult, PruneSpec
from core.tasks.first_cuts import first_cuts
from core.tasks.inputs import (
    DENSE_FILE,
    PRUNED_FILE,
    dataset,
    network,
    prepared,
    pruned_origin,
)
from core.tasks.other_networks import (
    import_other,
    is_other,
    other_network,
    prune_other,
    train_other,
)
from core.tasks.teachers import teacher_of
from core.training.recipe import PRESETS, Recipe
from core.training.spec import ImportSpec, TrainResult, TrainSpec
from core.training.train import train


def train_network(context: Context, spec: TrainSpec) -> TrainResult:
    """Train a dense network from fresh weights, or on from another run's."""
    if spec.network or (spec.start and is_other(context, spec.start)):
        return train_other(context, spec, recipe_name(spec.recipe))
    progress, recipe = Timed(context.progress), spec.recipe
    data = prepared(context, spec.data, _wanted_shape(context, spec))
    weights = (
        network(context, spec.start).weights
        if spec.start
        else initial_weights(data.shape, context.seed)
    )
    cuts = first_cuts(context, data)
    look = cuts.after_epoch if cuts else None
    trained = train(weights, data.shape, data, recipe, context.seed, progress, after_epoch=look)
    label = f"Dense, {recipe_name(recipe)}"
    origin = Origin(
        id=context.job_id,
        label=label,
        seed=context.seed,
        epochs=len(trained.history),
        seconds=progress.seconds,
        notes=data.notes,
        parent=spec.start or "",
    )
    path = context.folder / DENSE_FILE
    keras_h5.write(path, trained.weights)
    if cuts:
        cuts.keep(trained.weights, context.folder)
    point = measure(path, data.shape, data, origin)
    return TrainResult(
        weights=path.name, shape=data.shape, point=point, best_epoch=trained.best_epoch
    )


def _wanted_shape(context: Context, spec: TrainSpec) -> NetworkShape | None:
    if spec.input_shape is None:
        return None
    return NetworkShape(spec.input_shape, len(dataset(context, spec.data).class_names))


def recipe_name(recipe: Recipe) -> str:
    """Return the preset's name, or what sets the recipe apart."""
    named = [name for name, preset in PRESETS.items() if preset == recipe]
    return f"{named[0]} recipe" if named else recipe.length


def import_network(context: Context, spec: ImportSpec) -> NetworkResult:
    """Measure uploaded weights, so that they can be pruned like a network trained here."""
    if spec.network:
        return import_other(context, spec)
    weights = keras_h5.read(context.workspace.weights / f"{spec.weights}.h5")
    data = prepared(context, spec.data, _fitting_shape(context, spec.data, weights))
    path = context.folder / DENSE_FILE
    keras_h5.write(path, weights)
    origin = Origin(
        id=context.job_id,
        label=f"Uploaded, {spec.name}",
        seed=context.seed,
        notes=data.notes,
    )
    point = measure(path, data.shape, data, origin)
    return NetworkResult(weights=path.name, shape=data.shape, point=point)


def _fitting_shape(context: Context, digest: str, weights: Weights) -> NetworkShape:
    """Return the shape for the reference's input size, or else for the images' own size."""
    loaded = dataset(context, digest)
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


def prune_network(context: Context, spec: PruneSpec) -> PruneResult:
    """Prune a dense network as the plan says; save, reload, measure."""
    if is_other(context, spec.dense):
        given = other_network(context, spec.dense).network.input_shape
        teacher = teacher_of(context, spec, given)
        return prune_other(context, spec, point_label(spec.plan), teacher)
    plan, dense = spec.plan, network(context, spec.dense)
    data = prepared(context, spec.data, dense.shape)
    progress = Timed(context.progress)
    teacher = teacher_of(context, spec, dense.shape.input_shape)
    pruned = prune(dense.weights, data, plan, context.seed, progress, teacher)
    origin = pruned_origin(context, point_label(plan), pruned, data, progress.seconds, dense.job.id)
    path = context.folder / PRUNED_FILE
    keras_h5.write(path, pruned.weights)
    point = measure(path, dense.shape, data, origin, dense.weights)
    return PruneResult(
        weights=path.name,
        shape=dense.shape,
        point=point,
        compact=_compact(context.folder, pruned, data),
    )


def point_label(plan: PrunePlan) -> str:
    """Return what a point is called: the method, the sparsity asked for, the paper's own recipe."""
    whose = " (paper's recipe)" if plan.is_papers else ""
    return f"{plan.rule.label} {plan.sparsity:.1%}{whose}"


def _compact(folder: Path, pruned: Pruned, data: Prepared) -> dict[str, str | int | float] | None:
    if pruned.small is None:
        return None
    from core.training.export import compact_export

    return compact_export(pruned.small, data.shape.input_shape, folder)
