"""A link as a QR code (ISO/IEC 18004), for the camera of a phone."""

import segno

from strongroom_core.kernel.view import View

QUIET_ZONE = 4
"""The light border that the standard requires, in modules."""


class QrCode(View):
    """A QR code: `path` is the path of an SVG image of `size` by `size` units, with its quiet zone."""

    size: int
    path: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


def qr_code(text: str) -> QrCode:
    """Return the QR code of a text. Up to 15 % of the code can be damaged (error correction)."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    return QrCode(size=len(rows) + 2 * QUIET_ZONE, path=path)
