"""What core's wc-auth pages ask for and say."""

NEEDED = ("app_name", "user_id", "return_url", "callback_url", "scope")
SCOPES = {
    "read": ("View coupons", "View customers", "View orders and sales reports", "View products"),
    "write": ("Create webhooks", "Create coupons", "Create customers", "Create orders", "Create products"),
    "read_write": (
        "Create webhooks",
        "View and manage coupons",
        "View and manage customers",
        "View and manage orders and sales reports",
        "View and manage products",
    ),
}
INVALID = "The {} is not a valid URL"
SSL = "The callback_url needs to be over SSL"
