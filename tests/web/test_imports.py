"""The page's libraries cost nothing where no page is served."""

import subprocess
import sys


def test_no_other_command_loads_the_pages_libraries() -> None:
    program = (
        "import sys, organiser.cli.main, organiser.cli.commands.search.web, organiser.workers.commands, organiser.bootstrap;"
        "print([name for name in ('starlette', 'uvicorn', 'jinja2', 'anyio') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
