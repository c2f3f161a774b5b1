"""`nucleoscope`: the verbs, and the one place where an error becomes a line and exit code 2."""

import sys

import typer

from nucleoscope.cli.audit import audit
from nucleoscope.cli.classify import classify
from nucleoscope.cli.crops import crops
from nucleoscope.cli.detector import detector
from nucleoscope.cli.engines import engines
from nucleoscope.cli.evaluate import evaluate
from nucleoscope.cli.explain import explain
from nucleoscope.cli.export import export
from nucleoscope.cli.predict import predict
from nucleoscope.cli.review import review
from nucleoscope.cli.run import run
from nucleoscope.cli.serve import serve
from nucleoscope.cli.stopped import StoppedError
from nucleoscope.cli.train import train
from nucleoscope.cli.tune import tune
from nucleoscope.errors import NucleoscopeError

app = typer.Typer(
    help="Train a nucleus classifier you can trust, and run it where you work. Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_VERBS = (
    run,
    audit,
    crops,
    tune,
    train,
    engines,
    evaluate,
    explain,
    predict,
    detector,
    classify,
    export,
    review,
    serve,
)
for verb in _VERBS:
    app.command()(verb)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except NucleoscopeError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except StoppedError as stopped:
        sys.stderr.write(f"{stopped}\n")
        sys.exit(130)
    except OSError as error:
        place = error.filename2 or error.filename
        sys.stderr.write(f'error: "{place}": {error.strerror}; expected a place to read or write: check it\n')
        sys.exit(2)
