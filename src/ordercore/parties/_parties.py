"""
Where an order goes.

"""

import attrs

__all__ = ["Destination"]


@attrs.frozen(kw_only=True)
class Destination:
    """
    Where an order goes, coarse enough to be no personal data.

    Attributes:
        country: ISO 3166-1 alpha-2.
        subdivision: ISO 3166-2 without the country, where taxes ask for it.
        postal_area: The leading part of the postal code that rates and zones need.
        address_ref: The host vault's reference to the full address; read only to print labels.
    """

    country: str
    subdivision: str = ""
    postal_area: str = ""
    address_ref: str = ""
