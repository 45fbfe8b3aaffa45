"""The studio's modules are typed: their JSDoc holds, by TypeScript's own checker."""

import shutil
import subprocess
from pathlib import Path

from tests.parts.servers.machine import without

NODE = Path(__file__).parents[3] / "node"
TSC = NODE / "node_modules" / "typescript" / "bin" / "tsc"


def test_the_modules_are_what_their_types_say() -> None:
    node = shutil.which("node")
    if node is None or not TSC.is_file():
        without("TypeScript is not installed; try: npm ci --prefix tests/node")
    done = subprocess.run(
        [node, str(TSC), "-p", str(NODE / "tsconfig.json")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == ""
    assert done.returncode == 0
