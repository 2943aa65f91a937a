"""The refusal of a whole file."""

from __future__ import annotations


class UnreadableFile(Exception):
    """The file as a whole cannot be read; nothing of it is taken.

    `code` is stable for programs, `message` is one sentence for the person who sent the file, and `line` is where
    reading stopped (1 when the file as a whole is at fault). `path` is the file inside a package.
    """

    def __init__(self, code: str, message: str, line: int = 1, path: str = "") -> None:
        super().__init__(f"{path or 'line'} {line}: {message}")
        self.code = code
        self.message = message
        self.line = line
        self.path = path
