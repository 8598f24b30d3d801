"""CloudFormation templates as data, and the text that `Fn::Sub` and `Fn::Join` make in them."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.support.server import REPOSITORY

STACK = REPOSITORY / "deploy" / "aws" / "stack.yaml"

Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """Reads `!Ref x` as `{"Ref": "x"}`, and the other short forms likewise."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, object]:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: object = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


yaml.add_multi_constructor("!", _short_form, Loader=_Loader)


def load(text: str) -> Template:
    """A template out of YAML."""
    template: Template = yaml.load(text, Loader=_Loader)
    return template


def user_data(template: Template, values: dict[str, str]) -> str:
    """The script that the machine runs, with `values` for parameters and resources."""
    machine = template["Resources"]["Machine"]["Properties"]
    return _text(machine["UserData"]["Fn::Base64"], values)


def _text(value: object, values: dict[str, str]) -> str:
    """The text of a string, or of an `Fn::Join` or `Fn::Sub`; an unknown name is a `KeyError`."""
    if isinstance(value, str):
        return value
    assert isinstance(value, dict)
    ((function, arguments),) = value.items()
    if function == "Fn::Join":
        separator, parts = arguments
        return str(separator).join(_text(part, values) for part in parts)
    assert function == "Fn::Sub", function
    substituted = re.sub(r"\$\{([^!}]+)\}", lambda found: values[found[1]], arguments)
    return re.sub(r"\$\{!([^}]*)\}", r"${\1}", substituted)
