"""Which of a batch's operations is carried out when: Alembic puts them off to the end of the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from alembic.operations import BatchOperations

Asked = TypeVar("Asked")


class BatchCalls(list[Any], Generic[Asked]):
    """The list of a batch's calls, in the place of Alembic's own.

    Args:
        asked: told when a call is put off; says what asks for it, None for nothing that is known.
        begins: told, when the batch is carried out, for what the next statements are sent; None after the last call.
    """

    def __init__(self, asked: Callable[[], Asked | None], begins: Callable[[Asked | None], None]) -> None:
        super().__init__()
        self._asked = asked
        self._begins = begins
        self._for: list[Asked | None] = []
        self._looked_at = False

    def append(self, call: Any) -> None:
        """Put a call off."""
        super().append(call)
        self._for.append(self._asked())

    def __iter__(self) -> Iterator[Any]:
        """Carry the calls out, one after the other."""
        if self._looked_at:
            yield from super().__iter__()
            return
        for call, asked in zip(super().__iter__(), self._for, strict=True):
            self._begins(asked)
            yield call
        self._begins(None)

    def stand_in(self, batch: BatchOperations) -> None:
        """Take the calls of this batch from now on."""
        decide = batch.impl._should_recreate

        def should_recreate() -> bool:
            # SQLite's answer hangs on the calls: it goes through them before they are carried out.
            self._looked_at = True
            try:
                return decide()
            finally:
                self._looked_at = False

        batch.impl._should_recreate = should_recreate  # type: ignore[method-assign]  # an attribute of the instance
        batch.impl.batch = self
