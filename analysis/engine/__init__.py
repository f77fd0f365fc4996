"""The statistics of Quorum: pure functions on float64 arrays, tested against metafor.

The public names are listed in `__init__.pyi`; each is imported when it is first used, so that a command that pools one
table starts fast.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
