"""The command line: thiocell new | run | check | read | analyse | simulate | export | list."""

from __future__ import annotations

import os
import sys

import click

from thiocell import __version__
from thiocell.cli import _bench, _study
from thiocell.cli._shared import BAD_INPUT, BROKE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thiocell")
def cli() -> None:
    """From recipe to properties to records and back, for all-solid-state lithium-sulfur cathodes."""


for _command in (
    _study.run,
    _study.check,
    _study.new,
    _study.list_,
    _bench.read,
    _bench.analyse,
    _bench.simulate,
    _bench.export,
):
    cli.add_command(_command)


def main() -> None:
    """The entry point: bad input is one sentence and code 2, a fault of ours is one sentence and code 3."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.ClickException as error:
        error.show()
        code = BAD_INPUT
    except (KeyboardInterrupt, click.exceptions.Abort):
        code = _say("stopped", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        code = _failure(error)
    sys.exit(code if isinstance(code, int) else 0)


def _failure(error: Exception) -> int:
    """Say what went wrong; the core is loaded only now, so that help and version come at once."""
    from thiocell.core.bad_input import BadInput

    if isinstance(error, BadInput):
        return _say(str(error), BAD_INPUT)
    if isinstance(error, OSError) and error.filename and not os.environ.get("THIOCELL_TRACEBACK"):
        return _say(f"{error.filename}: {error.strerror}; name a place that can be read and written", BAD_INPUT)
    if os.environ.get("THIOCELL_TRACEBACK"):
        raise error
    return _say(f"thiocell broke: {type(error).__name__}: {error}; THIOCELL_TRACEBACK=1 shows where", BROKE)


def _say(sentence: str, code: int) -> int:
    click.echo(f"error: {' '.join(sentence.split())}", err=True)
    return code
