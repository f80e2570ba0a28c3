"""The settings of a vault: name, plan, conversion and deletion."""
