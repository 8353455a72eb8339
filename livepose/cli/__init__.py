"""The words typed: commands, options, messages, exit codes."""
