"""What Vonage's delivery-time error codes ask of us.

Codes and their texts: `x-errors` of Vonage's Messages OpenAPI 1.11.0; the grouping is ours. These are the
codes of status webhooks (`error.title`, as text). The `#fragment` of an HTTP error follows another scheme.
"""

from types import MappingProxyType
from typing import Literal

CodeClass = Literal[
    "opted_out", "dead_number", "absent", "temporary", "filtered", "account", "bug", "unknown"
]
"""`opted_out`: its owner said STOP, suppress the number. `dead_number`: it doesn't exist, or takes no texts:
suppress it. `absent`: nobody was reached; if that goes on for days, it is as good as dead.
`temporary`: the same text could pass later. `filtered`: carrier, law or fraud rules stopped it, pause the
sequence and tell the merchant. `account`: the fault is in the Vonage account, pause all sending. `bug`: we
sent something wrong. `unknown`: Vonage gives no reason, or the code is new."""

_BY_CLASS: dict[CodeClass, str] = {
    # 1240 "the user has already sent a STOP". Not 1241, "too many send requests".
    "opted_out": "1240",
    # 1050 "blacklisted and may not receive messages", 1170 no such number, 1190 "no longer active, you should
    # remove this phone number from your database", 1300 not in the network, 1310 its device can't receive
    "dead_number": "1050 1170 1190 1300 1310",
    # 1180 switched off or out of coverage, 1200 portability ("they need to contact their carrier"), 1250 1251
    # unroutable, 1260 unreachable, 1280 blocked by its carrier ("plan does not include SMS", "account is
    # suspended"), 1290 prepaid and empty: its owner can mend each of these
    "absent": "1180 1200 1250 1251 1260 1280 1290",
    # 1000 throttled, 1030 internal, 1100 communication, 1220 busy, 1230 network,
    # 1241 too many, 1331 provider, 1360 expired (a stale cart reminder isn't worth repeating)
    "temporary": "1000 1030 1100 1220 1230 1241 1331 1360",
    # 1120 sender not allowed, 1210 anti-spam, 1270 age, 1282 provider, 1460 daily limit (10DLC), 1461
    # provider's limit, 1470 1472 1473 Fraud Defender, 1480-1484 registered entity, header, content, consent
    "filtered": "1120 1210 1270 1282 1460 1461 1470 1472 1473 1480 1481 1482 1483 1484",
    # 1060 barred, 1070 no credit, 1080 not provisioned, 1140 facility, 1160 number not on the trial's list
    "account": "1060 1070 1080 1140 1160",
    "bug": "1010 1020 1021 1022 1040 1090 1130 1150 1320 1340 1350 1370 1380 1381 1382 "
    "1400 1410 1420 1430 1440 1450 1451",
    "unknown": "1330",
}

CODES = MappingProxyType({code: name for name, codes in _BY_CLASS.items() for code in codes.split()})


def classify(code: str) -> CodeClass:
    """The class of a code as it stands in `DeliveryReported.code`. A code we don't know is `unknown`."""
    return CODES.get(code, "unknown")
