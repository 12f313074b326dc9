"""
Declared machines that the tests of lifecycles walk and break.

"""

from statemachine import State, StateMachine

from ordercore.lifecycle import Category


class ParcelMachine(StateMachine):
    """
    A sound one: a loop, a self-transition, two ends, one event from several statuses.

    """

    subject = "parcel"
    categories = {  # noqa: RUF012 - a declaration, never changed
        "planned": Category.OPEN,
        "packed": Category.ACTIVE,
        "under way": Category.ACTIVE,
        "delivered": Category.DONE,
        "stopped": Category.STOPPED,
    }

    planned = State(initial=True)
    packed = State()
    under_way = State(value="under way")
    delivered = State(final=True)
    stopped = State(final=True)

    pack = planned.to(packed)
    unpack = packed.to(planned)
    weigh = packed.to(packed)
    hand_over = packed.to(under_way)
    deliver = under_way.to(delivered)
    stop = planned.to(stopped) | packed.to(stopped)
