"""The configuration of a run: its parts, the checks that hold them together, and composing it from YAML files."""
