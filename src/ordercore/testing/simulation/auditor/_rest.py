"""
Whether an order has come to rest, and otherwise what it waits for.

"""

from ordercore.testing.simulation.auditor._shapes import ShadowOrder
from ordercore.testing.simulation.auditor._sums import uncovered_minor, unpaid_minor

__all__ = ["waits_for", "waits_for_person"]


def waits_for_person(order: ShadowOrder) -> str:
    """
    Say what a person was asked for, and why; "" where nobody was.

    """
    owed = order.owes()
    asked = [f"{key} was given up" for key, a in order.attempts.items() if a.person and key in owed]
    asked += [
        f"{request.request_id} was declined"
        for request in order.requests.values()
        if request.waits_for_person
    ]
    asked += [
        f"{box.package_id} has no label: {box.label_declined}"
        for box in order.packages.values()
        if box.status == "packed" and box.label_wanted and box.label_declined
    ]
    nowhere = sum(unit.state == "unsourced" for unit in order.units())
    if order.sourcing_failed and nowhere:
        asked.append(f"no place has {nowhere} units")
    challenged = [p.payment_id for p in order.payments.values() if p.status == "action_required"]
    asked += [f"{payment_id} waits for the customer to confirm" for payment_id in challenged]
    missing = uncovered_minor(order)
    if order.promised and missing > 0:
        asked.append(f"{missing} of what is due is covered by no payment")
    return "; ".join(asked)


def waits_for(order: ShadowOrder) -> str:
    """
    Say what an order waits for that is not a person; "" where that is nothing.

    """
    person = {key for key, attempt in order.attempts.items() if attempt.person}
    waits = [f"an answer to {key}" for key in sorted(order.owes() - person)]
    for work in order.works.values():
        for state in ("waiting", "picked"):
            units = len(work.units(None, state))
            waits += [f"{work.place} to handle {units} units that are {state}"] * bool(units)
    for box in order.packages.values():
        labeled = not box.label_wanted or box.label_bought
        if box.status == "labeled" or (box.status == "packed" and labeled):
            waits.append(f"a carrier to take {box.package_id}")
        elif box.status == "shipped":
            waits.append(f"{box.package_id} to arrive")
    waits += [
        f"{known.return_id} to go on from {known.status}"
        for known in order.returns.values()
        if known.status in {"authorized", "received"}
    ]
    if not waits and not order.ended and not waits_for_person(order):
        waits.append(f"something: it is {order.status}, and {unpaid_minor(order)} is unpaid")
    return "; ".join(waits)
