"""What decides the result of a scan: flags, environment and `.kmsiac.yaml` to frozen options.

    PATHs -> find -> file -> values (shapes, keys) -> resolve, with the flags -> Settings

`ScanOptions` is all that a scan needs, and can be made without any file.
"""

from __future__ import annotations

from kmsiac.config.options import RootInputs, ScanOptions

__all__ = ["RootInputs", "ScanOptions"]
