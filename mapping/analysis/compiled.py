"""Compiled kernels: numba's machine code, kept for the next start wherever a folder can be written."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """A function compiled when it is first called, and only then where nothing can be kept."""
    try:
        return cast(Kernel, njit(cache=True)(kernel))
    except RuntimeError:  # no folder for the cache: a program installed read-only, without a home
        return cast(Kernel, njit(kernel))
