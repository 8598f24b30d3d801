"""Settings from files, as orchestrators mount secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource


class SecretFileSource(PydanticBaseSettingsSource):
    """Reads a setting from the file that the variable ``NAME_FILE`` names."""

    def get_field_value(
        self,
        field: FieldInfo,  # noqa: ARG002 - the base class asks for it
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """The file's content without its last line break, or None where no file is named."""
        path = os.environ.get(f"{field_name.upper()}_FILE")
        if path is None:
            return None, field_name, False
        return Path(path).read_text("utf-8").rstrip("\r\n"), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All settings that come from files."""
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                found[key] = value
        return found
