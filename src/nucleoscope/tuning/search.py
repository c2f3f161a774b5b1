"""The search: Ray Tune with ASHA (Li et al. 2020) and Optuna's TPE (Bergstra et al. 2011)."""

import contextlib
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.runtime import cores
from nucleoscope.tuning.journal import Journal, Status, Trial, read_journal
from nucleoscope.tuning.space import HEAD_SPACE, SPACE, to_ray
from nucleoscope.tuning.trial import Plan, train_in_ray

_METRIC = "select_accuracy"
_REDUCTION = 3  # of the trials that reach a rung, the best third goes on
_POLL_SECONDS = 1.0

Listener = Callable[[list[Trial]], None]


def search(images: NDArray[np.uint8], plan: Plan, trials: int, listener: Listener) -> list[Trial]:
    """Try configurations side by side, one core each; goes on where it was if it was stopped.

    The first trial that is handed out has the default settings, so that they are among what is compared; like all
    others it can be cut short. A trial that fails is recorded with its reason and the search goes on.

    Args:
        images: (N, H, W, 3) uint8; shared by all trials through Ray's object store.
        plan: what all trials share; its folder holds the state of the search.
        trials: how many.
        listener: called now and then, and at the end, with all trials so far.

    Returns:
        All trials in the order of their start.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    with _ray(images.nbytes), _polling(plan.folder, listener):
        # A memory map would be copied into every trial; a plain view of it is shared.
        results = _tuner(np.asarray(images), plan, trials).fit()
    errors = {Path(result.path).name: result.error for result in results}
    _drop_unknown(plan.folder, set(errors))
    _add_silent(plan.folder, errors)
    ended = [_end(trial, errors[trial.trial]) for trial in read_journal(plan.folder)]
    listener(ended)
    return ended


def _drop_unknown(folder: Path, known: set[str]) -> None:
    """Remove journals of trials that had begun when the search was killed but that Ray had not recorded yet.

    Ray tries the same parameters again under another name, and takes over the result if there was one.
    """
    for trial in read_journal(folder):
        if trial.trial not in known:
            (folder / f"{trial.trial}.json").unlink()


def _add_silent(folder: Path, errors: dict[str, Exception | None]) -> None:
    """Begin a journal for trials that failed before they could."""
    for name, error in errors.items():
        if error is not None and not (folder / f"{name}.json").exists():
            Journal(folder / f"{name}.json", {}).write(Status.RUNNING)


def _end(trial: Trial, error: Exception | None) -> Trial:
    """What became of a trial that its own process could not write down."""
    if trial.status is not Status.RUNNING:
        return trial
    if error is not None:
        return replace(trial, status=Status.FAILED, reason=str(error).strip().splitlines()[-1])
    return replace(trial, status=Status.STOPPED)


def _tuner(images: NDArray[np.uint8], plan: Plan, trials: int) -> Any:
    """A new tuner, or the one that was stopped."""
    from ray import tune  # heavy
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.search.optuna import OptunaSearch

    space = SPACE[plan.specification.kind] if plan.embeddings is None else HEAD_SPACE
    trainable = tune.with_resources(
        tune.with_parameters(train_in_ray, images=images, plan=plan), {"cpu": 1, "gpu": _gpu_share()}
    )
    state = plan.folder / "ray"
    if tune.Tuner.can_restore(str(state)):
        return tune.Tuner.restore(str(state), trainable=trainable, resume_unfinished=True)
    defaults = {name: getattr(plan.defaults, name) for name in space}
    epochs = plan.defaults.epochs
    return tune.Tuner(
        trainable,
        param_space=to_ray(space),
        tune_config=tune.TuneConfig(
            metric=_METRIC,
            mode="max",
            num_samples=trials,
            search_alg=OptunaSearch(points_to_evaluate=[defaults], sampler=_sampler(plan.seed, trials)),
            scheduler=ASHAScheduler(
                time_attr="epoch",
                max_t=epochs,
                grace_period=max(1, epochs // _REDUCTION),
                reduction_factor=_REDUCTION,
                stop_last_trials=False,
            ),
            max_concurrent_trials=cores(),
            reuse_actors=True,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(
            name="ray",
            storage_path=str(plan.folder.resolve()),
            verbose=0,
            progress_reporter=tune.CLIReporter(),  # in a notebook Ray would take another, which shows empty cells
        ),
    )


def _sampler(seed: int, trials: int) -> Any:
    """TPE, after a third of the trials (at least two) drawn at random; knows of trials that still run."""
    from optuna.samplers import TPESampler  # heavy

    return TPESampler(seed=seed, n_startup_trials=max(2, trials // 3), constant_liar=True)


def _gpu_share() -> float:
    """The share of a GPU that a trial takes, so that as many run as there are cores; 0 without one."""
    from ray import cluster_resources  # heavy

    available = float(cluster_resources().get("GPU", 0.0))  # type: ignore[no-untyped-call]  # Ray has no types for it
    return min(1.0, available / cores())


@contextlib.contextmanager
def _ray(crop_bytes: int) -> Iterator[None]:
    """Ray on this machine, quiet, with room for the crops in its object store."""
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    os.environ.setdefault("TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S", "0")
    os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "2")  # how much of Ray's own record a kill can cost
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 by default: a search starves beside other jobs
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")  # Ctrl-C stops the run, not only the search
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # the new output draws boxes even when told to be silent
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    logging.getLogger("ray.widgets").setLevel(logging.ERROR)  # it misses widgets where it runs in a notebook; so does
    with warnings.catch_warnings():  # tqdm, which Optuna imports
        warnings.filterwarnings("ignore", message="IProgress not found")
        import optuna  # heavy
    import ray

    ray.init(
        address="local",  # not a cluster that happens to run here
        num_cpus=cores(),
        include_dashboard=False,
        object_store_memory=int(1.2 * crop_bytes) + 2**28,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    # A trial that fails is told by the table and tuning.csv; its traceback on the terminal would bury them.
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        ray.shutdown()


@contextlib.contextmanager
def _polling(folder: Path, listener: Listener) -> Iterator[None]:
    """Tell the listener what the journal holds, once a second, while the block runs."""
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(_POLL_SECONDS):
            listener(read_journal(folder))

    thread = threading.Thread(target=poll, name="search-journal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
