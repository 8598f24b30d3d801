from collections.abc import Iterator

import pytest

from tests.support.fault_books import end_all
from tests.support.server import Server, running_server


@pytest.fixture(autouse=True)
def no_server_outlives_its_test() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the echo engine and small limits; nothing of it may be left behind."""
    limits = {
        "MAX_UPLOAD_SIZE": "200000",
        "MAX_PAGES": "20",
        "MAX_PIXELS": "1000000",
        "PAGE_TIMEOUT_SECONDS": "2",
    }
    with running_server(tmp_path_factory.mktemp("server"), **limits) as server:
        yield server
        assert server.temporary_files() == []
        descendants = server.descendants()
        assert server.stop() == 0
    assert not any(process.is_running() for process in descendants)
    assert list(server.tmp_dir.iterdir()) == []
