"""Runs coroutines from tests that are not asynchronous."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_in_thread(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs `work` in a thread of its own: a browser test of the same process leaves its loop
    running in this one, and `asyncio.run` refuses to work there.
    """
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, work).result()
