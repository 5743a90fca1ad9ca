"""What tests here share lies beside them; pytest's import mode does not look there by itself."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
