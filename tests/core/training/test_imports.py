"""What the command imports decides how long it takes to begin and to end; no time is measured here."""

import subprocess
import sys

from tests.support.places import PROJECT

# Each takes a good part of a second, or much memory, and no training needs it.
NOT_NEEDED = {
    *("torch._dynamo", "torch._inductor", "torch.onnx", "sympy", "torchvision", "scipy", "sklearn", "pandas"),
    *("streamlit", "plotly", "onnx", "onnxscript", "tensorboard"),
}
TRAIN = """
import sys, train
from mnist_core.synthetic.generate import synthetic_digits
from mnist_core.evaluation import test_sets
from mnist_core.training import final_evaluation, material

material.load = test_sets.load = lambda *_, **__: synthetic_digits(700, 0)
final_evaluation.DISPUTED_TEST_LABELS = ()
flags = ("--recipe", "quick", "--epochs", "1", "--validation-size", "500", "--affine", "1", "--ema-decay", "0.9")
done = train.main([*flags, "--name", "mine", "--models-dir", sys.argv[1]])
print(*sys.modules)
sys.exit(done)
"""


def test_a_training_from_the_digits_to_the_evaluated_model_imports_nothing_heavy_but_torch(tmp_path):
    command = [sys.executable, "-c", TRAIN, str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    *_, told, modules = done.stdout.splitlines()
    assert told.startswith("test accuracy")
    assert "torch" in modules.split()
    assert NOT_NEEDED.isdisjoint(modules.split())
