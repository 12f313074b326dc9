"""
The names under which facts and commands are written. They are the storage format.

A name is given once and never reused: a class may be renamed or moved, its name stays. A fact whose
meaning or fields change in a way that old rows do not satisfy gets a new name beside the old one.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ordercore import fulfillment, intake, inventory, orders, payments, returns
from ordercore.inventory import documents

__all__ = ["NAMES", "TYPES"]

#: Stable name -> type.
TYPES: Final[Mapping[str, type[object]]] = MappingProxyType(
    {
        # facts
        "order-placed": orders.OrderPlaced,
        "order-released": orders.OrderReleased,
        "package-charged": orders.PackageCharged,
        "units-canceled": orders.UnitsCanceled,
        "units-sourced-again": orders.UnitsSourcedAgain,
        "sourcing-failed": orders.SourcingFailed,
        "refund-granted": orders.RefundGranted,
        "order-ended": orders.OrderEnded,
        "attempt-failed": orders.AttemptFailed,
        "operator-needed": orders.OperatorNeeded,
        "effect-retried": orders.EffectRetried,
        "anomaly-recorded": orders.AnomalyRecorded,
        "authorization-requested": payments.AuthorizationRequested,
        "payment-authorized": payments.PaymentAuthorized,
        "payment-action-required": payments.PaymentActionRequired,
        "authorization-declined": payments.AuthorizationDeclined,
        "payment-recorded": payments.PaymentRecorded,
        "capture-requested": payments.CaptureRequested,
        "payment-captured": payments.PaymentCaptured,
        "capture-declined": payments.CaptureDeclined,
        "void-requested": payments.VoidRequested,
        "authorization-voided": payments.AuthorizationVoided,
        "void-declined": payments.VoidDeclined,
        "refund-requested": payments.RefundRequested,
        "payment-refunded": payments.PaymentRefunded,
        "refund-declined": payments.RefundDeclined,
        "fulfillment-order-opened": fulfillment.FulfillmentOrderOpened,
        "units-picked": fulfillment.UnitsPicked,
        "units-missing": fulfillment.UnitsMissing,
        "fulfillment-units-canceled": fulfillment.FulfillmentUnitsCanceled,
        "work-reduced": fulfillment.WorkReduced,
        "fulfillment-order-ended": fulfillment.FulfillmentOrderEnded,
        "package-packed": fulfillment.PackagePacked,
        "package-unpacked": fulfillment.PackageUnpacked,
        "label-purchased": fulfillment.LabelPurchased,
        "label-declined": fulfillment.LabelDeclined,
        "package-shipped": fulfillment.PackageShipped,
        "package-delivered": fulfillment.PackageDelivered,
        "return-authorized": returns.ReturnAuthorized,
        "return-received": returns.ReturnReceived,
        "return-inspected": returns.ReturnInspected,
        "return-canceled": returns.ReturnCanceled,
        "purchase-opened": documents.PurchaseOpened,
        "expectation-changed": documents.ExpectationChanged,
        "purchase-received": documents.PurchaseReceived,
        "purchase-closed": documents.PurchaseClosed,
        "purchase-canceled": documents.PurchaseCanceled,
        "transfer-opened": documents.TransferOpened,
        "transfer-sent": documents.TransferSent,
        "transfer-received": documents.TransferReceived,
        "transfer-closed": documents.TransferClosed,
        "transfer-canceled": documents.TransferCanceled,
        "count-opened": documents.CountOpened,
        "count-recorded": documents.CountRecorded,
        "count-closed": documents.CountClosed,
        "count-canceled": documents.CountCanceled,
        "snapshot-applied": documents.SnapshotApplied,
        "notice-received": intake.NoticeReceived,
        "notice-noted": intake.NoticeNoted,
        "notice-parked": intake.NoticeParked,
        "notice-matched": intake.NoticeMatched,
        "notice-applied": intake.NoticeApplied,
        "notice-set-aside": intake.NoticeSetAside,
        "anomaly-told": intake.AnomalyTold,
        "notice-reopened": intake.NoticeReopened,
        "notice-dismissed": intake.NoticeDismissed,
        # commands
        "command.receive-stock": inventory.ReceiveStock,
        "command.reserve-cart": orders.ReserveCart,
        "command.release-cart": orders.ReleaseCart,
        "command.make-units": inventory.MakeUnits,
        "command.set-capacity": orders.SetCapacity,
        "command.place-order": orders.PlaceOrder,
        "command.add-tender": orders.AddTender,
        "command.record-payment": orders.RecordPayment,
        "command.capture-payment": orders.CapturePayment,
        "command.pick-units": orders.PickUnits,
        "command.report-missing": orders.ReportMissing,
        "command.pack-units": orders.PackUnits,
        "command.unpack-package": orders.UnpackPackage,
        "command.ship-package": orders.ShipPackage,
        "command.fulfill-units": orders.FulfillUnits,
        "command.record-delivery": orders.RecordDelivery,
        "command.source-again": orders.SourceAgain,
        "command.cancel-units": orders.CancelUnits,
        "command.authorize-return": orders.AuthorizeReturn,
        "command.receive-return": orders.ReceiveReturn,
        "command.inspect-return": orders.InspectReturn,
        "command.cancel-return": orders.CancelReturn,
        "command.record-outcome": orders.RecordOutcome,
        "command.record-attempt": orders.RecordAttempt,
        "command.record-anomaly": orders.RecordAnomaly,
        "command.retry-effect": orders.RetryEffect,
        "command.open-purchase": documents.OpenPurchase,
        "command.change-expectation": documents.ChangeExpectation,
        "command.receive-purchase": documents.ReceivePurchase,
        "command.close-purchase": documents.ClosePurchase,
        "command.cancel-purchase": documents.CancelPurchase,
        "command.open-transfer": documents.OpenTransfer,
        "command.send-transfer": documents.SendTransfer,
        "command.receive-transfer": documents.ReceiveTransfer,
        "command.close-transfer": documents.CloseTransfer,
        "command.cancel-transfer": documents.CancelTransfer,
        "command.open-count": documents.OpenCount,
        "command.record-count": documents.RecordCount,
        "command.close-count": documents.CloseCount,
        "command.cancel-count": documents.CancelCount,
        "command.adjust-stock": inventory.AdjustStock,
        "command.apply-snapshot": documents.ApplySnapshot,
        "command.receive-notice": intake.ReceiveNotice,
        "command.seek-orders": intake.SeekOrders,
        "command.record-notice-outcome": intake.RecordNoticeOutcome,
        "command.record-notice-attempt": intake.RecordNoticeAttempt,
        "command.reopen-notice": intake.ReopenNotice,
        "command.retry-notice": intake.RetryNotice,
        "command.dismiss-notice": intake.DismissNotice,
        # replies
        "reply.stock-adjusted": inventory.StockAdjusted,
        "reply.reservation": orders.Reservation,
    }
)

#: Type -> stable name.
NAMES: Final[Mapping[type[object], str]] = MappingProxyType(
    {kind: name for name, kind in TYPES.items()}
)
