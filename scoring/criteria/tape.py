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
BLOCK = 32_768

# f(a, out), f(a, b, out): numpy's ufuncs take their last positional argument as the output.
Operation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Step:
    function: Operation
    inputs: tuple[int, ...]
    dtype: str


class Tape:
    """Operations on references: sources (slices of columns), constants and results of other operations."""

    def __init__(self) -> None:
        self.steps: dict[int, _Step] = {}
        self.sources: dict[int, tuple[str, str]] = {}
        self.constants: dict[int, Array] = {}
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
        order = _needed(tape, self.outputs)
        self.place: dict[int, int] = {}
        self.loads: list[tuple[int, str, str]] = []
        self.fixed: list[tuple[int, Array]] = []
        self.copied: list[tuple[int, int]] = []  # outputs that are no result of a step of their own
        self._assign(tape, order)
        self.count = len(self.registers)

    def _assign(self, tape: Tape, order: list[int]) -> None:
        last = {ref: index for index, step in enumerate(order) for ref in tape.steps[step].inputs}
        free: dict[str, list[int]] = {}
        self.registers: list[str | None] = []  # dtype of a buffer; None for sources, constants and outputs

        def slot(dtype: str | None) -> int:
            self.registers.append(dtype)
            return len(self.registers) - 1

        for ref, array in tape.constants.items():
            self.place[ref] = slot(None)
            self.fixed.append((self.place[ref], array))
        for ref, (key, part) in tape.sources.items():
            self.place[ref] = slot(None)
            self.loads.append((self.place[ref], key, part))
        wanted = set(self.outputs)
        self.program: list[tuple[Operation, int, int, int]] = []
        for index, ref in enumerate(order):
            step = tape.steps[ref]
            ends = [other for other in dict.fromkeys(step.inputs) if last[other] == index]
            if ref in wanted:
                self.place[ref] = slot(None)
            else:
                pool = free.setdefault(step.dtype, [])
                self.place[ref] = pool.pop() if pool else slot(step.dtype)
            for other in ends:
                if other in tape.steps and other not in wanted:
                    free.setdefault(tape.steps[other].dtype, []).append(self.place[other])
            a = self.place[step.inputs[0]]
            b = self.place[step.inputs[1]] if len(step.inputs) > 1 else -1
            self.program.append((step.function, a, b, self.place[ref]))

    def run(self, columns: Mapping[str, Any], rows: int, results: Sequence[Array]) -> None:
        """Fills `results`, one array per output, from the columns."""
        arrays: list[Any] = [None] * self.count
        buffers = {
            place: np.empty(min(BLOCK, max(rows, 1)), dtype)
            for place, dtype in enumerate(self.registers)
            if dtype
        }
        for place, array in self.fixed:
            arrays[place] = array
        loads = [(place, getattr(columns[key], part)) for place, key, part in self.loads]
        targets = [(self.place[ref], array) for ref, array in zip(self.outputs, results, strict=True)]
        program = self.program
        with np.errstate(all="ignore"):
            for start in range(0, rows, BLOCK):
                stop = min(start + BLOCK, rows)
                if start == 0 or stop - start < BLOCK:
                    for place, buffer in buffers.items():
                        arrays[place] = buffer[: stop - start]
                for place, data in loads:
                    arrays[place] = data[start:stop]
                for place, array in targets:
                    arrays[place] = array[start:stop]
                for function, a, b, out in program:
                    if b < 0:
                        function(arrays[a], arrays[out])
                    else:
                        function(arrays[a], arrays[b], arrays[out])


def _needed(tape: Tape, outputs: Sequence[int]) -> list[int]:
    """The steps that some output needs, each after its inputs."""
    wanted = set(outputs)
    for ref in sorted(tape.steps, reverse=True):
        if ref in wanted:
            wanted.update(tape.steps[ref].inputs)
    return [ref for ref in sorted(tape.steps) if ref in wanted]


def maximum(a: Array, b: Array, out: Array) -> None:
    np.maximum(a, b, out=out)  # the positional form is deprecated


def minimum(a: Array, b: Array, out: Array) -> None:
    np.minimum(a, b, out=out)
