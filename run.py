"""Set thiocell up in .venv beside this file, then do what is asked: run a study, or the tests."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "set-up.sha256"
OLDEST = (3, 11)
CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
    ("pytest", "-n", "2"),
)
USAGE = """usage: python3 run.py test [PYTEST OPTIONS]   check style, types, import rules, then run the tests
       python3 run.py STUDY                   run a bundled study (pan2023, tour) or a folder that holds study.toml
       python3 run.py COMMAND ...             any other thiocell command, such as simulate, list, new, read, analyse"""
COMMANDS = {"new", "run", "check", "read", "analyse", "simulate", "export", "list", "--help", "--version"}


def wanted() -> str:
    """A hash of what the environment is made from: it is made again when this changes."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {VENV}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def set_up() -> None:
    """Make .venv and install thiocell with the tested versions into it; nothing is done if that stands already."""
    if STAMP.is_file() and STAMP.read_text("utf-8") == wanted():
        return
    print("Setting up .venv (about a minute, once) ...", file=sys.stderr, flush=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    venv.create(VENV, with_pip=True)
    python = str(BIN / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "-c", str(HERE / "constraints.txt"), "-e", f"{HERE}[test]"], check=True)
    STAMP.write_text(wanted(), "utf-8")


def test(options: list[str]) -> int:
    """Run every check in turn, the tests last; the first that fails ends it."""
    for program, *arguments in CHECKS:
        extra = options if program == "pytest" else []
        print(f"$ {' '.join([program, *arguments, *extra])}", flush=True)
        done = subprocess.run([str(BIN / program), *arguments, *extra], cwd=HERE, check=False)
        if done.returncode:
            return done.returncode
    return 0


def hand_over(words: list[str]) -> int:
    """Run thiocell with ``words``; a single word that is no command is a study."""
    arguments = words if words[0] in COMMANDS else ["run", *words]
    program = [str(BIN / "thiocell"), *arguments]
    if os.name == "nt":
        return subprocess.run(program, check=False).returncode
    return os.execv(program[0], program)  # noqa: S606


def main(words: list[str]) -> int:
    """Set up, then test or hand over."""
    if not words or words[0] in ("-h", "help"):
        print(USAGE)
        return 0 if words else 2
    if sys.version_info < OLDEST:
        print(
            f"thiocell needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}", file=sys.stderr
        )
        return 2
    try:
        set_up()
    except subprocess.CalledProcessError as error:
        print(f"The set-up failed (pip ended with {error.returncode}); its message stands above.", file=sys.stderr)
        return 3
    return test(words[1:]) if words[0] == "test" else hand_over(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
