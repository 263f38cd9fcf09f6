"""Judging: values in, values out. No I/O, no clock, no name of an operating system."""
