"""Crops a second of every engine beside plain PyTorch and beside what the cores can do, and a picture of it.

    python benchmarks/prediction.py [--bundle RUN/model2/model --run RUN] [--threads 1,2]

Networks have random weights, which changes nothing about speed, but for the bundle: for it the table also says how
many decisions on the validation crops of the run are those of PyTorch in float32. Every number of threads is
measured in a process of its own, in which the engines take turns and the best of several turns counts; so is the
peak memory of every engine. It takes about ten minutes; nothing else should run.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.ticker import StrMethodFormatter
from torch.utils.flop_counter import FlopCounterMode

from nucleoscope import runtime
from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.evaluation.plots.colours import BLUE, FAINT, GREEN, INK, ORANGE
from nucleoscope.evaluation.plots.sheet import TEXT_SIZE, lay_out, new_sheet, style, write_sheet
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared
from nucleoscope.prediction.engines.build import build_engines
from nucleoscope.prediction.engines.catalogue import ENGINES, FLOAT_FILE, INT8_FILE, TORCH
from nucleoscope.prediction.engines.export import export_onnx
from nucleoscope.prediction.engines.opening import open_engine, open_runner, runs_here, usable
from nucleoscope.prediction.engines.quantisation import quantise
from nucleoscope.prediction.engines.record import FOLDER
from nucleoscope.prediction.engines.torch_engine import TorchEngine

SIZE = (100, 100)
EAGER = "eager float32"
NETWORKS = ("model1", "mobilenet_v2", "resnet18", "resnet50")
TURNS = 7
SECONDS = 0.15  # of a turn, at least
SIDE = 1024  # of the matrices whose product is the roof
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "engines.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="a trained bundle, instead of random weights of its network")
    parser.add_argument("--run", type=Path, help="the run that it is of, for its validation crops")
    parser.add_argument("--threads", default=",".join(map(str, sorted({1, runtime.cores()}))))
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--worker", nargs=3, metavar=("TASK", "FOLDER", "THREADS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        task, folder, threads = options.worker
        runtime.use_threads(int(threads))
        print(json.dumps(TASKS[task](Path(folder))))
        return
    with tempfile.TemporaryDirectory() as place:
        bundles, agreement = prepare(Path(place), options.bundle, options.run)
        threads = [int(count) for count in options.threads.split(",")]
        found = {(name, count): ask("speed", bundles[name], count) for name in bundles for count in threads}
        memory = {name: peaks(bundles[name], threads[-1]) for name in bundles}
    print_table(found, memory)
    if agreement:
        print_agreement(agreement)
    draw(options.picture, {name: found[name, threads[-1]] for name in bundles}, threads[-1])


def ask(task: str, folder: Path, threads: int) -> dict[str, Any]:
    """Do a task in a process of its own."""
    command = [sys.executable, __file__, "--worker", task, str(folder), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def prepare(place: Path, trained: Path | None, run: Path | None) -> tuple[dict[str, Path], dict[str, Any]]:
    """A folder for each network with what its engines read, and how well the trained one's engines agree."""
    bundles, agreement = {}, {}
    if trained is not None:
        shutil.copytree(trained, place / "trained", ignore=shutil.ignore_patterns(FOLDER))
        bundle = load_bundle(place / "trained")
        specification = bundle.config.specification
        assert specification.size == SIZE, "the other networks are measured on this size"
        bundles["model1" if specification.kind is Kind.MODEL1 else specification.backbone] = place / "trained"
        if run is not None:
            agreement = agree(bundle, run)
    crops = cut_crops(make_fields(4, seed=0, size=400), size=SIZE[0]).images
    for name in NETWORKS:
        if name not in bundles:
            bundles[name] = random_bundle(place / name, name)
        folder = bundles[name] / FOLDER
        if not (folder / INT8_FILE).exists():
            export_onnx(load_bundle(bundles[name]).model, SIZE, folder / FLOAT_FILE)
            quantise(folder / FLOAT_FILE, crops[:100], folder / INT8_FILE)
    return {name: bundles[name] for name in sorted(bundles, key=[*NETWORKS, *bundles].index)}, agreement


def random_bundle(folder: Path, name: str) -> Path:
    own = name == "model1"
    specification = Specification(Kind.MODEL1 if own else Kind.MODEL2, 4, SIZE, backbone="resnet18" if own else name)
    model = specification.build(None)[0].eval()
    mean, std = tuple(model.mean.flatten().tolist()), tuple(model.std.flatten().tolist())
    config = BundleConfig(specification, ("a", "b", "c", "d"), (0, 1, 2, 3), mean, std)
    save_bundle(folder, Bundle(model, config), "random weights")
    return folder


def agree(bundle: Bundle, run: Path) -> dict[str, Any]:
    """Build the engines as a run does; decisions and speed on its validation crops, what is unsure looked at again."""
    prepared = load_prepared(RunFolder(run), Silent())
    crops, split = prepared.dataset.crops, prepared.split
    record = build_engines(bundle, crops.images, split.train, prepared.settings.seed)
    images = np.array(crops.images[split.val])
    exact = TorchEngine(bundle.model, exact=True).logits(images).argmax(axis=1)
    runners = {name: open_runner(bundle, name) for name in usable(bundle)}
    speeds = take_turns({name: (lambda r=runner: r.logits(images), len(images)) for name, runner in runners.items()}, 3)
    rows = {}
    for name, runner in runners.items():
        logits = runner.logits(images)
        alone = type(runner)(name, runner.engine).logits(images)
        again = len(runner.recheck.unsure(alone)) / len(images) if runner.recheck else 0.0
        equal = [float((found.argmax(axis=1) == exact).mean()) for found in (alone, logits)]
        rows[name] = (record.engines[name], *equal, again, speeds[name])
    return {"rows": rows, "crops": len(images), "protocol": prepared.protocol}


class Eager:
    """Plain PyTorch: float32, contiguous memory, no autocast."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model

    @torch.inference_mode()
    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """See `Engine`."""
        starts = range(0, len(pictures), 64)
        batches = [torch.from_numpy(pictures[start : start + 64]).permute(0, 3, 1, 2) for start in starts]
        floats = (batch.to(torch.float32, memory_format=torch.contiguous_format) / 255.0 for batch in batches)
        return torch.cat([self._model(batch) for batch in floats]).numpy()


def speed(folder: Path) -> dict[str, Any]:
    """Crops a second and milliseconds of one crop by engine, FLOPs of a crop, and FLOP/s of a matrix product."""
    model = load_bundle(folder).model
    images = np.random.default_rng(0).integers(256, size=(256, *SIZE, 3), dtype=np.uint8)

    compute = {EAGER: Eager(model).logits, TORCH: TorchEngine(model).logits}
    names = [name for name in ENGINES if runs_here(name)]
    compute |= {name: open_engine(folder / FOLDER, ENGINES[name]).logits for name in names}
    roofs = roof_products()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(torch.zeros(1, 3, *SIZE))
    crops = {name: (lambda c=c: c(images), len(images)) for name, c in compute.items()}
    products = {kind: (product, 2 * SIDE**3 / 1e9) for kind, product in roofs.items()}
    together = take_turns(crops | products, TURNS)  # in turns: what slows down one slows down all
    one = take_turns({name: (lambda c=c: c(images[:1]), 1) for name, c in compute.items()}, TURNS)
    kinds = {kind for kind, _ in products}
    return {
        "many": {name: together[name] for name in compute},
        "one": {name: 1e3 / value for name, value in one.items()},
        "gigaflop": counter.get_total_flops() / 1e9,
        "roof": {kind: max(together[key] for key in products if key[0] == kind) for kind in kinds},
    }


def take_turns(work: dict[Any, tuple[Callable[[], object], float]], turns: int) -> dict[Any, float]:
    """Units a second of each piece of work, given with its units: the best of several turns, after one to warm up."""
    best = dict.fromkeys(work, 0.0)
    for turn in range(turns + 1):
        for name, (step, units) in work.items():
            started, steps = time.perf_counter(), 0
            while steps == 0 or time.perf_counter() - started < SECONDS:
                step()
                steps += 1
            if turn:
                best[name] = max(best[name], steps * units / (time.perf_counter() - started))
    return best


def roof_products() -> dict[tuple[str, str], Callable[[], object]]:
    """A large matrix product in each number type, with PyTorch and with OpenVINO: the quicker is the roof."""
    import openvino
    from openvino import opset13

    left, right = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    work: dict[tuple[str, str], Callable[[], object]] = {("f32", "torch"): lambda: left @ right}
    for precision in ("f32", "bf16"):
        given = opset13.parameter([SIDE, SIDE], np.float32)
        product = opset13.matmul(given, opset13.constant(right.numpy()), False, False)
        properties = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": runtime.threads()}
        model = openvino.Model([product], [given])
        request = openvino.Core().compile_model(model, "CPU", properties).create_infer_request()
        work[precision, "openvino"] = lambda r=request: r.infer([left.numpy()])
    halves = left.bfloat16(), right.bfloat16()
    work["bf16", "torch"] = lambda: halves[0] @ halves[1]
    bytes_ = left.to(torch.int8), right.to(torch.int8)
    work["int8", "torch"] = lambda: torch._int_mm(*bytes_)
    return work


def peaks(folder: Path, threads: int) -> dict[str, float]:
    """Peak memory in MB of a process that predicts 1,024 crops, by engine."""
    names = [EAGER, TORCH, *(name for name in ENGINES if runs_here(name))]
    return {name: ask(f"memory {name}", folder, threads)["peak"] for name in names}


def memory(name: str, folder: Path) -> dict[str, float]:
    model = load_bundle(folder).model  # a prediction loads it in any case
    plain = {EAGER: Eager, TORCH: TorchEngine}
    engine = plain[name](model) if name in plain else open_engine(folder / FOLDER, ENGINES[name])
    images = np.zeros((1024, *SIZE, 3), np.uint8)
    for start in range(0, len(images), 512):  # as a runner does
        engine.logits(images[start : start + 512])
    # Not getrusage: its peak counts the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return {"peak": next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))}


TASKS: dict[str, Callable[[Path], dict[str, Any]]] = {"speed": speed} | {
    f"memory {name}": lambda folder, name=name: memory(name, folder) for name in [EAGER, TORCH, *ENGINES]
}


def number_type(engine: str) -> str:
    """The type of the matrix product that an engine is held against."""
    if engine == TORCH:
        return "bf16" if runtime.computes_bfloat16(torch.device("cpu")) else "f32"
    return next((kind for kind in ("int8", "bf16") if engine.endswith(kind)), "f32")


def print_table(found: dict[tuple[str, int], dict[str, Any]], memory: dict[str, dict[str, float]]) -> None:
    print("| network | threads | engine | crops/s | x eager | one crop, ms | GFLOP/s | of the roof | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (name, threads), measured in found.items():
        for engine, rate in measured["many"].items():
            reached, roof = rate * measured["gigaflop"], measured["roof"][number_type(engine)]
            print(
                f"| {name} ({measured['gigaflop']:.3f} GFLOP) | {threads} | {engine} | {rate:,.0f} | "
                f"{rate / measured['many'][EAGER]:.1f} | {measured['one'][engine]:.1f} | {reached:.0f} | "
                f"{reached / roof:.0%} of {roof:.0f} ({number_type(engine)}) | "
                f"{memory[name][engine]:,.0f} |"
            )


def print_agreement(found: dict[str, Any]) -> None:
    crops, protocol = found["crops"], found["protocol"]
    print(f"\nDecisions that are those of PyTorch in float32; protocol `{protocol}`, {crops:,} validation crops:\n")
    print("| engine | on changed training crops | alone | with recheck | computed again | crops/s with recheck |")
    print("|---|---|---|---|---|---|")
    for name, (parity, alone, equal, again, rate) in found["rows"].items():
        print(f"| {name} | {parity.equal_decisions:.2%} | {alone:.2%} | {equal:.2%} | {again:.1%} | {rate:,.0f} |")


def draw(path: Path, found: dict[str, dict[str, Any]], threads: int) -> None:
    """A panel for each network: crops a second of each engine, and how many times eager PyTorch that is."""
    figure = new_sheet(11.0, 2.6 + 2.3 * ((len(found) + 1) // 2))
    panels = np.atleast_1d(figure.subplots((len(found) + 1) // 2, 2, sharey=True)).flatten()
    for axes, (name, measured) in zip(panels, found.items(), strict=False):
        engines, rates = zip(*measured["many"].items(), strict=True)
        colours = [_colour(engine) for engine in engines]
        axes.barh(engines, rates, color=colours, height=0.72)
        for row, rate in enumerate(rates):
            times = rate / rates[0]
            label = f" {rate:,.0f}" + ("" if row == 0 else f"  ({times:.1f} x)")
            axes.text(rate, row, label, va="center", fontsize=TEXT_SIZE - 1.5, color=INK)
        style(axes, f"{name}, {measured['gigaflop']:.2f} GFLOP a crop", "crops a second", "")
        axes.set_xlim(0, max(rates) * 1.32)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        if not axes.yaxis_inverted():
            axes.invert_yaxis()
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    lay_out(
        figure,
        "Crops a second, by engine",
        f"Crops of {SIZE[1]}x{SIZE[0]} pixels, {threads} threads. In brackets: times plain PyTorch (eager, float32).",
        "torch is PyTorch as nucleoscope runs it: channels last, bfloat16 where the processor has it. Engines alone; "
        "crops that a bfloat16 or int8 engine is not sure of are computed again in float32, a few in a hundred.",
    )
    write_sheet(path, figure)


def _colour(engine: str) -> str:
    library = engine.split("-")[0]
    return {TORCH: BLUE, "onnxruntime": ORANGE, "openvino": GREEN}.get(library, FAINT)


if __name__ == "__main__":
    main()
