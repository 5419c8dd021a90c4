"""For tests of migrations, the user's and our own: two schemas compared as the server knows them."""

from __future__ import annotations

from migrator.testing.catalogue import Catalogue, assert_same_catalogue, catalogue, differences

__all__ = ["Catalogue", "assert_same_catalogue", "catalogue", "differences"]
