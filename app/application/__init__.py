"""Use cases, a folder for each subject; they reach databases, models and files through ports alone."""
