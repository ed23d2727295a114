import numpy as np
import pytest

from core.networks.builder import Draft
from core.networks.forward import predict_logits
from core.networks.initializers import initial_values
from core.networks.layers import LAYER_KINDS
from core.networks.network import NetworkShape, initial_weights
from core.training.teachers import teacher
from core.training.teachers.teacher import MeanTeacher, NetworkTeacher, Teacher

pytestmark = pytest.mark.slow  # TensorFlow

SHAPE = NetworkShape((16, 16, 3), 3, (2, 3, 4, 5, 6))
WEIGHTS = initial_weights(SHAPE, 1)
IMAGES = np.random.default_rng(0).random((4, 16, 16, 3), np.float32)


def test_a_teacher_answers_what_its_network_computes():
    answers = Teacher(WEIGHTS, "float32").answers(IMAGES)
    assert answers.shape == (4, 3)
    np.testing.assert_allclose(answers, predict_logits(WEIGHTS, IMAGES), rtol=1e-5, atol=1e-6)


@pytest.fixture
def asked(monkeypatch):
    """How many images each forward pass of a reference network reads."""
    sizes: list[int] = []
    compute = teacher.compiled_logits()

    def counting(weights, images, policy):
        sizes.append(len(images))
        return compute(weights, images, policy)

    monkeypatch.setattr(teacher, "compiled_logits", lambda: counting)
    return sizes


def test_the_second_teacher_of_a_process_does_not_compute_again(asked):
    first = Teacher(WEIGHTS, "float32").answers(IMAGES + 1)
    assert np.array_equal(Teacher(WEIGHTS, "float32").answers(IMAGES + 1), first)
    assert asked == [8]  # four images, filled up


def test_other_images_weights_and_formats_are_other_questions(asked):
    others = {name: array + 1 for name, array in WEIGHTS.items()}
    moved = IMAGES + 2
    moved[3, 15, 15, 2] += 1e-3
    Teacher(WEIGHTS, "float32").answers(IMAGES + 2)
    Teacher(WEIGHTS, "float32").answers(IMAGES[:2] + 2)
    assert len(asked) == 1
    Teacher(WEIGHTS, "float32").answers(moved)
    Teacher(others, "float32").answers(IMAGES + 2)
    Teacher(WEIGHTS, "mixed_bfloat16").answers(IMAGES + 2)
    assert len(asked) == 4


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_an_image_gets_the_same_answer_in_any_company(policy):
    """A resumed run remembers nothing of the run before, and asks in other batches."""
    images = np.random.default_rng(5).random((72, 16, 16, 3), np.float32)
    ask = Teacher(WEIGHTS, policy)._asked
    whole = ask(images)
    order = np.random.default_rng(6).permutation(72)
    assert np.array_equal(ask(images[order]), whole[order])
    for size in (8, 24, 40):
        assert np.array_equal(ask(images[:size]), whole[:size])


def test_several_teachers_of_any_architecture_answer_with_the_mean_of_their_logits():
    draft = Draft((16, 16, 3))
    draft.add("flat", LAYER_KINDS["Flatten"]())
    draft.add("head", LAYER_KINDS["Dense"](3, "softmax"))
    linear = draft.network()
    own = initial_values(linear, 4)
    others = initial_weights(SHAPE, 2)
    members = [Teacher(WEIGHTS, "float32"), Teacher(others, "float32"), NetworkTeacher(linear, own)]
    found = MeanTeacher(members).answers(IMAGES)
    flat = IMAGES.reshape(4, -1).astype(np.float64) @ own["head/kernel"] + own["head/bias"]
    logits = [predict_logits(WEIGHTS, IMAGES), predict_logits(others, IMAGES), flat]
    np.testing.assert_allclose(found, sum(logits) / 3, rtol=1e-5, atol=1e-6)
    # Softened, that is the normalised geometric mean of the three softened answers.
    softened = [np.exp(z / 4) / np.exp(z / 4).sum(axis=1, keepdims=True) for z in logits]
    mean = np.prod(softened, axis=0) ** (1 / 3)
    together = np.exp(found / 4) / np.exp(found / 4).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(together, mean / mean.sum(axis=1, keepdims=True), rtol=1e-4)
