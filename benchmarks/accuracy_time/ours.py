"""nucleoscope with the settings of its fast preset; reading all crops, those of validation too, is in the time."""

from pathlib import Path

from nucleoscope.data.reading.dataset import read_dataset
from nucleoscope.data.splits import Protocol
from nucleoscope.data.splits.table import read_split
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import training_defaults
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.runtime import default_device, seed_everything, use_threads
from nucleoscope.training.fit import Watch, fit

from .task import Parts, Stopwatch, Task, split_file, weights_file


def run(task: Task, parts: Parts, watch: Stopwatch) -> None:
    use_threads()
    folder, kind = Path(task.folder), Kind(task.model)
    settings = RunSettings(seed=task.seed, split=Protocol.RANDOM, models=(kind,), epochs=task.epochs)
    dataset = read_dataset(folder)
    split = read_split(split_file(folder, task.seed), dataset.crops.names, Protocol.RANDOM)
    prepared = Prepared(dataset, split, settings, str(weights_file(folder)))
    training = training_defaults(kind, split.protocol, settings)
    seed_everything(task.seed)
    model, _ = prepared.specification(kind, training.width).build(prepared.weights)
    fit(
        model,
        prepared.examples("train"),
        prepared.examples("val"),
        training,
        seed=task.seed,
        device=default_device(),
        watch=Watch(on_step=lambda _: watch.step(), on_epoch=lambda epoch, _: watch.epoch(epoch.val_accuracy)),
    )
