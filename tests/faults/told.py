"""Run a command and leave its exit code in a file: `told.py FILE COMMAND...`.

The file appears whole, so that whoever sees it may read it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(file: Path, command: list[str]) -> None:
    """Run, then tell."""
    code = subprocess.run(command, check=False).returncode
    whole = file.with_suffix(".whole")
    whole.write_text(str(code))
    whole.rename(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
