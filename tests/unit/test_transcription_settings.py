"""Whose key goes where when speech is written down."""

import pytest

from app.bootstrap import read_settings
from app.environment import Secret, SettingsError

OWN = {"TRANSCRIPTION_MODEL": "whisper-1"}


def test_openais_key_is_for_openais_own_address() -> None:
    settings = read_settings({**OWN, "OPENAI_API_KEY": "sk-1"})
    assert settings.transcription.api_key == Secret("sk-1")


def test_no_other_address_gets_it() -> None:
    elsewhere = {**OWN, "OPENAI_API_KEY": "sk-1", "TRANSCRIPTION_BASE_URL": "https://api.openai.com.example.org/v1"}
    assert not read_settings(elsewhere).transcription.api_key


def test_its_own_key_goes_first() -> None:
    settings = read_settings({**OWN, "OPENAI_API_KEY": "sk-1", "TRANSCRIPTION_API_KEY": "sk-2"})
    assert settings.transcription.api_key == Secret("sk-2")


def test_a_missing_key_is_found_at_the_start() -> None:
    with pytest.raises(SettingsError, match="TRANSCRIPTION_API_KEY or OPENAI_API_KEY"):
        read_settings(OWN)
