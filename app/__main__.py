"""`python -m app`: the command line."""

from app.startup.libraries import sparingly


def main() -> None:
    """Run it."""
    with sparingly():
        from app.command_line import run
    run()


if __name__ == "__main__":
    main()
