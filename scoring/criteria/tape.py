"""A straight list of array operations, run block by block so that everything in between stays in the cache.

Operations are written once in the order of their need; equal ones are shared, unused ones dropped, and each
intermediate result gets a register that is used again after its last reader.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
BUFFERS = 1 << 22  # bytes that all registers together may take
LARGEST, SMALLEST = 131_072, 16_384  # rows of a block
_HUGE = 1 << 22  # from this size on numpy asks the system for huge pages

# f(a, out) up to f(a, b, c, out): numpy's ufuncs take their last positional argument as the output.
Operation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Step:
    function: Operation
    inputs: tuple[int, ...]
    dtype: str


def arrays_of(rows: int, dtypes: Sequence[str]) -> list[Array]:
    """Uninitialised arrays in one piece of memory.

    A piece of 4 MiB is given in huge pages, where the system has them; many small pieces cost a page fault
    for every 4 KiB, which took longer than the work itself.
    """
    sizes = [-(-rows * np.dtype(dtype).itemsize // 64) * 64 for dtype in dtypes]
    total = sum(sizes)
    piece = np.empty(max(total, _HUGE) if total > _HUGE // 4 else total, np.uint8)
    found, start = [], 0
    for dtype, size in zip(dtypes, sizes, strict=True):
        found.append(piece[start : start + rows * np.dtype(dtype).itemsize].view(dtype))
        start += size
    return found


class Tape:
    """Operations on references: sources (slices of columns), constants and results of other operations."""

    def __init__(self) -> None:
        self.steps: dict[int, _Step] = {}
        self.sources: dict[int, tuple[str, str]] = {}
        self.constants: dict[int, Array] = {}
        self.views: dict[int, int] = {}
        self._known: dict[Any, int] = {}
        self._next = 0

    def _new(self) -> int:
        self._next += 1
        return self._next - 1

    def source(self, key: str, part: str = "data") -> int:
        """A column's data or mask, a fresh slice in each block."""
        known = self._known.get(("source", key, part))
        if known is None:
            known = self._known["source", key, part] = self._new()
            self.sources[known] = (key, part)
        return known

    def constant(self, value: Any, dtype: str) -> int:
        array = np.array(value, dtype=dtype)
        known = self._known.get(("constant", dtype, array.tobytes()))
        if known is None:
            known = self._known["constant", dtype, array.tobytes()] = self._new()
            self.constants[known] = array
        return known

    def bytes_of(self, mask: int) -> int:
        """A mask seen as bytes of 0 and 1."""
        known = self._known.get(("bytes", mask))
        if known is None:
            known = self._known["bytes", mask] = self._new()
            self.views[known] = mask
        return known

    def do(self, function: Operation, *inputs: int, dtype: str, key: Any = None) -> int:
        """The result of an operation; equal ones are done once. `key` tells closures apart."""
        name = (key if key is not None else function, inputs, dtype)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._new()
            self.steps[known] = _Step(function, inputs, dtype)
        return known

    def finish(self, outputs: Sequence[int]) -> "Machine":
        return Machine(self, outputs)


class Machine:
    """A finished tape with its registers assigned."""

    def __init__(self, tape: Tape, outputs: Sequence[int]) -> None:
        self.outputs = tuple(outputs)
        self.place: dict[int, int] = {}
        self.dtypes: list[str | None] = []  # of the buffers; None for sources, constants, outputs and views
        self.loads: list[tuple[int, str, str]] = []
        self.fixed: list[tuple[int, Array]] = []
        self.views: list[tuple[int, int]] = []  # register that shows another one as bytes
        self.program: list[tuple[Operation, int, int, int, int]] = []
        self._assign(tape, _needed(tape, self.outputs))
        self.block = self._block()

    def _block(self) -> int:
        """Rows a block: many for a short program, whose calls would cost more than its work."""
        width = sum(np.dtype(dtype).itemsize for dtype in self.dtypes if dtype) or 1
        rows = LARGEST
        while rows > SMALLEST and rows * width > BUFFERS:
            rows //= 2
        return rows

    def _slot(self, dtype: str | None) -> int:
        self.dtypes.append(dtype)
        return len(self.dtypes) - 1

    def _assign(self, tape: Tape, order: list[int]) -> None:
        steps = {ref: tape.steps[ref] for ref in order}
        behind = {ref: tuple(tape.views.get(i, i) for i in step.inputs) for ref, step in steps.items()}
        last = {used: index for index, ref in enumerate(order) for used in behind[ref]}
        for ref, array in tape.constants.items():
            self.place[ref] = self._slot(None)
            self.fixed.append((self.place[ref], array))
        for ref, (key, part) in tape.sources.items():
            self.place[ref] = self._slot(None)
            self.loads.append((self.place[ref], key, part))
        free: dict[str, list[int]] = {}
        seen: dict[int, int] = {}  # a register and the one that shows it as bytes
        wanted = set(self.outputs)

        def placed(ref: int) -> int:
            if ref not in tape.views:
                return self.place[ref]
            shown = self.place[tape.views[ref]]
            if shown not in seen:
                seen[shown] = self._slot(None)
                self.views.append((seen[shown], shown))
            return seen[shown]

        for index, ref in enumerate(order):
            step = steps[ref]
            if ref in wanted:
                self.place[ref] = self._slot(None)
            else:
                pool = free.setdefault(step.dtype, [])
                self.place[ref] = pool.pop() if pool else self._slot(step.dtype)
            for used in dict.fromkeys(behind[ref]):
                if last[used] == index and used in steps and used not in wanted:
                    free.setdefault(steps[used].dtype, []).append(self.place[used])
            a, b, c = (*(placed(used) for used in step.inputs), -1, -1)[:3]
            self.program.append((step.function, a, b, c, self.place[ref]))

    def run(self, columns: Mapping[str, Any], rows: int, results: Sequence[Array]) -> None:
        """Fills `results`, one array per output, from the columns."""
        block = self.block
        size = min(block, max(rows, 1))
        own = [(place, dtype) for place, dtype in enumerate(self.dtypes) if dtype]
        made = arrays_of(size, [dtype for _, dtype in own])
        buffers = [(place, buffer) for (place, _), buffer in zip(own, made, strict=True)]
        arrays: list[Any] = [None] * len(self.dtypes)
        for place, array in self.fixed:
            arrays[place] = array
        loads = [(place, getattr(columns[key], part)) for place, key, part in self.loads]
        targets = [(self.place[ref], array) for ref, array in zip(self.outputs, results, strict=True)]
        program = self.program
        fresh = {place for place, _ in targets} | {place for place, _, _ in self.loads}
        moving = [(view, shown) for view, shown in self.views if shown in fresh]
        with np.errstate(all="ignore"):
            for start in range(0, rows, block):
                stop = min(start + block, rows)
                if start == 0 or stop - start < size:
                    for place, buffer in buffers:
                        arrays[place] = buffer[: stop - start]
                for place, data in loads:
                    arrays[place] = data[start:stop]
                for place, array in targets:
                    arrays[place] = array[start:stop]
                for view, shown in self.views if start == 0 or stop - start < size else moving:
                    arrays[view] = arrays[shown].view(np.uint8)
                for function, a, b, c, out in program:
                    if b < 0:
                        function(arrays[a], arrays[out])
                    elif c < 0:
                        function(arrays[a], arrays[b], arrays[out])
                    else:
                        function(arrays[a], arrays[b], arrays[c], arrays[out])


def _needed(tape: Tape, outputs: Sequence[int]) -> list[int]:
    """The steps that some output needs, each after its inputs."""
    wanted = set(outputs)
    for ref in sorted(tape.steps, reverse=True):
        if ref in wanted:
            wanted.update(tape.views.get(used, used) for used in tape.steps[ref].inputs)
    return [ref for ref in sorted(tape.steps) if ref in wanted]


def maximum(a: Array, b: Array, out: Array) -> None:
    np.maximum(a, b, out=out)  # the positional form is deprecated


def minimum(a: Array, b: Array, out: Array) -> None:
    np.minimum(a, b, out=out)
