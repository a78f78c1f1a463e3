"""What a delivery-time code asks of us."""

import pytest

from connectors.channels.vonage_sms import classify
from connectors.channels.vonage_sms.codes import CODES


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("1240", "opted_out"),
        ("1050", "dead_number"),
        ("1190", "dead_number"),
        ("1260", "absent"),
        ("1170", "dead_number"),
        ("1290", "absent"),
        ("1310", "dead_number"),
        ("1000", "temporary"),
        ("1180", "absent"),
        ("1220", "temporary"),
        ("1241", "temporary"),
        ("1360", "temporary"),
        ("1120", "filtered"),
        ("1210", "filtered"),
        ("1460", "filtered"),
        ("1470", "filtered"),
        ("1483", "filtered"),
        ("1070", "account"),
        ("1160", "account"),
        ("1020", "bug"),
        ("1450", "bug"),
        ("1330", "unknown"),
        ("9999", "unknown"),
        ("", "unknown"),
    ],
)
def test_each_code_has_its_class(code, kind):
    assert classify(code) == kind


def test_exactly_one_code_is_an_opt_out():
    """1241 stands beside it and only means that too much was asked."""
    assert [code for code, kind in CODES.items() if kind == "opted_out"] == ["1240"]
    assert all(code.isdecimal() and len(code) == 4 for code in CODES)
