"""Draws that can be made again one by one: a counter-based generator, one row of uniforms per replicate."""

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_BLOCK = 4  # Philox gives four numbers per step of its counter


def uniforms(key: bytes, first: int, count: int, width: int) -> Floats:
    """Rows `first` … `first + count − 1` of the endless table of uniforms under a key, each `width` long.

    Row r depends on key and r alone: the counter of Philox-4×64 starts at r · ⌈width/4⌉ (Salmon et al.,
    Parallel random numbers: as easy as 1, 2, 3, 2011).
    """
    steps = -(-width // _BLOCK)
    seed = int.from_bytes(hashlib.sha256(key).digest()[:16], "big")
    philox = np.random.Philox(key=seed)
    philox.advance(first * steps)
    return np.random.Generator(philox).random((count, steps * _BLOCK))[:, :width]
