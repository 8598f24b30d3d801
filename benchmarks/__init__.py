"""Measures the service: `python -m benchmarks` (speed), `python -m benchmarks.accuracy`.

Workers of other programs run from here in environments of their own: this module and
`benchmarks.workers` import nothing but the standard library.
"""
