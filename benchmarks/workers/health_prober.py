"""Asks ``/health`` again and again until standard input ends. Standard library only.

``python -m benchmarks.workers.health_prober PORT``
"""

from __future__ import annotations

import http.client
import json
import select
import sys
import time

EVERY_SECONDS = 0.02
READY = "ready"

_TIMEOUT = 120.0


def main(arguments: list[str]) -> None:
    """Say that it is ready, ask until told to end, then write all latencies as one JSON list."""
    connection = http.client.HTTPConnection("127.0.0.1", int(arguments[0]), timeout=_TIMEOUT)
    _ask(connection)  # making the connection is not measured
    print(READY, flush=True)
    latencies = []
    due = answered = time.perf_counter()
    while not _told_to_end(due - time.perf_counter()):
        # What should have been asked while an answer was outstanding has been waiting since then.
        started = due if answered > due else time.perf_counter()
        _ask(connection)
        answered = time.perf_counter()
        latencies.append(round(answered - started, 6))
        due += EVERY_SECONDS
    connection.close()
    print(json.dumps(latencies), flush=True)


def _ask(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/health")
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        sys.exit(f"/health answered {answer.status}: {content[:300].decode('utf-8', 'replace')}")


def _told_to_end(within: float) -> bool:
    return bool(select.select([sys.stdin], [], [], max(0.0, within))[0])


if __name__ == "__main__":
    main(sys.argv[1:])
