import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from paddleocr_vl_service.intake.types import FACTS, INSPECT, PAGE, RENDER
from tests.intake.conftest import Save
from tests.intake.making import inspect_request, pdf, png, render_request, writing

# The handler limits the whole process, so it is tried in one of its own.
PROGRAM = """
    import json, sys, resource
    from paddleocr_vl_service.intake.handler import ReaderHandler
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    handler = ReaderHandler({"max_pixels": 1_000_000})
    limits = [resource.getrlimit(getattr(resource, "RLIMIT_" + name))[0]
              for name in ("CORE", "FSIZE", "AS")]
    answers = []
    for method, payload in json.load(sys.stdin):
        try:
            answers.append(handler.handle(method, payload))
        except Exception as error:
            answers.append([type(error).__name__, str(error)])
    handler.close()
    json.dump([limits, answers], sys.stdout)
"""


def handled(*calls: tuple[str, object]) -> tuple[list[int], list[object]]:
    """The process's limits and its answers."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(PROGRAM)],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert finished.stderr == ""
    limits, answers = json.loads(finished.stdout)
    return limits, answers


def test_answers_in_json(save: Save) -> None:
    path = save("a.pdf", pdf(writing("Hello")))
    inspect = INSPECT.dump_python(inspect_request(path), mode="json")
    render = RENDER.dump_python(render_request(path, text=True), mode="json")
    limits, (facts, page, nothing) = handled(("inspect", inspect), ("render", render), ("x", 1))
    assert FACTS.validate_python(facts).page_count == 1
    image = PAGE.validate_python(page)
    assert image.text_layer is not None
    assert image.text_layer.lines[0].text == "Hello"
    assert Path(image.file).stat().st_size > image.width * image.height
    assert nothing == ["ValueError", "no such method: x"]
    core, file_size, memory = limits
    assert core == 0
    assert 3_000_000 < file_size < 5_000_000
    assert 2 << 30 < memory < 3 << 30


def test_limits_keep_a_document_from_eating_the_memory(save: Save) -> None:
    """More than a million pixels slip through here because the reader is asked to allow them."""
    program = textwrap.dedent("""
        import resource, sys
        from paddleocr_vl_service.intake.handler import ReaderHandler
        from paddleocr_vl_service.intake import handler
        handler._BASE_MEMORY = 0
        ReaderHandler({"max_pixels": 10_000_000})
        try:
            bytearray(1 << 30)
        except MemoryError:
            print("bounded")
    """)
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert finished.stdout == "bounded\n"


@pytest.mark.parametrize("payload", [None, {}, {"path": "a", "kind": "exe"}, {"path": 5}])
def test_refuses_what_is_no_request(payload: object) -> None:
    _, (answer,) = handled(("inspect", payload))
    assert isinstance(answer, list)
    assert answer[0] == "ValidationError"


def test_a_page_file_cannot_fill_the_disk(save: Save) -> None:
    """The kernel refuses to write more than a page can have."""
    path = save("a.png", png(100, 100, pixels=bytes(101 * 100)))
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from paddleocr_vl_service.intake.handler import ReaderHandler
        from paddleocr_vl_service.intake.page_files import write_rows
        from paddleocr_vl_service.models.errors import PageFailed
        ReaderHandler({"max_pixels": 10_000})
        try:
            write_rows(Path(sys.argv[1]), 1, 1, [bytes(100_000)], None)
        except PageFailed:
            print("bounded")
    """)
    out = path.with_suffix(".bmp")
    finished = subprocess.run(
        [sys.executable, "-c", program, os.fspath(out)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert finished.stdout == "bounded\n"
    assert not out.exists()
