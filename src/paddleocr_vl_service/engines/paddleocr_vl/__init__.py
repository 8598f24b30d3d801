"""PaddleOCR-VL through the official ``paddleocr`` library."""
