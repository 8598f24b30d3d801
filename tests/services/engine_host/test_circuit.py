from paddleocr_vl_service.services.engine_host.circuit import FAILURES_TO_OPEN, Circuit


def after(failures: int) -> Circuit:
    circuit = Circuit()
    for number in range(1, failures + 1):
        circuit.failed(f"Reason {number}.")
    return circuit


def test_is_closed_and_without_delay_at_first() -> None:
    circuit = Circuit()
    assert (circuit.open, circuit.delay, circuit.reason) == (False, 0.0, None)


def test_opens_with_the_third_failure_in_a_row_and_tells_the_last_reason() -> None:
    assert FAILURES_TO_OPEN == 3
    assert [after(failures).open for failures in range(5)] == [False, False, False, True, True]
    assert after(3).reason == "Reason 3."


def test_the_delay_doubles_up_to_half_a_minute() -> None:
    delays = [after(failures).delay for failures in range(1, 9)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_an_engine_may_fail_for_days() -> None:
    assert after(20_000).delay == 30.0


def test_a_success_makes_up_for_all_failures() -> None:
    circuit = after(7)
    circuit.succeeded()
    assert (circuit.open, circuit.delay, circuit.reason) == (False, 0.0, None)
    circuit.failed("Again.")
    assert (circuit.open, circuit.delay, circuit.reason) == (False, 0.5, "Again.")
