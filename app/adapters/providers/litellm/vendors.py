"""Vendors behind LiteLLM: address, key and variable of each, by the prefix of the model."""

from typing import Final

import msgspec


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor behind LiteLLM.

    `key_setting` names the field of `LitellmSettings` that holds its own key. A `translated` vendor does not use the
    chat-completions wire, so LiteLLM translates.
    """

    key_setting: str = ""
    key_variable: str = "LITELLM_API_KEY"
    keys_at: str = ""
    base_url: str = ""
    translated: bool = False


VENDORS: Final = {
    "gemini": Vendor(
        key_setting="gemini_api_key",
        key_variable="GEMINI_API_KEY",
        keys_at="https://aistudio.google.com/apikey",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        translated=True,
    ),
    "anthropic": Vendor(
        key_setting="anthropic_api_key",
        key_variable="ANTHROPIC_API_KEY",
        keys_at="https://console.anthropic.com/settings/keys",
        base_url="https://api.anthropic.com",
        translated=True,
    ),
    "openrouter": Vendor(
        key_setting="openrouter_api_key",
        key_variable="OPENROUTER_API_KEY",
        keys_at="https://openrouter.ai/settings/keys",
        base_url="https://openrouter.ai/api/v1",
    ),
    "openai": Vendor(
        key_setting="openai_api_key",
        key_variable="OPENAI_API_KEY",
        keys_at="https://platform.openai.com/api-keys",
        base_url="https://api.openai.com/v1",
    ),
    # Every Azure resource has an address of its own, in AZURE_API_BASE.
    "azure": Vendor(
        key_setting="azure_api_key",
        key_variable="AZURE_API_KEY",
        keys_at="https://portal.azure.com (your Azure OpenAI resource, Keys and Endpoint)",
    ),
    "mistral": Vendor(
        key_setting="mistral_api_key",
        key_variable="MISTRAL_API_KEY",
        keys_at="https://console.mistral.ai/api-keys",
        base_url="https://api.mistral.ai/v1",
    ),
    "groq": Vendor(
        key_setting="groq_api_key",
        key_variable="GROQ_API_KEY",
        keys_at="https://console.groq.com/keys",
        base_url="https://api.groq.com/openai/v1",
    ),
    "deepseek": Vendor(
        key_setting="deepseek_api_key",
        key_variable="DEEPSEEK_API_KEY",
        keys_at="https://platform.deepseek.com/api_keys",
        base_url="https://api.deepseek.com/v1",
    ),
    "xai": Vendor(
        key_setting="xai_api_key",
        key_variable="XAI_API_KEY",
        keys_at="https://console.x.ai",
        base_url="https://api.x.ai/v1",
    ),
}

# LiteLLM supports many more vendors; for these the operator must give the address, so that no other is contacted.
UNKNOWN: Final = Vendor()
