"""What production needs of its settings, and what it must not have."""

from collections.abc import Iterator, Mapping

from plugin_server.setting import PREFIX

UNREADABLE = True  # a value that couldn't be read is a problem already, not a missing one


def missing(values: Mapping[str, object]) -> Iterator[str]:
    """What is missing or doesn't go together among the values that could be read, by field name, in words."""
    if values.get("wiring") != "production":
        return
    if values.get("clock_url"):
        yield f"{PREFIX}CLOCK_URL is only for {PREFIX}WIRING=sandbox: real shoppers live by the real clock"
    for attribute in ("public_url", "keys", "phone_key"):
        if not values.get(attribute, UNREADABLE):
            yield f"{PREFIX}{attribute.upper()} is needed in production"
    for attribute in ("public_url", "shopify_url", "vonage_url"):
        if str(values.get(attribute)).startswith("http:"):
            yield f"{PREFIX}{attribute.upper()} must start with https:// in production"
    if bool(values.get("shopify_client_id")) != bool(values.get("shopify_client_secret")):
        yield f"{PREFIX}SHOPIFY_CLIENT_ID and {PREFIX}SHOPIFY_CLIENT_SECRET must be set together"
    if values.get("channel") == "vonage_sms":
        for attribute in ("api_key", "application_id", "private_key", "signature_secret"):
            if not values.get(f"vonage_{attribute}", UNREADABLE):
                yield f"{PREFIX}VONAGE_{attribute.upper()} is needed for {PREFIX}CHANNEL=vonage_sms"
