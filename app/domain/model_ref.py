"""Model reference: a model's name across providers, such as `gemini/gemini-2.5-flash`."""

from collections.abc import Iterator
from typing import Self

import msgspec


class ModelRef(msgspec.Struct, frozen=True):
    """Model reference: the provider's name, and the provider's own name for the model."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `provider/model`; the model's own name may hold further slashes. Raises `ValueError`."""
        provider, _, model = text.strip().partition("/")
        if not (provider and model) or any(character.isspace() for character in provider + model):
            raise ValueError(f"expected provider/model, such as gemini/gemini-2.5-flash, got {text.strip()!r}")
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class ModelRefs:
    """Model references in the given order, without duplicates."""

    __slots__ = ("_refs",)

    def __init__(self, *refs: ModelRef) -> None:
        self._refs = tuple(dict.fromkeys(refs))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `provider/model,provider/model`. Raises `ValueError`."""
        return cls(*(ModelRef.parse(part) for part in text.split(",") if part.strip()))

    def __iter__(self) -> Iterator[ModelRef]:
        return iter(self._refs)

    def __len__(self) -> int:
        return len(self._refs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelRefs) and other._refs == self._refs

    def __hash__(self) -> int:
        return hash(self._refs)

    def __str__(self) -> str:
        return ",".join(map(str, self._refs))

    def __repr__(self) -> str:
        return f"ModelRefs({str(self)!r})"
