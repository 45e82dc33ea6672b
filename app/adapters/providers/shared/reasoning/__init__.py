"""Reasoning settings of a request: families of models, forms of wires, and refused parameters."""

from app.adapters.providers.shared.reasoning.families import family_of, reasons
from app.adapters.providers.shared.reasoning.parameters import ParameterRefusedError, ReasoningParameters
from app.adapters.providers.shared.reasoning.refusals import RefusedParameters

__all__ = ["ParameterRefusedError", "ReasoningParameters", "RefusedParameters", "family_of", "reasons"]
