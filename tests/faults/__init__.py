"""Faults: killed processes, full disks, broken databases, hostile clients and wrong clocks."""
