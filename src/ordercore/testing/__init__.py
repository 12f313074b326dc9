"""
What tests of a host need: time that stands still, fakes of the world, kits for adapters.

The fakes are strict: they refuse what real providers refuse, promise no more than they declare,
and go wrong as planned. They pass the same kits that an adapter of a real provider has to pass, so
what holds against a fake can be expected to hold against the provider. Stores have a kit, too.
Kits take adapters that block and adapters that are awaited. Nothing here needs a test runner.
"""

from ordercore.testing._carrier import FakeCarrier
from ordercore.testing._carrier_cases import CARRIER_CASES, CarrierTrial, check_carrier
from ordercore.testing._conformance import Case, ConformanceFailure
from ordercore.testing._faults import Fault
from ordercore.testing._payment_cases import PAYMENT_CASES, check_payment_gateway
from ordercore.testing._payment_trial import PaymentTrial
from ordercore.testing._payments import FakePaymentGateway
from ordercore.testing._scenario import Scenario, ScenarioFailure
from ordercore.testing._store_cases import STORE_CASES, check_store
from ordercore.testing._store_trial import StoreTrial
from ordercore.testing._tax import FakeTax, NoTax
from ordercore.testing._tax_cases import TAX_CASES, TaxTrial, check_tax
from ordercore.testing._time import SequenceIds, VirtualClock
from ordercore.testing._webhook_cases import WEBHOOK_CASES, WebhookTrial, check_webhooks
from ordercore.testing._webhooks import FakeWebhooks, ProviderMessage

__all__ = [
    "CARRIER_CASES",
    "PAYMENT_CASES",
    "STORE_CASES",
    "TAX_CASES",
    "WEBHOOK_CASES",
    "CarrierTrial",
    "Case",
    "ConformanceFailure",
    "FakeCarrier",
    "FakePaymentGateway",
    "FakeTax",
    "FakeWebhooks",
    "Fault",
    "NoTax",
    "PaymentTrial",
    "ProviderMessage",
    "Scenario",
    "ScenarioFailure",
    "SequenceIds",
    "StoreTrial",
    "TaxTrial",
    "VirtualClock",
    "WebhookTrial",
    "check_carrier",
    "check_payment_gateway",
    "check_store",
    "check_tax",
    "check_webhooks",
]
