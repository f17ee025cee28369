"""Front door: one file per command; parse, call, render, exit code."""
