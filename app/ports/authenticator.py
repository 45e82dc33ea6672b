"""Who a request comes from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping


class Authenticator(ABC):
    """Tells users apart. Another way to log in is another subclass."""

    @abstractmethod
    async def authenticate(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
        """The caller's user id; header names are lower case."""
