"""PaddleOCR-VL Service: documents in, structured data out."""

from importlib.metadata import version

__version__ = version("paddleocr-vl-service")
