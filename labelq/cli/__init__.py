"""Front door: one file per command; parse, call, render, exit code.

Exit codes: 0 done; 1 audited and below a gate; 2 bad usage or input (one line on stderr);
3 internal error (one line, and where the details were written); 130 interrupted, 143 terminated.
Modules here import only what ``--help`` needs; a command imports the rest when it runs.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from typing import NoReturn

import click

from labelq import __version__
from labelq.cli.adjudicate import adjudicate_command
from labelq.cli.agreement import agreement_command
from labelq.cli.apply import apply_command
from labelq.cli.audit import audit_command
from labelq.cli.consensus import consensus_command
from labelq.cli.decide import decide_command
from labelq.cli.demo import demo_command
from labelq.cli.doctor import doctor_command
from labelq.cli.explain import explain_command
from labelq.cli.guideline import guideline_group
from labelq.cli.plan import plan_command
from labelq.cli.pull import pull_command
from labelq.cli.queue import queue_group
from labelq.cli.report import report_command
from labelq.cli.review import review_group
from labelq.errors import LabelqError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="labelq")
def labelq() -> None:
    """Label quality and annotator agreement for Label Studio.

    After a labeling round: can I trust it, what is wrong, what do we do?

    \b
    Examples:
      labelq demo                          see an audit of a sample round
      labelq audit export.json             audit a Label Studio JSON export
      labelq audit ratings.csv --columns unit=task_id,rater=worker,value=label
      labelq agreement export.json         only the coefficients
      labelq consensus export.json         the label of every task, for training
    """


for command in (
    audit_command,
    adjudicate_command,
    agreement_command,
    apply_command,
    consensus_command,
    decide_command,
    demo_command,
    doctor_command,
    explain_command,
    guideline_group,
    plan_command,
    pull_command,
    queue_group,
    report_command,
    review_group,
):
    labelq.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``labelq`` and exit with its documented code; never a traceback."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = labelq.main(args=arguments, prog_name="labelq", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt, _Terminated) as stopped:
        _say("interrupted; nothing is left half-written: repeat the command")
        sys.exit(143 if isinstance(stopped, _Terminated) else 130)
    except click.ClickException as error:
        from labelq.label_studio.redaction import redacted

        _say(redacted(error.format_message()))  # it may quote a key in the wrong place
        sys.exit(2)
    except LabelqError as error:
        _say(str(error))
        sys.exit(2)
    except BrokenPipeError:
        # The reader (head, less) went away: no error, but nothing more can be said either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _say(f"cannot write or read ({error.strerror or error}): {error.filename or 'output'}")
        sys.exit(2)
    except Exception as error:  # noqa: BLE001  # the last door: details go to a file
        say_internal(error)
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)


class _Terminated(BaseException):
    """SIGTERM: end as an interrupt does, cleaning up, with an exit code of its own."""


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise _Terminated


def _say(message: str) -> None:
    """One line on stderr; what comes from data cannot move the cursor or hide text, and no
    key gets out.
    """
    from labelq.label_studio.redaction import known_secrets, without
    from labelq.report.text import visible

    message = without(" ".join(message.split()), known_secrets())
    click.echo(f"labelq: {visible(message)}", err=True)


def say_internal(error: BaseException) -> None:
    """One line about a mistake of labelq's own, while it is being handled; details in a file."""
    _say(f"internal error ({type(error).__name__}); details: {_details()}")


def _details() -> str:
    import traceback

    from labelq.label_studio.redaction import known_secrets, redacted

    with tempfile.NamedTemporaryFile(
        "w", prefix="labelq-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"labelq {__version__}, Python {sys.version}\n\n")
        file.write(redacted(traceback.format_exc(), known_secrets()))
    return file.name
