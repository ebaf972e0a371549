from dataclasses import asdict, fields

import pytest

from mnist_core.errors import RecipeError
from mnist_core.recipe import (
    DATA,
    NETWORKS,
    PRESETS,
    WRITTEN,
    Recipe,
    changed_hyperparameters,
    differing_hyperparameters,
    expected,
    preset,
    preset_claim,
    recipe_from_json,
    recipe_to_json,
    training_command,
)


def test_classic_is_the_original_recipe():
    assert asdict(preset("classic")) == {
        "network": "classic",
        "data": "mnist",
        "epochs": 10,
        "batch_size": 64,
        "learning_rate": 0.001,
        "schedule": "constant",
        "warmup": 0.25,
        "last_rate": 0.0,
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "dropout": 0.3,
        "affine": 0.0,
        "elastic": 0.0,
        "unbent": 0.0,
        "synthetic": 0.0,
        "mnist": 0.0,
        "ood_share": 0.0,
        "teachers": "",
        "distillation": 0.7,
        "ema_decay": 0.0,
        "patience": 0,
        "precision": "float32",
        "validation_size": 5000,
        "seed": 0,
    }


def test_a_recipe_survives_being_saved():
    recipe = preset("classic", epochs=3, learning_rate=0.01)
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


def test_a_recipe_saved_before_a_hyperparameter_was_there_means_what_it_meant():
    """With the six hyperparameters that the first cards hold."""
    old = {"network": "classic", "epochs": 4, "batch_size": 32, "learning_rate": 0.01, "held_out": 0, "seed": 9}
    recipe = preset("classic", epochs=4, batch_size=32, learning_rate=0.01, validation_size=0, seed=9)
    assert recipe_from_json(old) == recipe


def test_only_the_hyperparameters_that_were_turned_are_told():
    assert changed_hyperparameters("classic", preset("classic", seed=4)) == {"seed": 4}
    assert changed_hyperparameters("quick", preset("quick")) == {}


def test_what_differs_between_two_recipes_is_told_with_both_values():
    one, other = preset("classic", epochs=3, schedule="one-cycle"), preset("classic", epochs=5)
    assert differing_hyperparameters(one, other) == {"epochs": (3, 5), "schedule": ("one-cycle", "constant")}


def test_the_command_turns_the_preset_into_the_recipe():
    recipe = preset("classic", batch_size=32, learning_rate=0.00001, weight_decay=0.5)
    assert training_command("classic", recipe, "mine") == (
        "python train.py --recipe classic --name mine --batch-size 32 --learning-rate 1e-05 --weight-decay 0.5"
    )


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_recipe_that_says_something_of_itself(name):
    assert isinstance(preset(name), Recipe)
    assert preset_claim(name).endswith(".")
    assert "\n" not in preset_claim(name)


@pytest.mark.parametrize("hyperparameter", fields(Recipe), ids=lambda hyperparameter: hyperparameter.name)
def test_every_hyperparameter_says_what_it_does_and_what_it_accepts_and_keeps_to_it(hyperparameter):
    assert hyperparameter.metadata["help"]
    said = expected(type(hyperparameter.default), hyperparameter.metadata)
    if choices := hyperparameter.metadata.get("choices"):
        allowed, refused = list(choices), ["", choices[0].upper(), 1, None]
    elif hyperparameter.metadata.get("models"):
        allowed, refused = ["", "best", "best-0,best-1"], ["Best", "../best", "best,", "best, quick", "b" * 65, 1, None]
    else:
        low, high = hyperparameter.metadata["low"], hyperparameter.metadata["high"]
        allowed, refused = [low, high], [low - 1, high + 1, float("nan"), float("inf"), -float("inf"), "1", None, True]
    for value in allowed:
        assert getattr(Recipe(**{"validation_size": 1000, hyperparameter.name: value}), hyperparameter.name) == value
    for value in refused:
        with pytest.raises(RecipeError) as caught:
            Recipe(**{hyperparameter.name: value})
        assert str(caught.value) == f"{hyperparameter.name}: found {value!r}, expected {said}"


def test_patience_needs_digits_to_judge_by():
    with pytest.raises(RecipeError, match="patience: needs a validation set"):
        Recipe(patience=3, validation_size=0)


def test_a_network_that_normalises_over_a_batch_needs_two_digits_a_step():
    with pytest.raises(RecipeError) as caught:
        preset("mlp-plus", batch_size=1)
    assert str(caught.value) == (
        "batch_size: found 1, expected 2 or more; mlp-plus normalises over the digits of a batch"
    )
    assert preset("mlp-plus", batch_size=2).batch_size == 2


@pytest.mark.parametrize(
    ("hyperparameter", "value", "message"),
    [
        ("epochs", 0, "epochs: found 0, expected a whole number from 1 to 1,000"),
        ("epochs", 2.5, "epochs: found 2.5, expected a whole number from 1 to 1,000"),
        ("epochs", True, "epochs: found True, expected a whole number from 1 to 1,000"),
        ("batch_size", "64", "batch_size: found '64', expected a whole number from 1 to 10,000"),
        ("learning_rate", float("nan"), "learning_rate: found nan, expected a number from 1e-06 to 1.0"),
        ("network", "resnet", f"network: found 'resnet', expected one of {', '.join(NETWORKS)}"),
        ("dropout", 0.95, "dropout: found 0.95, expected a number from 0.0 to 0.9"),
        ("validation_size", 60_000, "validation_size: found 60000, expected a whole number from 0 to 30,000"),
        ("schedule", "cosine", "schedule: found 'cosine', expected one of constant, one-cycle"),
        ("seed", -1, "seed: found -1, expected a whole number from 0 to 4,294,967,295"),
    ],
)
def test_a_hyperparameter_outside_its_range_is_named_with_its_range(hyperparameter, value, message):
    with pytest.raises(RecipeError) as caught:
        Recipe(**{hyperparameter: value})
    assert str(caught.value) == message


def test_the_data_decide_the_classes():
    assert Recipe().classes == tuple("0123456789")
    assert len(Recipe(data="emnist").classes) == len(Recipe(data="characters").classes) == 47
    assert Recipe(data="fashion").classes[-1] == "Ankle boot"
    assert [name for name in DATA if Recipe(data=name).is_written] == list(WRITTEN)


def test_clothes_are_shown_more_often():
    assert preset("quick", data="fashion").epochs == 3 * preset("quick").epochs
    assert preset("quick", data="fashion", epochs=1).epochs == 1
    assert preset("accurate", data="fashion").synthetic == 0


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("changes", [{}, {"epochs": 2}, {"epochs": 6, "dropout": 0.1}])
@pytest.mark.parametrize("data", DATA)
def test_what_is_changed_makes_the_recipe_again(name, data, changes):
    recipe = preset(name, data=data, **changes)
    assert preset(name, **changed_hyperparameters(name, recipe)) == recipe


def test_no_synthetic_digits_are_mixed_into_clothes():
    with pytest.raises(RecipeError, match=r"synthetic: found 0\.4, expected 0: no program of ours draws fashion"):
        Recipe(data="fashion", synthetic=0.4)


@pytest.mark.parametrize(
    "values",
    [None, [], "classic", {"epochs": "3"}, {"cuda": True}, {**recipe_to_json(preset("classic")), "cuda": True}],
)
def test_a_foreign_record_is_not_a_recipe(values):
    with pytest.raises(RecipeError):
        recipe_from_json(values)


def test_an_unknown_preset_is_answered_with_those_that_exist():
    with pytest.raises(RecipeError, match=r"no recipe called 'clasic'; available: .*classic"):
        preset("clasic")
