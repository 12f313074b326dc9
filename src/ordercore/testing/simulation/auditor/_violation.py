"""
What an auditor says when something is not as it must be.

"""

from typing import Final

__all__ = [
    "ACTOR",
    "ANOMALIES",
    "ATTEMPTS",
    "BALANCES",
    "BOUNDS",
    "CARDS",
    "COMPARED",
    "CONSERVED",
    "CURRENCY",
    "FOLD",
    "HOLDS",
    "INSTANTS",
    "LABELS",
    "LATTICE",
    "MONEY",
    "ONCE",
    "ORPHANS",
    "OVERSELL",
    "PERMUTED",
    "PLAN",
    "REFUNDS",
    "REPLY",
    "REVERSAL",
    "ROWS",
    "TENANT",
    "TERMINAL",
    "TOTALS",
    "UNITS",
    "UNMODELED",
    "VERSIONS",
    "No",
    "Violation",
]

# The names of the invariants, as reports show them.
OVERSELL: Final = "I1 no oversell"
CONSERVED: Final = "I2 stock conservation"
ROWS: Final = "I3 counter = live rows"
HOLDS: Final = "I4 a hold ends once"
LATTICE: Final = "I5 quantity lattice"
UNITS: Final = "I6 unit partition"
MONEY: Final = "I7 money conservation"
REFUNDS: Final = "I8 refunded <= captured <= authorized"
TOTALS: Final = "I9 totals add up"
REVERSAL: Final = "I10 full reversal leaves nothing"
ORPHANS: Final = "I11 no orphan money"
ONCE: Final = "I12 one command, one outcome"
TERMINAL: Final = "I14 ended states do not regress"
ANOMALIES: Final = "I14 late facts become anomalies"
ATTEMPTS: Final = "I15 unknown is not failed"
VERSIONS: Final = "I17 versions +1"
FOLD: Final = "I18 fold = state"
INSTANTS: Final = "I21 aware instants"
CURRENCY: Final = "I20 one currency"
PERMUTED: Final = "I13 provider facts in any order"
LABELS: Final = "I23 one live label a package"
BOUNDS: Final = "I24 input bounds"
CARDS: Final = "I25 no card numbers"
TENANT: Final = "I26 tenant isolation"
ACTOR: Final = "I27 every command has an actor"
PLAN: Final = "plan"
REPLY: Final = "reply"
UNMODELED: Final = "unmodeled"

#: What the books stand for.
BALANCES: Final = {"physical": CONSERVED, "promise": ROWS, "value": MONEY}
#: What comparing an order with the model checks each time.
COMPARED: Final = (LATTICE, UNITS, REFUNDS, TOTALS, ANOMALIES, ATTEMPTS, LABELS)


class Violation(AssertionError):
    """
    Something is not as it must be.

    Attributes:
        invariant: Which one, by number and name; ``"reply"`` for an answer that the model did not
            predict, ``"plan"`` for a choice of places that is not the best.
        subject: About what: an order's id, an account, a command's id.
        expected: What the model says.
        found: What was found.
    """

    def __init__(self, invariant: str, subject: str, expected: object, found: object) -> None:
        self.invariant = invariant
        self.subject = subject
        self.expected = str(expected)
        self.found = str(found)
        super().__init__(invariant, subject, self.expected, self.found)

    def __str__(self) -> str:
        return f"{self.invariant}: {self.subject} should be {self.expected} and is {self.found}"


class No(Exception):
    """
    The model refuses a command, with the code that the engine should give.

    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
