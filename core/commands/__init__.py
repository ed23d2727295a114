"""The command line's parts, which `command_line` joins."""

__all__ = ["command_line", "networks", "serve", "session"]
