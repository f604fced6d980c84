"""A form knows of a setting only what its Config says."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engines.training.config import Config, Field
from workbench.widgets.config_form import bounds, choices


class Settings(Config):
    """One setting of each kind."""

    steps: int = Field(10, gt=0, lt=100, description="How many", unit="steps")
    rate: float = Field(0.5, ge=0, le=1, description="How fast")
    kind: str = Field("adam", pattern="^(adam|sgd)$", description="Which")
    path: str = Field("world", description="Where")
    names: tuple[str, ...] = Field(("a",), description="Who")
    fast: bool = Field(False, description="Whether", advanced=True)


FIELDS = Settings.model_fields


def draw() -> None:
    import streamlit as st

    from tests.pages.test_config_form import Settings
    from workbench.widgets.config_form import config_form

    st.json(config_form(Settings(), "form"))


@pytest.fixture
def form() -> AppTest:
    return AppTest.from_function(draw).run()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("steps", {"min_value": 1, "max_value": 99}),
        ("rate", {"min_value": 0.0, "max_value": 1.0}),
        ("seed", {"min_value": 0, "max_value": 2**31 - 1}),
        ("path", {}),
    ],
)
def test_bounds(name: str, expected: dict[str, Any]) -> None:
    assert bounds(FIELDS[name]) == expected


def test_choices_come_from_the_pattern() -> None:
    assert choices(FIELDS["kind"]) == ["adam", "sgd"]
    assert choices(FIELDS["path"]) == []


def test_each_setting_has_its_control_with_its_description(form: AppTest) -> None:
    assert not form.exception
    assert {box.label: box.help for box in form.number_input} == {
        "seed": "Seed of everything random in the run",
        "steps": "How many",
        "rate": "How fast",
    }
    assert [box.label for box in form.selectbox] == ["kind"]
    assert [box.value for box in form.text_input] == ["world"]
    assert form.expander[0].label == "More settings (1)"
    assert form.expander[0].toggle[0].label == "fast"


def test_only_what_was_changed_comes_back(form: AppTest) -> None:
    assert form.json[0].value == "{}"
    form.number_input(key="form-steps").set_value(20)
    form.selectbox(key="form-kind").set_value("sgd")
    form.toggle(key="form-fast").set_value(True)
    form.run()
    assert Settings.build(__import__("json").loads(form.json[0].value)).steps == 20
    assert '"kind"' in form.json[0].value and '"fast"' in form.json[0].value


def test_the_forms_of_all_recipes_draw() -> None:
    from engines import recipes

    def page() -> None:
        from engines import recipes
        from workbench.widgets.config_form import config_form

        for recipe in recipes.everything():
            for preset in recipe.presets:
                config_form(recipe.configure(preset), f"{recipe.name}-{preset}")

    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    presets = sum(len(recipe.presets) for recipe in recipes.everything())
    assert sum(box.label == "seed" for box in app.number_input) == presets


def test_a_list_of_numbers_stays_what_it_is() -> None:
    def form() -> None:
        import streamlit as st

        from engines import recipes
        from workbench.widgets import config_form

        config = recipes.get("latent").configure("tiny")
        changed = config_form._controls(config, ["vae_widths"], "x")
        st.write(str(type(config).build({**config.model_dump(), **changed}).vae_widths))

    app = AppTest.from_function(form, default_timeout=30).run()
    assert not app.exception
    assert app.markdown[0].value == "(8, 8, 16)"
    app.text_input[0].set_value("8, 16").run()
    assert app.markdown[0].value == "(8, 16)"
