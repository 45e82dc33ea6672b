"""What a front end shows before anything was said."""

from collections.abc import Sequence

import msgspec

from app.domain.language import _


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A button that says something for the user: `prompt` is sent when `label` is clicked.

    `icon` is one of ChatKit's names: https://openai.github.io/chatkit-js/api/openai/chatkit/type-aliases/widgeticon
    """

    label: str
    prompt: str
    icon: str = "sparkle"


class StartScreen(msgspec.Struct, frozen=True, kw_only=True):
    """ChatKit's `startScreen` option, as it is given to its front end."""

    greeting: str = ""
    prompts: Sequence[Prompt] = ()

    def translated(self) -> "StartScreen":
        """The same in the caller's language, as far as the catalogs have it."""
        prompts = [Prompt(label=_(one.label), prompt=_(one.prompt), icon=one.icon) for one in self.prompts]
        return StartScreen(greeting=_(self.greeting) if self.greeting else "", prompts=prompts)
