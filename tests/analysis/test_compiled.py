"""Kernels run where nothing can be kept, as in a program installed read-only."""

import numpy as np
import pytest
from numba.core import caching

from mapping.analysis.compiled import compiled


def test_kernels_are_compiled_even_where_no_folder_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(values: np.ndarray) -> np.ndarray:
        return values * 2

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    kernel = compiled(doubled)
    assert kernel(np.array([1.5, 2.0])).tolist() == [3.0, 4.0]
    assert kernel is not doubled
