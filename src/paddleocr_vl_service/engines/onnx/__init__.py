"""The embedded engine: ONNX Runtime on the CPU, models out of the package."""
