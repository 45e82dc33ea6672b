"""Start screen of the front end, before the first message."""

from collections.abc import Sequence

import msgspec

from app.domain.language import _


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """Start prompt: a button with `label` that sends `prompt` as the user's message.

    `icon` is one of ChatKit's names: https://openai.github.io/chatkit-js/api/openai/chatkit/type-aliases/widgeticon
    """

    label: str
    prompt: str
    icon: str = "sparkle"


class StartScreen(msgspec.Struct, frozen=True, kw_only=True):
    """ChatKit's `startScreen` option of the front end."""

    greeting: str = ""
    prompts: Sequence[Prompt] = ()

    def translated(self) -> "StartScreen":
        """Return the start screen in the caller's language, as far as translations exist."""
        prompts = [Prompt(label=_(one.label), prompt=_(one.prompt), icon=one.icon) for one in self.prompts]
        return StartScreen(greeting=_(self.greeting) if self.greeting else "", prompts=prompts)
