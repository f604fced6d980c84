"""Settings: JSON and back, bounds, unknown keys, and that recipes are listed without torch."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import recipes
from engines.errors import BadConfig
from engines.training.config import Config, Field
from engines.training.recipe import PRESETS


class Small(Config):
    k: int = Field(1, ge=1, le=9, description="How many", unit="things")
    names: tuple[str, ...] = Field(("a",), description="Which")


def test_sentences():
    with pytest.raises(BadConfig, match=r"k = 0: input should be greater than or equal to 1.*no setting 'q'"):
        Small.build({"k": 0, "q": 1})


def test_text_from_a_command_line():
    assert Small.build({"k": "3", "names": "x, y"}) == Small(k=3, names=("x", "y"))


@given(st.integers(1, 9), st.lists(st.text("abc", min_size=1), min_size=1), st.integers(0, 2**31 - 1))
def test_json_and_back(k, names, seed):
    config = Small(k=k, names=tuple(names), seed=seed)
    assert Small.model_validate_json(config.model_dump_json()) == config


def test_a_setting_needs_words():
    with pytest.raises(TypeError, match="without a description: x"):
        type("Mute", (Config,), {"__annotations__": {"x": int}, "x": 1, "__module__": __name__})


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_has_its_presets(name):
    recipe = recipes.get(name)
    assert recipe.name == name and tuple(recipe.presets) == PRESETS
    for preset in PRESETS:
        config = recipe.configure(preset)
        assert recipe.config.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(BadConfig, match="no preset"):
        recipe.configure("huge")


def test_unknown_recipe():
    with pytest.raises(BadConfig, match="There is no recipe 'nothing'; there are effort"):
        recipes.get("nothing")


def test_listing_recipes_imports_no_torch():
    code = "import sys; from engines import recipes; recipes.everything(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
