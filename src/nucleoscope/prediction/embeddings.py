"""Embeddings of crops: what a backbone makes of them, before the head. Computed once, kept on disk, a block at a time.

A stop loses the block under way. Blocks are joined at the end: one array a view, mapped to memory by those who read it.
"""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nucleoscope.data.augment import augment, augment_scales, to_float
from nucleoscope.data.concealing import conceal
from nucleoscope.errors import ConfigError
from nucleoscope.files import replacing
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.head import embedding_width
from nucleoscope.models.scales import ScalesNetwork
from nucleoscope.prediction.logits import Progress, to_batch
from nucleoscope.prediction.views import make_views
from nucleoscope.runtime import computes_bfloat16, mixed_precision

BLOCK = 512
"""Crops between two writes."""

_BATCH = 64
_VERSION = 1  # to be raised when the same crops and weights would give other numbers than before


@dataclass(frozen=True)
class View:
    """How crops are shown to the backbone.

    Attributes:
        turn: which of `prediction.views.make_views`; 0 shows them as they are.
        strength: of `data.augment`; None for none.
        seed: of the augmentation.
    """

    turn: int = 0
    strength: float | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        """For its file."""
        return f"turned-{self.turn}" if self.strength is None else f"augmented-{self.strength:g}-{self.seed}"

    def show(self, pictures: Tensor, start: int, network: nn.Module) -> Tensor:
        """What a network sees of pictures (B, 3, H, W), uint8, in this view; `start` is the position of the first.

        Returns:
            Float in 0..1, (B, 3, H, W), or changed for a network of scales (S, B, 3, h, w).
        """
        if self.strength is not None:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + start)
            if isinstance(network, ScalesNetwork):
                pictures = conceal(pictures, network.surroundings, generator)
                return augment_scales(pictures, network.surroundings, self.strength, generator)
            size = pictures.shape[2], pictures.shape[3]
            return augment(pictures, size, self.strength, generator)
        views = list(make_views(to_float(pictures), 8 if self.turn else 1))
        return views[self.turn]


@torch.inference_mode()
def embed(model: NucleusClassifier, pictures: Tensor) -> Tensor:
    """What reaches the head of a classifier, (B, D) float32, for pictures (B, 3, H, W) or scales of them, in 0..1."""
    seen: list[Tensor] = []

    def note(_head: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0].detach())

    hook = model.head.register_forward_pre_hook(note)
    try:
        model(pictures.contiguous(memory_format=torch.channels_last) if pictures.dim() == 4 else pictures)
    finally:
        hook.remove()
    return seen[0].float()


def check_embeds(model: NucleusClassifier, size: tuple[int, int], name: str) -> None:
    """Refuse a network whose logits are not its head's output for one embedding a crop.

    Raises:
        ConfigError: it cannot be used frozen.
    """
    width = embedding_width(model.head, name)
    model.eval()
    picture = torch.zeros(1, 3, *size, device=model.mean.device)
    with torch.inference_mode():
        embedding = embed(model, picture)
        same = embedding.shape == (1, width) and torch.allclose(model.head(embedding), model(picture), atol=1e-4)
    if not same:
        raise ConfigError(
            f"{name} does something after its last layer or gives it no plain embedding: it cannot be used frozen; "
            "take another --backbone, or leave --frozen out"
        )


def backbone_fingerprint(model: NucleusClassifier, device: torch.device) -> str:
    """A hash over all that an embedding depends on, the crops excepted: weights, input transform, number type."""
    head = {id(tensor) for tensor in (*model.head.parameters(), *model.head.buffers())}
    plain: tuple[object, ...] = (_VERSION, model.input_size, model.surround, computes_bfloat16(device))
    if isinstance(model.network, ScalesNetwork):
        plain = (*plain, model.network.surroundings)
    digest = hashlib.sha256(repr(plain).encode())
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if id(tensor) not in head:
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def keep_embeddings(
    model: NucleusClassifier,
    images: NDArray[np.uint8],
    view: View,
    folder: Path,
    *,
    device: torch.device,
    progress: Progress | None = None,
) -> Path:
    """Compute the embeddings of all crops in one view, unless the folder has them.

    Args:
        model: on `device`; is left in evaluation mode.
        images: (N, H, W, 3) uint8.
        view: how they are shown.
        folder: for this backbone and these crops.
        device: where the model is.
        progress: told how many crops are done.

    Returns:
        The file: (N, D) float16.

    Raises:
        ConfigError: a number is too large for float16, or none.
    """
    file, blocks = folder / f"{view.name}.npy", folder / f"{view.name}.blocks"
    if _holds(file, len(images)):
        return file
    model.eval()
    starts = range(0, len(images), BLOCK)
    for start in starts:
        block = blocks / f"{start}.npy"
        if not _holds(block, min(BLOCK, len(images) - start)):
            found = _block(model, images[start : start + BLOCK], view, start, device)
            with replacing(block) as temporary:
                np.save(temporary, found, allow_pickle=False)
        if progress:
            progress(min(start + BLOCK, len(images)), len(images))
    _join(file, [blocks / f"{start}.npy" for start in starts], len(images))
    shutil.rmtree(blocks, ignore_errors=True)
    return file


def _holds(file: Path, count: int) -> bool:
    """Whether a file has so many embeddings; one that was cut short has not, and is written again."""
    try:
        return len(np.load(file, mmap_mode="r", allow_pickle=False)) == count
    except (OSError, ValueError, EOFError):
        return False


def _block(
    model: NucleusClassifier, images: NDArray[np.uint8], view: View, start: int, device: torch.device
) -> NDArray[np.float16]:
    """Embeddings (B, D) of the crops of one block."""
    parts = []
    for first in range(0, len(images), _BATCH):
        some = np.arange(first, min(first + _BATCH, len(images)))
        pictures = view.show(to_batch(images, some, device), start + first, model.network)
        with mixed_precision(device):
            parts.append(embed(model, pictures).cpu())
    found: NDArray[np.float16] = torch.cat(parts).numpy().astype(np.float16)
    if not np.isfinite(found).all():
        raise ConfigError(
            "the backbone's embeddings hold numbers that are infinite or none; expected finite ones: its weights are "
            "damaged, or it is no network for pictures like these"
        )
    return found


def _join(file: Path, blocks: list[Path], count: int) -> None:
    """Write blocks after one another into one file."""
    width = np.load(blocks[0], mmap_mode="r").shape[1]
    with replacing(file) as temporary:
        whole = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float16, shape=(count, width))
        position = 0
        for block in blocks:
            part = np.load(block)
            whole[position : position + len(part)] = part
            position += len(part)
        whole.flush()
