"""Nested citations: citations of a stream, in the classes that ChatKit's helpers read."""

from agents.items import TResponseStreamEvent
from openai.types.responses.response_output_text import Annotation
from pydantic import BaseModel, ValidationError

from app.chatkit_json.type_adapters import type_adapter


def with_shared_class(event: TResponseStreamEvent) -> TResponseStreamEvent | None:
    """Return the event with a citation of the class that a whole message has; None for a type that OpenAI's lacks.

    OpenAI's package has a second class of the same name for the event, on which `chatkit.agents.stream_agent_response`
    fails.
    """
    citation = getattr(event, "annotation", None)
    fields = citation.model_dump() if isinstance(citation, BaseModel) else citation
    try:
        shared = type_adapter(Annotation).validate_python(fields)
    except ValidationError:
        return None
    return event.model_copy(update={"annotation": shared})
