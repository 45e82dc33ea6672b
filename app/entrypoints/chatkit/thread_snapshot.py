"""Thread snapshot: detects the changes that an assistant makes to its thread in place, such as a title."""

import copy
from typing import Any

from chatkit.types import ThreadMetadata

from app.ports.thread_store import ThreadChange


class ThreadSnapshot:
    """The state of a thread when it was last written."""

    def __init__(self, thread: ThreadMetadata) -> None:
        self.thread = thread
        self._state = self._present()

    def take_change(self) -> ThreadChange:
        """Return the change since the last snapshot, and take a new one.

        The change sets only the fields, and the keys of `metadata`, that the assistant has set: others may have been
        written by another request meanwhile, such as a title by a rename.
        """
        before, now = self._state, self._present()
        self._state = now
        fields = {name: value for name, value in now.items() if value != before[name]}
        keys, known = fields.pop("metadata", {}), before["metadata"]
        removed = known.keys() - now["metadata"].keys()
        written = {key: value for key, value in keys.items() if key not in known or known[key] != value}

        def change(stored: ThreadMetadata) -> ThreadMetadata:
            others = {key: value for key, value in stored.metadata.items() if key not in removed}
            return stored.model_copy(update={**fields, "metadata": {**others, **written}})

        return change

    def _present(self) -> dict[str, Any]:
        thread = self.thread
        state = {**vars(thread), "status": copy.copy(thread.status), "metadata": copy.deepcopy(thread.metadata)}
        if thread.allowed_image_domains is not None:
            state["allowed_image_domains"] = [*thread.allowed_image_domains]
        return state

    @property
    def changed(self) -> bool:
        """True when the thread differs from the snapshot. Cheap enough for each event: compares two dictionaries."""
        return vars(self.thread) != self._state
