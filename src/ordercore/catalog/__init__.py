"""
The catalog as ordercore needs it: what a SKU is called, weighs, and how it is taxed.

The catalog belongs to the host and is read through a port; :class:`StaticCatalog` serves shops
and tests that have their products at hand. A product may consist of others (:func:`parts_of`) and
be counted in units of measure beside its base unit.
"""

from ordercore.catalog._catalog import Product, Products, StaticCatalog
from ordercore.catalog._kits import (
    DEPTH_MAX,
    PARTS_MAX,
    Component,
    ComponentLevels,
    Composed,
    Composition,
    Part,
    component_levels,
    parts_of,
    with_components,
)
from ordercore.catalog._lots import (
    LotQuantity,
    first_units,
    joined_units,
    named_units,
    units_left,
)
from ordercore.catalog._quantities import (
    SkuQuantities,
    SkuQuantity,
    check_sku_quantities,
    sku_quantities,
)
from ordercore.catalog._units import UnitOfMeasure

__all__ = [
    "DEPTH_MAX",
    "PARTS_MAX",
    "Component",
    "ComponentLevels",
    "Composed",
    "Composition",
    "LotQuantity",
    "Part",
    "Product",
    "Products",
    "SkuQuantities",
    "SkuQuantity",
    "StaticCatalog",
    "UnitOfMeasure",
    "check_sku_quantities",
    "component_levels",
    "first_units",
    "joined_units",
    "named_units",
    "parts_of",
    "sku_quantities",
    "units_left",
    "with_components",
]
