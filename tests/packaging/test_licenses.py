"""Everything that is installed with the service may be used, changed and sold by anyone."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from importlib.metadata import Distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "HPND", "ISC", "MIT",
    "MIT-CMU", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip
# What distributions without an SPDX expression write into a classifier or into `License`.
PERMISSIVE_WORDINGS = {
    "3-Clause BSD License",
    "Apache Software License",
    "Apache 2.0",
    "BSD License",
    "ISC License (ISCL)",
    "MIT License",
    "Python Software Foundation License",
}
EXCEPTIONS = {
    "psycopg": (
        "LGPL-3.0-only: a library that is used unmodified and may be replaced, which asks nothing "
        "of those who use or sell the service beyond saying so; DBOS brings it, for PostgreSQL"
    ),
    "pypdfium2": (
        "BSD-3-Clause or Apache-2.0; PDFium and what is built into it are permissive too "
        "(BSD, Apache-2.0, FreeType, libpng, zlib, IJG, ICU), but the field is free text"
    ),
}


def installed_with(name: str, extra: str = "") -> Iterator[Distribution]:
    """The distribution and all that it needs on this machine."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(name)]
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name)
        if key in found:
            continue
        found[key] = importlib.metadata.distribution(requirement.name)
        needed = map(Requirement, found[key].requires or [])
        waiting += [r for r in needed if not r.marker or r.marker.evaluate({"extra": extra})]
    yield from found.values()


def is_permissive(expression: str) -> bool:
    """Whether an SPDX expression leaves a permissive choice."""
    if "(" in expression:  # then every licence in it has to be one
        return set(re.findall(r"[\w.-]+", expression)) - {"AND", "OR"} <= PERMISSIVE
    return any(set(choice.split(" AND ")) <= PERMISSIVE for choice in expression.split(" OR "))


def stated_licenses(distribution: Distribution) -> tuple[str | None, set[str]]:
    metadata = distribution.metadata
    classifiers = metadata.get_all("Classifier") or []
    wordings = {c.split(" :: ")[-1] for c in classifiers if c.startswith("License :: ")}
    if not wordings and "License" in metadata:
        wordings = {metadata["License"].strip()}
    [expression] = metadata.get_all("License-Expression") or [None]
    return expression, wordings


def problem(distribution: Distribution) -> str | None:
    expression, wordings = stated_licenses(distribution)
    permissive = (
        is_permissive(expression)
        if expression
        else bool(wordings) and wordings <= PERMISSIVE_WORDINGS | PERMISSIVE
    )
    return None if permissive else f"{distribution.name}: {expression or wordings or 'unstated'}"


def test_every_installed_runtime_distribution_is_permissively_licensed() -> None:
    distributions = list(installed_with("paddleocr-vl-service"))
    assert len(distributions) > 20
    problems = {d.name: problem(d) for d in distributions if problem(d)}
    assert [p for name, p in problems.items() if name not in EXCEPTIONS] == []
    assert EXCEPTIONS.keys() <= problems.keys(), "an exception that is not needed any more"


@pytest.mark.parametrize(
    ("expression", "permissive"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND Zlib", True),
        ("GPL-2.0-only OR MIT", True),
        ("MIT AND LGPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("CC-BY-NC-4.0", False),
        ("(MIT OR GPL-3.0-only) AND MIT", False),
        ("(MIT OR Apache-2.0) AND ISC", True),
    ],
)
def test_spdx_expressions(expression: str, permissive: bool) -> None:
    assert is_permissive(expression) == permissive


def test_at_most_one_distribution_owns_cv2() -> None:
    owners = importlib.metadata.packages_distributions().get("cv2", [])
    assert len(set(owners)) <= 1, f"they overwrite each other's files: {sorted(set(owners))}"


def test_the_base_needs_no_opencv() -> None:
    names = {canonicalize_name(d.name) for d in installed_with("paddleocr-vl-service")}
    assert not {name for name in names if "opencv" in name}
