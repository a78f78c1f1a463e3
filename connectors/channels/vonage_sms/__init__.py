"""SMS by Vonage's Messages API v1: texts out, their reports and people's replies in.

`account` reads the credentials, `sender` hands texts over (`tokens` signs, `pacing` spaces, `answers` says
what an HTTP answer means), `signature` proves who called us, `reports` reads what they said, `codes` says
what a failed delivery means.
"""

from connectors.channels.vonage_sms.codes import classify
from connectors.channels.vonage_sms.door import VonageSms

__all__ = ["classify", "connector"]

connector = VonageSms()
