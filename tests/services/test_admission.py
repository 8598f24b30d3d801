import asyncio

import pytest

from paddleocr_vl_service.models.errors import ServiceBusy, ServiceStopping
from paddleocr_vl_service.services.admission import Admission


async def test_lets_in_what_fits_and_no_more() -> None:
    admission = Admission(running=1, waiting=1)
    with admission.enter(), admission.enter():
        assert (admission.waiting, admission.running) == (2, 0)
        with pytest.raises(ServiceBusy) as caught, admission.enter():
            pass
        assert caught.value.retry_after >= 1
    with admission.enter():
        pass


async def test_processes_so_many_at_a_time_in_the_order_of_arrival() -> None:
    admission = Admission(running=2, waiting=8)
    order = list[int]()
    most = 0

    async def document(number: int) -> None:
        nonlocal most
        with admission.enter():
            async with admission.processing():
                order.append(number)
                most = max(most, admission.running)
                await asyncio.sleep(0.01)

    await asyncio.gather(*(document(number) for number in range(8)))
    assert order == list(range(8))
    assert most == 2
    assert (admission.running, admission.waiting) == (0, 0)


async def test_a_failed_document_gives_its_place_back() -> None:
    admission = Admission(running=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), admission.enter():
            async with admission.processing():
                raise ValueError("broken")
    assert (admission.running, admission.waiting) == (0, 0)


async def test_a_stopping_service_lets_nobody_in() -> None:
    admission = Admission(running=1, waiting=0)
    admission.stop()
    with pytest.raises(ServiceStopping), admission.enter():
        pass


async def test_retry_after_grows_with_the_queue() -> None:
    admission = Admission(running=1, waiting=100)
    alone = admission.retry_after()
    with admission.enter(), admission.enter(), admission.enter():
        assert alone < admission.retry_after() <= 600
