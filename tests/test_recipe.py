from dataclasses import asdict

import pytest

from mnist_core.errors import RecipeError
from mnist_core.recipe import Recipe, changed_dials, preset, recipe_from_json, recipe_to_json


def test_classic_is_the_original_recipe():
    assert asdict(preset("classic")) == {
        "network": "classic",
        "epochs": 10,
        "batch_size": 64,
        "learning_rate": 0.001,
        "held_out": 5000,
        "seed": 0,
    }


def test_a_recipe_survives_being_saved():
    recipe = preset("classic", epochs=3, learning_rate=0.01)
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


def test_only_the_dials_that_were_turned_are_told():
    assert changed_dials("classic", preset("classic", seed=4)) == {"seed": 4}


@pytest.mark.parametrize(
    ("dial", "value", "message"),
    [
        ("epochs", 0, "epochs: found 0, expected a whole number from 1 to 1,000"),
        ("epochs", 2.5, "epochs: found 2.5, expected a whole number from 1 to 1,000"),
        ("epochs", True, "epochs: found True, expected a whole number from 1 to 1,000"),
        ("batch_size", "64", "batch_size: found '64', expected a whole number from 1 to 10,000"),
        ("learning_rate", float("nan"), "learning_rate: found nan, expected a number from 1e-06 to 1.0"),
        ("network", "resnet", "network: found 'resnet', expected one of classic"),
        ("seed", -1, "seed: found -1, expected a whole number from 0 to 4,294,967,295"),
    ],
)
def test_a_dial_outside_its_range_is_named_with_its_range(dial, value, message):
    with pytest.raises(RecipeError) as caught:
        Recipe(**{dial: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("values", [None, [], {}, {"epochs": 3}, {**recipe_to_json(preset("classic")), "cuda": True}])
def test_a_foreign_record_is_not_a_recipe(values):
    with pytest.raises(RecipeError):
        recipe_from_json(values)


def test_an_unknown_preset_is_answered_with_those_that_exist():
    with pytest.raises(RecipeError, match="no recipe called 'clasic'; available: classic"):
        preset("clasic")
