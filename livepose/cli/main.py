"""The program `livepose`: its commands, error messages and exit codes."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence

import typer
from click import ClickException, NoSuchOption, UsageError

from livepose.cli.execute import FAILURE, interrupted_code
from livepose.cli.program import Program
from livepose.cli.terminal import print_note, report_unfinished, show_log
from livepose.cli.watch import watch_command
from livepose.core.errors import LivePoseError, ModelNotFound, OptionError, ReaderLeft
from livepose.pipeline.exit_watch import exit_after_two_signals
from livepose.session.option_fields import option_fields
from livepose.session.options import ModelOptions, PeopleOptions
from livepose.system.interrupts import Interrupts

USAGE_ERROR = 2
_CTRL_C = 130
_SAVED_POSES = ("render", "edit")
"""The commands that take the poses that an earlier run has found."""
_EXTRA_WORDS = re.compile(r"^Got unexpected extra arguments? \((.*)\)$", re.DOTALL)


app = typer.Typer(
    cls=Program,
    subcommand_metavar="SOURCE... | COMMAND [ARGS]...",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback(invoke_without_command=True)(watch_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code.

    0: done; 1: the run failed; 2: an option is wrong; 130: interrupted by Ctrl-C, 143: by SIGTERM,
    129: by the closing of its terminal. An error is one sentence on stderr; if LIVEPOSE_DEBUG=1, it
    is a traceback.
    """
    command = typer.main.get_command(app)
    given = list(sys.argv[1:] if arguments is None else arguments)
    show_log()
    interrupts = Interrupts()
    try:
        with exit_after_two_signals(report_unfinished), interrupts.handled():
            code = int(command.main(given or ["--help"], "livepose", standalone_mode=False) or 0)
            # Typer returns this code for a KeyboardInterrupt, whichever signal it was.
            if code == _CTRL_C and interrupts.received is not None:
                raise KeyboardInterrupt
            return code
    except KeyboardInterrupt:
        return interrupted_code(interrupts)
    except (ClickException, OptionError) as error:
        return _fail(error, USAGE_ERROR)
    except ReaderLeft:
        return 0
    except LivePoseError as error:
        return _fail(error, FAILURE)
    except Exception as error:
        if not _is_debugging():
            message = " ".join(str(error).split())  # one line
            print_note(f"livepose: unexpected {type(error).__name__}: {message}", "red")
            print_note("please report this; LIVEPOSE_DEBUG=1 shows where it happened")
        else:
            _print_traceback(error)
        return FAILURE


def _fail(error: Exception, code: int) -> int:
    if _is_debugging():
        _print_traceback(error)
        return code
    text = error.format_message() if isinstance(error, ClickException) else str(error)
    if isinstance(error, NoSuchOption):
        text = _decided_before(error) or text
    # Not "unexpected", which is our word for our own mistakes.
    text = _EXTRA_WORDS.sub(r"too many words: \1", text)
    if not text:  # Typer has shown the help instead
        return code
    hint = ""
    if isinstance(error, ClickException):
        context = error.ctx if isinstance(error, UsageError) else None
        command = "livepose" if context is None else context.command_path
        hint = f"  ({command} --help lists the options)"
    # Any other line break is part of a name, and is shown as an escape.
    first, *others = text.splitlines() if isinstance(error, ModelNotFound) else [text]
    print_note(f"livepose: {first}{hint}", "red")
    for line in others:
        print_note(line, "red")
    return code


def _decided_before(error: NoSuchOption) -> str:
    """Return why an option that finds people is not for a command; empty for other options."""
    flags = {
        field.flag for group in (ModelOptions, PeopleOptions) for field in option_fields(group)
    }
    given = error.option_name.replace("--no-", "--", 1)
    command = "" if error.ctx is None else str(error.ctx.info_name)
    if command not in _SAVED_POSES or given not in flags:
        return ""
    return (
        f"{error.option_name} is not for livepose {command}, which takes people as they were saved"
    )


def _print_traceback(error: Exception) -> None:
    """Print where an error happened, without secrets: those of other libraries may hold some."""
    for line in "".join(traceback.format_exception(error)).splitlines():
        print_note(line)


def _is_debugging() -> bool:
    return os.environ.get("LIVEPOSE_DEBUG") == "1"
