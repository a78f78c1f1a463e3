"""QR codes as SVG: black on white in every colour scheme, since scanners want it so."""

import io

import segno

QUIET_ZONE = 4  # modules, ISO/IEC 18004


def svg(address: str) -> bytes:
    """Level M withstands 15 % of damage: enough for paper on a counter."""
    out = io.BytesIO()
    _code(address).save(out, kind="svg", border=QUIET_ZONE, light="#fff", omitsize=True)
    return out.getvalue()


def png(address: str) -> bytes:
    """About 800 pixels wide: sharp in print up to 7 cm."""
    out = io.BytesIO()
    code = _code(address)
    code.save(out, kind="png", border=QUIET_ZONE, light="#fff", scale=max(1, 800 // code.symbol_size()[0]))
    return out.getvalue()


def _code(address: str) -> segno.QRCode:
    return segno.make_qr(address, error="m", boost_error=False)
