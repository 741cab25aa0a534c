"""What the clients of all forges are alike in."""

from types import TracebackType
from typing import Self

from gemaudit.adapters.forges.forge import Budget
from gemaudit.adapters.forges.transport import Transport


class Client:
    """A forge behind a transport, for as long as the context lasts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._transport.requests

    @property
    def budget(self) -> Budget | None:
        """What is left of the scarcest of the forge's limits, as of the last answers that told."""
        return self._transport.budget

    async def __aenter__(self) -> Self:
        """Raise Fault where the trusted certificates cannot be read."""
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)
