"""Model reference: a model's name across providers, such as `gemini/gemini-2.5-flash`."""

from collections.abc import Iterator, Mapping
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


class ModelAliases:
    """Names that agents use, each with the model that answers in its place."""

    __slots__ = ("_models",)

    def __init__(self, models: Mapping[str, ModelRef] | None = None) -> None:
        self._models = dict(models or {})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name=provider/model,name=provider/model`. Raises `ValueError`."""
        models: dict[str, ModelRef] = {}
        for part in filter(str.strip, text.split(",")):
            name, _, target = (one.strip() for one in part.partition("="))
            if not name or any(character.isspace() for character in name):
                raise ValueError(
                    f"expected name=provider/model, such as gpt-4.1=openai/gpt-4o-mini, got {part.strip()!r}"
                )
            if name in models:
                raise ValueError(f"{name!r} is mapped twice")
            models[name] = ModelRef.parse(target)
        return cls(models)

    @property
    def models(self) -> Mapping[str, ModelRef]:
        """The models, by the name that stands for each."""
        return self._models

    def __len__(self) -> int:
        return len(self._models)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelAliases) and other._models == self._models

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return ",".join(f"{name}={ref}" for name, ref in self._models.items())

    def __repr__(self) -> str:
        return f"ModelAliases({str(self)!r})"
