"""
Products and the question for them.

"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Final

import attrs

from ordercore.catalog._kits import Component, Composition, composition_faults
from ordercore.catalog._units import UnitOfMeasure, units_faults
from ordercore.errors import InvalidData
from ordercore.grammar import Need
from ordercore.ids import Sku, require_sku

__all__ = ["Product", "Products", "StaticCatalog"]


@attrs.frozen(kw_only=True)
class Product:
    """
    What is sold under a SKU.

    Attributes:
        sku: Its stock keeping unit.
        name: As the customer reads it on documents.
        weight_g: Of one unit, in grams.
        tax_class: The word by which the tax port knows how it is taxed.
        category: The word by which rules of stock know its kind; empty for none.
        components: What one unit consists of; empty where it is bought and sold as it is. A kit's
            own weight and tax class count for nothing: its components are weighed and taxed.
        composition: Whether it is sent as its components, or made of them.
        units: Words by which people count it beside its base unit.
    """

    sku: Sku = attrs.field(converter=Sku)
    name: str
    weight_g: int = 0
    tax_class: str = "standard"
    category: str = ""
    components: tuple[Component, ...] = ()
    composition: Composition = Composition.KIT
    units: tuple[UnitOfMeasure, ...] = ()

    @property
    def is_kit(self) -> bool:
        """
        Whether an order for it is an order for its components.

        """
        return bool(self.components) and self.composition is Composition.KIT

    @property
    def is_made_to_order(self) -> bool:
        """
        Whether a workshop makes it of its components.

        """
        return bool(self.components) and self.composition is Composition.MADE_TO_ORDER

    def unit(self, name: str) -> UnitOfMeasure:
        """
        Return a unit by its name; its ``base_units`` are the ``per`` of a price for one of it.

        Raises:
            InvalidData: The product is not counted so; the message lists the legal names.
        """
        for unit in self.units:
            if unit.name == name:
                return unit
        legal = ", ".join(unit.name for unit in self.units) or "base units alone"
        raise InvalidData(f"SKU {self.sku}", (f"unit: {name!r:.40} is unknown: legal are {legal}",))

    def in_base_units(self, quantity: int | Decimal | str, unit: str) -> int:
        """
        Tell how many base units a quantity in one of the product's units is, exactly.

        Raises:
            InvalidData: The unit is unknown, or the quantity is no whole number of base units; the
                message names the smallest step. A ``float`` is refused.

        >>> band = Product(sku="BAND", name="Band", units=(UnitOfMeasure("m", 1000),))
        >>> band.in_base_units("2.5", "m")
        2500
        """
        return self.unit(unit).in_base_units(quantity)


@attrs.frozen
class Products(Need[Mapping[Sku, Product]]):
    """
    The products of some SKUs and of all that they consist of.

    SKUs that the catalog does not know are absent from the answer.
    """

    skus: tuple[Sku, ...]


class StaticCatalog:
    """
    A catalog held in memory.

    Raises:
        InvalidData: Two products have one SKU, a SKU or weight is malformed, a component is no
            product, or products contain each other in a circle or too deep.
    """

    #: Asking it waits for nothing, so an event loop may do it in place.
    never_blocks: Final = True

    def __init__(self, products: Iterable[Product]) -> None:
        self._products: dict[Sku, Product] = {}
        for product in products:
            require_sku(product.sku, "catalog")
            if product.sku in self._products:
                raise InvalidData("catalog", (f"SKU {product.sku} is there twice",))
            if product.weight_g < 0:
                raise InvalidData("catalog", (f"SKU {product.sku} weighs {product.weight_g} g",))
            doubled = units_faults(product.units)
            if doubled:
                raise InvalidData("catalog", tuple(f"SKU {product.sku}: {f}" for f in doubled))
            self._products[product.sku] = product
        faults = composition_faults(self._products)
        if faults:
            raise InvalidData("catalog", faults)

    def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
        """
        Return the known ones of some SKUs.

        """
        return {sku: self._products[sku] for sku in skus if sku in self._products}
