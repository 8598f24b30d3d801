"""A verification as a list of steps, each of which says what it found, or why it was left out."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

_BenchT = TypeVar("_BenchT")


class NotHere(Exception):
    """This machine lacks what a step needs; the message says what, as half a sentence."""


class NotSo(Exception):
    """What is deployed does not do what it should; the message is one sentence."""


def expect(holds: object, sentence: str) -> None:
    """Raise `NotSo` unless something holds."""
    if not holds:
        raise NotSo(sentence)


@dataclass(frozen=True)
class Step(Generic[_BenchT]):
    """One thing that is verified.

    Attributes:
        name: What ``--only`` calls it.
        title: What it verifies, as a heading.
        run: Does it; yields a sentence, in Markdown, for each thing that was found to hold.
        needs: Names of the steps without which it makes no sense.
    """

    name: str
    title: str
    run: Callable[[_BenchT], Iterator[str]]
    needs: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What became of a step.

    Attributes:
        name: The step's.
        title: The step's.
        state: ``passed``, ``skipped`` or ``failed``.
        findings: Sentences, in order; of a failed step those before it failed.
        reason: Why it was skipped, or what failed.
        seconds: How long it took.
    """

    name: str
    title: str
    state: Literal["passed", "skipped", "failed"] = "passed"
    findings: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0


def run_steps(
    steps: Sequence[Step[_BenchT]], bench: _BenchT, tell: Callable[[str], None]
) -> list[Outcome]:
    """Do them in order; one that fails or is left out takes those with it that need it."""
    outcomes: dict[str, Outcome] = {}
    for step in steps:
        outcome = outcomes[step.name] = Outcome(step.name, step.title)
        tell(f"== {step.title}")
        missing = [name for name in step.needs if outcomes[name].state != "passed"]
        if missing:
            outcome.state, outcome.reason = "skipped", f"it needs {', '.join(missing)}"
        else:
            _run(step, bench, outcome, tell)
        if outcome.reason:
            tell(f"   {outcome.state.upper()}: {outcome.reason}")
    return list(outcomes.values())


def _run(
    step: Step[_BenchT], bench: _BenchT, outcome: Outcome, tell: Callable[[str], None]
) -> None:
    started = time.monotonic()
    try:
        for finding in step.run(bench):
            outcome.findings.append(finding)
            tell(f"   {finding}")
    except NotHere as missing:
        outcome.state, outcome.reason = "skipped", str(missing)
    except Exception as error:  # noqa: BLE001 - a step that breaks is a step that failed
        outcome.state, outcome.reason = "failed", str(error) or type(error).__name__
        if not isinstance(error, NotSo):
            tell(traceback.format_exc())
    outcome.seconds = time.monotonic() - started


def chosen(steps: Sequence[Step[_BenchT]], names: Sequence[str]) -> list[Step[_BenchT]]:
    """The named steps and those that they need, in order; all where none is named.

    Raises:
        ValueError: There is no such step.
    """
    by_name = {step.name: step for step in steps}
    wanted: set[str] = set()
    waiting = list(names) or list(by_name)
    while waiting:
        name = waiting.pop()
        if name not in by_name:
            raise ValueError(f"there is no step {name}: {', '.join(by_name)}")
        if name not in wanted:
            wanted.add(name)
            waiting += by_name[name].needs
    return [step for step in steps if step.name in wanted]
