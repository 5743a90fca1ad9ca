"""The one error tree, and the exit code each branch ends a command with.

PqrError                     1   a defect, or a branch nobody mapped
├── InvalidSettings          2   bad settings, arguments or parameters
│   └── UnknownRun           2   no run of that name in the lake
├── UpstreamBroken           3   what a stage reads is missing, altered or not what was promised
├── ContractBroken           4   what a stage made breaks its own contract
│   └── ManifestConflict     4   the same stage was committed before with other content
├── VerificationFailed       4   a hash, balance or row differs from what was recorded
└── Transient                5   the world did not answer; trying again may help
    ├── LakeUnavailable      5   the object store
    ├── WarehouseUnavailable 5   Postgres
    ├── ClusterUnavailable   5   the Dask cluster
    └── Fenced               5   a newer attempt of the same stage took over

Every message is one sentence: what must be, what was found, where, what to do.
"""

from __future__ import annotations

__all__ = [
    "ClusterUnavailable",
    "ContractBroken",
    "Fenced",
    "InvalidSettings",
    "LakeUnavailable",
    "ManifestConflict",
    "PqrError",
    "Transient",
    "UnknownRun",
    "UpstreamBroken",
    "VerificationFailed",
    "WarehouseUnavailable",
]


class PqrError(Exception):
    """Base of every error the platform raises on purpose."""

    exit_code = 1
    is_retryable = False


class InvalidSettings(PqrError, ValueError):
    exit_code = 2


class UnknownRun(InvalidSettings, LookupError):
    pass


class UpstreamBroken(PqrError):
    exit_code = 3


class ContractBroken(PqrError):
    exit_code = 4


class ManifestConflict(ContractBroken):
    pass


class VerificationFailed(PqrError):
    exit_code = 4


class Transient(PqrError):
    exit_code = 5
    is_retryable = True


class LakeUnavailable(Transient, ConnectionError):
    pass


class WarehouseUnavailable(Transient, ConnectionError):
    pass


class ClusterUnavailable(Transient, ConnectionError):
    pass


class Fenced(Transient):
    """Another attempt owns the stage now; its result is the one to read, so trying again finds it done."""
