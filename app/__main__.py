"""`python -m app`: the command line."""

from app.patches.lean_imports import lean_imports


def main() -> None:
    """Run it."""
    with lean_imports(env_file=".env"):
        from app.command_line import run
    run()


if __name__ == "__main__":
    main()
