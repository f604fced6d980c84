"""Config: what a person may set, once, for the form, the flags, the documents and the tests.

A field's description, bounds and unit are all that pages and command line know of it, so a field without a
description is an error. A config is frozen, refuses unknown keys and goes to JSON and back unchanged.
"""

from collections.abc import Mapping
from typing import Any, Self, get_origin

import pydantic
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from engines.errors import BadConfig


def Field(default: Any, *, description: str, unit: str = "", advanced: bool = False, **bounds: Any) -> Any:
    """A setting. `unit` is shown beside it; `advanced` puts it under "more settings" in a form."""
    extra: dict[str, Any] = {"unit": unit, "advanced": advanced}
    return pydantic.Field(default, description=description, json_schema_extra=extra, **bounds)


class Config(BaseModel):
    """Base of every recipe's settings.

    Raises:
        pydantic.ValidationError: from the constructor. `Config.build` turns it into `BadConfig`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of everything random in the run")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        missing = [name for name, field in cls.model_fields.items() if not field.description]
        if missing:
            raise TypeError(f"{cls.__name__}: fields without a description: {', '.join(missing)}")

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _split(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """A list in a form or on a command line is text with commas."""
        kind = cls.model_fields[info.field_name].annotation if info.field_name else None
        if isinstance(value, str) and get_origin(kind) is tuple:
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @classmethod
    def build(cls, values: Mapping[str, Any]) -> Self:
        """Validate settings, given as values or as text from a command line.

        Raises:
            BadConfig: a sentence for each setting that is unknown or out of bounds.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise BadConfig(_sentences(cls, error)) from None

    def replace(self, **changes: Any) -> Self:
        """The same settings with some changed, validated again."""
        return type(self).build({**self.model_dump(), **changes})


def unit(field: FieldInfo) -> str:
    """The unit of a field, or an empty string."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def advanced(field: FieldInfo) -> bool:
    """Whether a form keeps this field under "more settings"."""
    extra = field.json_schema_extra
    return bool(extra.get("advanced", False)) if isinstance(extra, dict) else False


def _sentences(config: type[Config], error: ValidationError) -> str:
    return " ".join(_sentence(config, problem) for problem in error.errors())


def _sentence(config: type[Config], problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "config"
    if problem["type"] == "extra_forbidden":
        known = ", ".join(sorted(config.model_fields))
        return f"There is no setting {key!r}; the settings are {known}."
    return f"{key} = {problem['input']!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}."
