"""Any decoded image to upright RGB as a person would see it."""

from __future__ import annotations

from typing import Any

from PIL import ExifTags, Image

_WHITE_IS_ZERO = 0
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def to_rgb(image: Image.Image) -> Image.Image:
    """Eight bits a channel, in RGB, transparent parts on white.

    Args:
        image: Decoded; returned itself where nothing has to be done.
    """
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        return _on_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn an image as its EXIF orientation (1 to 8) says."""
    transposition = _TRANSPOSITIONS.get(orientation)
    return image if transposition is None else image.transpose(transposition)


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 where there is none or the EXIF data is damaged."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - Pillow stumbles over damaged EXIF data in many ways
        return 1
    return value if isinstance(value, int) else 1


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    alpha = image.getchannel("A")
    if alpha.getextrema() == (0, 0):
        # Writers that leave the fourth byte of a pixel unused: nobody sends an invisible page.
        return image.convert("RGB")
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(image, mask=alpha)
    return canvas


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale samples of 16 or 32 bits, which Pillow would clip."""
    import numpy as np  # noqa: PLC0415 - one process in a thousand documents needs it

    tags: Any = getattr(image, "tag_v2", {})
    samples = np.asarray(image)
    if samples.dtype.kind == "u" and samples.dtype.itemsize == 2:
        # Scanners of 12 and 14 bits store them in words of 16.
        top = int(samples.max())
        bits = 16 if top >= 1 << 14 else 14 if top >= 1 << 12 else 12
        levels = (samples >> (bits - 8)).astype(np.uint8)
    else:
        values = np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        floor, ceiling = _range_of(float(values.min()), float(values.max()))
        scale = 255.0 / (ceiling - floor)
        levels = (values * scale + (0.5 - floor * scale)).clip(0, 255).astype(np.uint8)
    if tags.get(ExifTags.Base.PhotometricInterpretation, 1) == _WHITE_IS_ZERO:
        levels = 255 - levels
    return Image.fromarray(levels)


def _range_of(low: float, high: float) -> tuple[float, float]:
    """The range that samples between ``low`` and ``high`` most likely use."""
    if low >= 0:
        for ceiling in (1.0, 255.0, 65535.0):
            if high <= ceiling:
                return 0.0, ceiling
    return low, high if high > low else low + 1.0
