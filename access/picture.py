"""A text as a picture that a telephone reads: an SVG of one path, which needs no style and no script."""

from django.utils.safestring import SafeString, mark_safe
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

BORDER = 4


def picture_of(text: str, *, title: str) -> SafeString:
    """Give the picture; it stays dark on white in dark surroundings, since readers expect that."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=BORDER)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    size = len(rows)
    dots = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dot in enumerate(row) if dot)
    # Numbers and a fixed title only: nothing of the text is written into the markup.
    return mark_safe(  # noqa: S308
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="220" height="220" role="img" '
        f'aria-label="{title}" shape-rendering="crispEdges"><rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path d="{dots}" fill="#000"/></svg>'
    )
