"""A shop's name at Shopify: its myshopify.com domain. Nothing else may become part of an address or a header.

shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant.
"""

import re

ENDING = ".myshopify.com"
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")
ADMIN = "https://admin.shopify.com"


def shop_domain(text: str) -> str:
    """The domain in lower case, or '' if this is none."""
    domain = text.lower()
    return domain if _DOMAIN.fullmatch(domain) else ""


def admin_url(domain: str, path: str = "") -> str:
    """A page of the shop's own admin. `domain`: a checked one."""
    return f"{ADMIN}/store/{domain.removesuffix(ENDING)}{path}"
