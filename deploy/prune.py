"""`python prune.py SITE_PACKAGES`: take out of an image's packages what no service imports, to keep images small.

Run while an image is built, before the code is compiled. A name that is not there any more is an error: the list must
not outlive what it is about.
"""

from __future__ import annotations

import shutil
import struct
import sys
from pathlib import Path

UNUSED = (
    # tests of the packages themselves
    "*/tests",
    "*/*/tests",
    "*/*/*/tests",
    # headers and what Arrow can do beyond tables, files and Parquet; the lake's S3 client is boto3
    "pyarrow/include",
    "pyarrow/*flight*",
    "pyarrow/libarrow_s3.so.*",
    "pyarrow/_s3fs.*",
    # names of one library that only a compiler asks for
    "pyarrow/libarrow_python.so",
    "pyarrow/libarrow_python.so.*.*.*",
    # Prefect's user interface, which its server shows
    "prefect/server/ui",
    "prefect/server/ui-v2",
)
SERVICES_IN_USE = ("s3", "sts")  # of the four hundred that botocore describes
BOTOCORE = "botocore/data"

# Where a 64-bit little-endian ELF file says where its program headers are and which section headers it has.
ELF = b"\x7fELF\x02\x01"
PROGRAM_OFFSET, SECTION_OFFSET, PROGRAM_SIZES, SECTION_COUNTS = 32, 40, 54, 60


def unused(site: Path) -> list[Path]:
    """What to take out; raises when a pattern finds nothing."""
    found = []
    for pattern in UNUSED:
        paths = sorted(site.glob(pattern))
        if not paths and (site / pattern.split("/")[0]).is_dir():
            raise SystemExit(f"{pattern} must be there to be taken out, found nothing in {site}: mend deploy/prune.py.")
        found += paths
    services = (path for path in (site / BOTOCORE).glob("*/") if path.is_dir())
    return found + [path for path in services if path.name not in SERVICES_IN_USE]


def without_symbols(library: bytes) -> bytes:
    """A shared library without what lies behind its last segment: symbols for debuggers, which nothing ever loads."""
    start = struct.unpack_from("<Q", library, PROGRAM_OFFSET)[0]
    size, count = struct.unpack_from("<HH", library, PROGRAM_SIZES)
    segments = (struct.unpack_from("<8xQ16xQ", library, start + size * i) for i in range(count))
    kept = bytearray(library[: max(offset + length for offset, length in segments)])
    struct.pack_into("<Q", kept, SECTION_OFFSET, 0)
    struct.pack_into("<HH", kept, SECTION_COUNTS, 0, 0)
    return bytes(kept)


def main() -> None:
    """Delete, shorten and tell how much."""
    site = Path(sys.argv[1])
    before = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    for path in unused(site):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in site.rglob("*.so*"):
        library = path.read_bytes()
        if library.startswith(ELF):
            path.write_bytes(without_symbols(library))
    after = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    sys.stdout.write(f"{(before - after) / 1e6:.0f} MB of {before / 1e6:.0f} taken out\n")


if __name__ == "__main__":
    main()
