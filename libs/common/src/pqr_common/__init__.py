"""The engine: a lake of immutable objects, manifests that name them, contracts, and the one loop that runs any stage.

It knows nothing of what it carries. Its public names stand in `__init__.pyi`, once for readers, type checkers and
the loader of lazy imports.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
