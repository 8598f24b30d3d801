"""The child's side of an engine: its answer carries results and the seconds of stages."""

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.handler import ANSWER, CONFIG, OPTIONS, EngineHandler
from paddleocr_vl_service.engines.stage_clock import StageClock
from paddleocr_vl_service.models.document import ParseOptions, TextSourceChoice
from paddleocr_vl_service.models.stages import Stage, StageTime
from tests.support.rendering import text_page


def test_the_embedded_engine_tells_layout_and_recognition(tmp_path: Path) -> None:
    path = tmp_path / "page.bmp"
    picture = text_page(["A line of text", "and another one"])
    picture.save(path)
    factory = "paddleocr_vl_service.engines.onnx.engine:OnnxEngine"
    config = CONFIG.dump_python(EngineConfig(), mode="json")
    handler = EngineHandler({"factory": factory, "engine": config})
    page = {"number": 1, "path": str(path), "width": picture.width, "height": picture.height}

    def stages(options: ParseOptions) -> set[Stage]:
        payload = {"pages": [page], "options": OPTIONS.dump_python(options, mode="json")}
        answer = ANSWER.validate_python(handler.handle("parse", payload))
        assert [result.number for result in answer.results] == [1]
        assert all(time.seconds > 0 for time in answer.stages.values())
        return set(answer.stages)

    try:
        handler.handle("warmup", None)
        ocr = ParseOptions(text_source=TextSourceChoice.OCR)
        assert stages(ocr) == {Stage.LAYOUT, Stage.RECOGNITION}
        without = ParseOptions(text_source=TextSourceChoice.OCR, layout_detection=False)
        assert stages(without) == {Stage.RECOGNITION}  # nothing is left of the call before
    finally:
        handler.close()


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf])
@pytest.mark.parametrize("name", ["layout", "engine", "made-up"])
def test_a_child_cannot_say_what_is_no_time(name: str, seconds: float) -> None:
    answer = {"results": [], "stages": {name: {"begin": 0, "seconds": seconds}}}
    with pytest.raises(ValidationError):
        ANSWER.validate_python(answer)


def test_a_child_tells_only_what_nobody_else_can() -> None:
    time = {"begin": 0, "seconds": 1}
    told = ANSWER.validate_python({"results": [], "stages": {"layout": time}})
    assert told.stages == {Stage.LAYOUT: StageTime(0, 1)}
    with pytest.raises(ValidationError):
        ANSWER.validate_python({"results": [], "stages": {"engine": time}})


def test_a_clock_adds_up_each_stage_also_when_it_fails() -> None:
    clock = StageClock()
    clock.start()
    with clock.running(Stage.LAYOUT):
        pass
    first = clock.taken()[Stage.LAYOUT]
    with pytest.raises(OSError, match="as told"), clock.running(Stage.LAYOUT):
        raise OSError("as told")
    again = clock.taken()[Stage.LAYOUT]
    assert again.begin == first.begin
    assert again.seconds > first.seconds
    clock.start()
    assert clock.taken() == {}
