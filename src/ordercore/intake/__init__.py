"""
Intake of webhooks: verified, kept, acknowledged, and only then worked off.

"""

from ordercore.intake._signatures import (
    BODY_BYTES_MAX,
    Headers,
    sign_standard_webhook,
    sign_stripe_webhook,
    verify_standard_webhook,
    verify_stripe_signature,
)

__all__ = [
    "BODY_BYTES_MAX",
    "Headers",
    "sign_standard_webhook",
    "sign_stripe_webhook",
    "verify_standard_webhook",
    "verify_stripe_signature",
]
