"""Everything about digits, nothing about screens.

Conventions: a digit is a float32 array `(28, 28)`, ink 1.0 on 0.0; N counts digits; accuracies and probabilities
are 0…1; every error that a person can mend is a `MnistExplorerError`. The names below are the public face; they are
imported on first use, so that `import mnist_core` does not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnist_core.data.mnist import load_mnist as load_mnist
    from mnist_core.evaluation.metrics import evaluate as evaluate
    from mnist_core.model.number import read_number as read_number
    from mnist_core.model.number import read_number_in_image as read_number_in_image
    from mnist_core.model.prediction import predict as predict
    from mnist_core.model.prediction import probabilities as probabilities
    from mnist_core.preprocessing.pictures import digit_from_image as digit_from_image
    from mnist_core.preprocessing.strokes import digit_from_strokes as digit_from_strokes
    from mnist_core.store.models import list_models as list_models
    from mnist_core.store.models import load_model as load_model
    from mnist_core.training.loop import fit as fit

_HOME = {
    "load_mnist": "data.mnist",
    "digit_from_strokes": "preprocessing.strokes",
    "digit_from_image": "preprocessing.pictures",
    "list_models": "store.models",
    "load_model": "store.models",
    "predict": "model.prediction",
    "read_number": "model.number",
    "read_number_in_image": "model.number",
    "probabilities": "model.prediction",
    "evaluate": "evaluation.metrics",
    "fit": "training.loop",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'mnist_core' has no attribute {name!r}")
    return getattr(import_module(f"mnist_core.{_HOME[name]}"), name)
