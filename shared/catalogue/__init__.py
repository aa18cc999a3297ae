"""The catalogue: indicators, targets, units, systems, tasks, periods and holidays as checked YAML."""

from shared.catalogue.catalogue import Catalogue
from shared.catalogue.load import CatalogueError, load_catalogue

__all__ = ["Catalogue", "CatalogueError", "load_catalogue"]
