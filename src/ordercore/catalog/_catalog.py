"""
Products and the question for them.

"""

from collections.abc import Collection, Iterable, Mapping

import attrs

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
    """

    sku: Sku = attrs.field(converter=Sku)
    name: str
    weight_g: int = 0
    tax_class: str = "standard"
    category: str = ""


@attrs.frozen
class Products(Need[Mapping[Sku, Product]]):
    """
    The products of some SKUs; SKUs that the catalog does not know are absent from the answer.

    """

    skus: tuple[Sku, ...]


class StaticCatalog:
    """
    A catalog held in memory.

    Raises:
        InvalidData: Two products have one SKU, or a SKU or weight is malformed.
    """

    def __init__(self, products: Iterable[Product]) -> None:
        self._products: dict[Sku, Product] = {}
        for product in products:
            require_sku(product.sku, "catalog")
            if product.sku in self._products:
                raise InvalidData("catalog", (f"SKU {product.sku} is there twice",))
            if product.weight_g < 0:
                raise InvalidData("catalog", (f"SKU {product.sku} weighs {product.weight_g} g",))
            self._products[product.sku] = product

    def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
        """
        Return the known ones of some SKUs.

        """
        return {sku: self._products[sku] for sku in skus if sku in self._products}
