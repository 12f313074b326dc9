"""
The catalog as ordercore needs it: what a SKU is called, weighs, and how it is taxed.

The catalog belongs to the host and is read through a port; :class:`StaticCatalog` serves shops
and tests that have their products at hand.
"""

from ordercore.catalog._catalog import Product, Products, StaticCatalog
from ordercore.catalog._quantities import (
    SkuQuantities,
    SkuQuantity,
    check_sku_quantities,
    sku_quantities,
)

__all__ = [
    "Product",
    "Products",
    "SkuQuantities",
    "SkuQuantity",
    "StaticCatalog",
    "check_sku_quantities",
    "sku_quantities",
]
