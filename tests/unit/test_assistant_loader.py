"""The loader of assistants: modules and files, and one sentence for each way in which they fail to load."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from agents import Agent

from app.adapters.agents_sdk.assistant import Assistant
from app.adapters.agents_sdk.loading.forms import Brought
from app.adapters.agents_sdk.loading.loader import load_assistant
from app.adapters.brought.forms import FORMS
from app.domain.errors import AssistantError

SECRET = "sk-proj-0123456789abcdef0123"
AGENT = "from agents import Agent\nagent = Agent(name='{name}')\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory; what a test imports is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    path, modules = [*sys.path], {*sys.modules}
    yield tmp_path
    sys.path[:] = path
    for name in {*sys.modules} - modules:
        del sys.modules[name]


def write(name: str, text: str) -> str:
    """The path of a file below the working directory, with the folders that it needs."""
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return name


def agent_of(target: str) -> str:
    """The name of the agent that a target leads to."""
    assistant = load_assistant(target)
    assert isinstance(assistant.agent, Agent)
    return assistant.agent.name


def sentence(target: str) -> str:
    """The only sentence about a target that cannot be loaded."""
    with pytest.raises(AssistantError) as raised:
        load_assistant(target)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None, "a traceback would show the cause"
    [problem] = raised.value.problems
    assert f"ASSISTANT={target}" in raised.value.message
    return problem


@pytest.mark.parametrize("name", ["bot.py", "./bot.py", "deep/er/bot.py", "my bots/my-bot.v2.py", "été.py"])
def test_a_file_is_named_by_its_path(name: str) -> None:
    write(name, AGENT.format(name="Filed"))
    assert agent_of(f"{name}:agent") == "Filed"
    assert agent_of(f"{Path(name).resolve()}:agent") == "Filed"


def test_a_module_is_named_by_its_name(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    write("pack/__init__.py", "")
    write("pack/bot.py", AGENT.format(name="Packed"))
    monkeypatch.syspath_prepend(str(folder))
    assert agent_of("pack.bot:agent") == "Packed"


def test_an_assistant_stays_as_it_is() -> None:
    text = "from app.adapters.agents_sdk.assistant import Assistant\nbot = Assistant(name='a', instructions='b')\n"
    assert load_assistant(f"{write('kept.py', text)}:bot") == Assistant(name="a", instructions="b")
    assert load_assistant("tasks").name == "Task assistant"


def test_a_file_imports_what_is_beside_it() -> None:
    write("team/greeting_of_team.py", "NAME = 'Beside'\n")
    write("team/bot.py", "from agents import Agent\nfrom greeting_of_team import NAME\nagent = Agent(name=NAME)\n")
    assert agent_of("team/bot.py:agent") == "Beside"


def test_a_file_of_a_package_imports_by_relative_names() -> None:
    write("crew/__init__.py", "")
    write("crew/inner/__init__.py", "")
    write("crew/names.py", "NAME = 'Within'\n")
    write("crew/inner/bot.py", "from agents import Agent\nfrom ..names import NAME\nagent = Agent(name=NAME)\n")
    assert agent_of("crew/inner/bot.py:agent") == "Within"
    write("band/__init__.py", "from .bot import agent\n")
    write("band/bot.py", AGENT.format(name="Whole"))
    assert agent_of("band/__init__.py:agent") == "Whole"


def test_one_file_is_one_module_whatever_names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("once_loaded.py", AGENT.format(name="Once") + "other = Agent(name='Other')\n")
    write("beside_once.py", "from once_loaded import agent\n")
    Path("linked.py").symlink_to("once_loaded.py")
    monkeypatch.syspath_prepend(str(folder))
    names = ("once_loaded.py", "./once_loaded.py", str(folder / "once_loaded.py"), "linked.py", "beside_once.py")
    found = [load_assistant(f"{name}:agent").agent for name in (*names, "once_loaded")]
    assert all(one is found[0] for one in found)


@pytest.mark.parametrize("name", ["app", "agents", "json", "time", "asyncio"])
def test_a_file_may_have_the_name_of_a_module_that_runs(name: str) -> None:
    """Its relative names, and those beside it, lead to itself; the module stays what it is."""
    before = sys.modules[name]
    write(f"{name}.py", AGENT.format(name="Namesake"))
    assert agent_of(f"{name}.py:agent") == "Namesake"
    assert load_assistant(f"{name}.py:agent").agent is load_assistant(f"./{name}.py:agent").agent
    write(f"own/{name}/__init__.py", "")
    write(f"own/{name}/names.py", "NAME = 'Packed'\n")
    write(f"own/{name}/bot.py", "from agents import Agent\nfrom .names import NAME\nagent = Agent(name=NAME)\n")
    assert agent_of(f"own/{name}/bot.py:agent") == "Packed"
    assert sys.modules[name] is before


CLASHES = {
    "import app.tools_of_mine": "app.tools_of_mine",
    "from app.tools_of_mine import roll": "app.tools_of_mine",
    "from app import tools_of_mine": "app.tools_of_mine",
    "import app\napp.tools_of_mine": "app.tools_of_mine",
    "from app.settings import MINE": "app.settings.MINE",
    "import app.settings\napp.settings.MINE": "app.settings.MINE",
}


@pytest.mark.parametrize("line", CLASHES)
def test_a_package_called_app_is_explained(line: str, folder: Path) -> None:
    write("app/__init__.py", "")
    write("app/tools_of_mine.py", "roll = 1\n")
    write("app/bot.py", line)
    text = sentence("app/bot.py:agent")
    assert f"app/bot.py, line {line.count(chr(10)) + 1}" in text
    assert f"{folder}/app has the name of Anyport's own package" in text
    assert CLASHES[line] in text
    assert "Rename your package" in text


@pytest.mark.parametrize("target", ["app:agent", "app.bot:agent", "app.deep.bot:agent", "app.settings:agent"])
def test_a_module_below_app_is_explained_too(target: str, folder: Path) -> None:
    write("app/__init__.py", "")
    write("app/bot.py", AGENT.format(name="Mine"))
    text = sentence(target)
    assert f"{folder}/app has the name of Anyport's own package" in text
    assert "ASSISTANT=path/to/file.py:name" in text


FAILURES = {
    "x = 1\ndef f(:\n": ("line 2", "no valid Python"),
    "\0": ("no valid Python",),
    "import sys\n\nsys.exit(3)\n": ("line 3", "ends the program"),
    "raise SystemExit\n": ("line 1", "ends the program"),
    "class Stop(BaseException): ...\nraise Stop('now')\n": ("line 2", "Stop: now"),
    "class Mute(Exception):\n    __str__ = None\nraise Mute\n": ("line 3", "Mute"),
    "import no_such_module_at_all\n": ("line 1", "there is no module no_such_module_at_all", "Install it"),
    "import json\njson.loads('{')\n": ("line 2", "JSONDecodeError"),
    "from agents import Agent\nAgent(name='x', tools=1)\n": ("line 2", "Agent tools must be a list"),
    "from agents import Agnet\n": ("line 1", "Agnet"),
    f"x = 0\nraise ValueError('{SECRET} of https://me:pass@host is bad')\n": (
        "line 2",
        "ValueError",
        "***@host",
    ),
    "import os\nraise ValueError(os.environ['LOADER_TEST_PASSWORD'])\n": ("line 2", "ValueError: ***"),
    f"import os\nos.environ['{SECRET}']\n": ("line 2", "KeyError"),
}


@pytest.mark.parametrize("text", FAILURES, ids=repr)
def test_a_file_that_fails_is_named_with_its_line(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADER_TEST_PASSWORD", "hunter22")
    found = sentence(f"{write('fails.py', text)}:agent")
    assert "fails.py" in found
    assert all(part in found for part in FAILURES[text])
    assert SECRET not in found
    assert "hunter22" not in found


def test_the_line_of_a_failure_is_the_user_s_own() -> None:
    write("helper_that_fails.py", "def open_all():\n    return {}['door']\n")
    write("caller.py", "import helper_that_fails\nhelper_that_fails.open_all()\n")
    assert "helper_that_fails.py, line 2" in sentence("caller.py:agent")


NO_ASSISTANTS = {
    "from agents import Agent as bot": "the class Agent",
    "from app.adapters.agents_sdk.assistant import Assistant as bot": "the class Assistant",
    "def bot(): ...": "the function bot",
    "async def bot(): ...": "the async function bot",
    "async def make(): ...\nbot = make()\nbot.close()": "Nothing awaits it",
    "import json as bot": "the module json",
    "bot = 'x'": "a text",
    "bot = None": "None",
    "bot = {'name': 'x'}": "a dict",
}


@pytest.mark.parametrize("text", NO_ASSISTANTS)
def test_a_name_of_something_else_is_refused(text: str) -> None:
    found = sentence(f"{write('other.py', text)}:bot")
    assert NO_ASSISTANTS[text] in found
    assert "expected an Assistant or an Agent" in found


def test_a_near_miss_is_named() -> None:
    write("helpful.py", AGENT.format(name="Near") + "support = Agent(name='S')\n")
    assert "ASSISTANT=helpful.py:" in sentence("helpful:agent")
    assert "Did you mean helpful?" in sentence("helpfull:agent")
    assert "Did you mean support?" in sentence("helpful.py:suport")
    assert "It has agent, support." in sentence("helpful.py:xyz")
    assert "Did you mean helpful.py?" in sentence("helpfull.py:agent")
    write("empty.py", "")
    assert "neither an Agent nor an Assistant" in sentence("empty.py:agent")


@pytest.mark.parametrize("target", ["nowhere/bot.py:agent", ".py:agent", "folder.py:agent"])
def test_a_path_that_leads_nowhere_is_named(target: str, folder: Path) -> None:
    Path("folder.py").mkdir()
    assert f"there is no file {target.partition(':')[0]}" in sentence(target)
    assert str(folder) in sentence(target)


RESPONDS = {
    "async def bot(thread, item, context):\n    yield": True,
    "async def bot(thread, item, context): ...": True,
    "async def bot(thread, item, context=None, *more): ...": True,
    "def bot(thread, item, context): ...": True,
    "class Bot:\n    async def __call__(self, thread, item, context): ...\nbot = Bot()": True,
    "from functools import partial\nasync def f(one, *rest): ...\nbot = partial(f, 1)": True,
    "def bot(thread, item, context):\n    yield": False,
    "async def bot(thread, item): ...": False,
    "async def bot(thread, *, item, context): ...": False,
    "class bot:\n    def __init__(self, thread, item, context): ...": False,
    "bot = print": False,
}


@pytest.mark.parametrize("text", RESPONDS)
def test_a_function_of_three_arguments_is_a_respond(text: str) -> None:
    target = f"{write('responding.py', text)}:bot"
    if RESPONDS[text]:
        loaded = load_assistant(target, FORMS)
        assert isinstance(loaded, Brought)
        assert "respond" in loaded.form.words
        return
    with pytest.raises(AssistantError, match=r"or async def respond\(thread, item, context\)"):
        load_assistant(target, FORMS)
