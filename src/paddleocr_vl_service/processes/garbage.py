"""How often a child process looks for unreachable cycles of objects."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 20_000


def collect_seldom() -> None:
    """Look through new objects seldom, and never again through those there are now.

    A page makes tens of thousands of small objects, nearly all of which are gone when nobody
    refers to them; a tenth of its time would go into looking for the others.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
