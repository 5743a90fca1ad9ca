"""Exercise 11: copy objects through faults that pass."""

import random
from collections.abc import Callable, Iterable
from typing import Any

from pqr_common.errors import PqrError

TRIES, FIRST_SECONDS, JITTER = 4, 2, 0.5


def copy(source: Any, target: Any, partitions: Iterable[Any], *, sleep: Callable[[float], None]) -> None:
    for partition in partitions:
        if target.find(partition.path) is None:
            data = retried(lambda part=partition: source.read(part), sleep)
            retried(lambda part=partition, data=data: target.put_new(part.path, data), sleep)


def retried(call: Callable[[], Any], sleep: Callable[[float], None]) -> Any:
    for number in range(TRIES - 1):
        try:
            return call()
        except PqrError as error:
            if not error.is_retryable:
                raise
        sleep(FIRST_SECONDS * 2**number)
    return call()
