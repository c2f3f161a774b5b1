"""`nucleoscope run`: crops in, a complete run folder out."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.options import CropSizeOption, RecompressedOption, TurnedOption, names
from nucleoscope.cli.stopped import going_on_with
from nucleoscope.errors import ConfigError

BOTH = "both"


def run(
    data: Annotated[
        str,
        typer.Argument(help="Folder, zip or CSV of labelled crops, or of fields; 'demo' for synthetic tissue."),
    ],
    out: Annotated[Path, typer.Option(help="The run folder; new, or a stopped run with --resume.")],
    test: Annotated[Path | None, typer.Option(help="Test crops, where they do not lie with the data.")] = None,
    split: Annotated[
        str | None, typer.Option(help="random, tiles or both; tiles where crops share pixels, if not given.")
    ] = None,
    groups: Annotated[
        str | None, typer.Option(help="Column of the CSV, such as patient, of which no value is on both sides.")
    ] = None,
    folds: Annotated[
        int | None, typer.Option(help="Train so many times and pool the predictions of all crops.")
    ] = None,
    val_fraction: Annotated[float, typer.Option(help="Share of the crops that is reported on.")] = 0.3,
    seed: Annotated[int, typer.Option(help="Seed of split, search and training.")] = 0,
    models: Annotated[str, typer.Option(help="Which models, separated by commas.")] = "model1,model2",
    backbone: Annotated[
        str, typer.Option(help="model2: torchvision's name, timm:NAME, timm:hf-hub:OWNER/NAME or timm:local-dir:PATH.")
    ] = "mobilenet_v2",
    weights: Annotated[
        str, typer.Option(help="Pretrained weights of model2: auto, offline or the path of a state dict.")
    ] = "auto",
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Train only the head of model2, on embeddings that are computed once.")
    ] = False,
    hidden: Annotated[int, typer.Option(help="Units of a hidden layer in the head of model2; 0 for none.")] = 0,
    copies: Annotated[
        int | None, typer.Option(help="Changed copies of each crop that are embedded too, with --frozen.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Configurations to try for each model; 0 takes the defaults.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of each fit.")] = None,
    views: Annotated[
        int | None, typer.Option(help="8 predicts the mean over all flips and quarter turns of a crop, 1 does not.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="fast or full: trials, epochs and views, where they are not given.")
    ] = "fast",
    classes: Annotated[
        str | None, typer.Option(help="Names of the classes in the order of the labels, separated by commas.")
    ] = None,
    mpp: Annotated[float | None, typer.Option(help="Micrometres per pixel of the crops.")] = None,
    adjust: Annotated[
        bool, typer.Option("--adjust", help="Predict with the logit adjustment fitted on the select share.")
    ] = False,
    balance: Annotated[
        float | None, typer.Option(help="Class weights: 0 none, 0.5 square root, 1 full; by protocol if not given.")
    ] = None,
    compare_balance: Annotated[
        bool, typer.Option("--compare-balance", help="Fit once more without (or with) class weights, to compare.")
    ] = False,
    coverage: Annotated[float, typer.Option(help="How often the sets of possible classes shall be right.")] = 0.95,
    corrections: Annotated[
        Path | None, typer.Option(help="CSV with name and corrected (a class or drop), as `review` writes it.")
    ] = None,
    crop_size: CropSizeOption = None,
    surroundings: Annotated[
        int | None,
        typer.Option(
            help="Show model2 so many times the width of a crop, put together from the crops of its tile or cut from "
            "its field. 1 is the crop alone. If not said: 4 under tiles where the tissue is known, else 1."
        ),
    ] = None,
    recompressed: RecompressedOption = False,
    turned: TurnedOption = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
) -> None:
    """Train, tune, evaluate and explain both models on labelled nucleus crops."""
    from nucleoscope.cli.console import Console
    from nucleoscope.data.splits import Protocol
    from nucleoscope.pipeline.jobs import run_job
    from nucleoscope.pipeline.settings import RunSettings, model_names
    from nucleoscope.report.writing import write_outdated_report

    if split not in (None, BOTH, *Protocol):
        raise ConfigError(f'unknown split "{split}"; expected {", ".join(Protocol)} or {BOTH}')
    settings = RunSettings.from_mapping(
        {
            "split": None if split == BOTH else split,
            "groups": groups,
            "val_fraction": val_fraction,
            "seed": seed,
            "models": model_names(models),
            "backbone": backbone,
            "weights": weights,
            "frozen": frozen,
            "hidden": hidden,
            "copies": copies,
            "preset": preset,
            "trials": trials,
            "epochs": epochs,
            "views": views,
            "classes": names(classes) if classes else None,
            "mpp": mpp,
            "adjust": adjust,
            "balance": balance,
            "compare_balance": compare_balance,
            "coverage": coverage,
            "crop_size": crop_size,
            "surroundings": surroundings,
            "recompressed": recompressed,
            "turned": turned,
            "corrections": None if corrections is None else str(corrections),
        },
        "command line",
    )
    console = Console()
    source = data if data == "demo" else Path(data)
    with going_on_with("the same command with --resume goes on from here"):
        folder = run_job(
            source, out, settings, both=split == BOTH, folds=folds, test=test, resume=resume, reporter=console
        )
        page = write_outdated_report(folder.path)
    if page is not None:
        console.say(f"report: {page}")
    console.say(f"done: {folder.path}")
