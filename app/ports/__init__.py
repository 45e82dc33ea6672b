"""The contracts between the application and the outside, one a file, each with one suite in tests/contracts."""
