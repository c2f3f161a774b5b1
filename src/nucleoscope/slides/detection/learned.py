"""A trained detector: the network, and the threshold that was chosen for it."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nucleoscope.data.augment import to_float
from nucleoscope.runtime import mixed_precision
from nucleoscope.slides.detection.detector import Response, Sample
from nucleoscope.slides.detection.network import REACH, CentreNet


@dataclass(frozen=True)
class LearnedDetector:
    """Maxima of what `CentreNet` makes of a picture.

    Attributes:
        network: in evaluation mode.
        threshold: least logit of a nucleus.
        separation: in um.
        mpp: micrometres per pixel of its training pictures.
        name: in words, where it comes from.
    """

    network: CentreNet
    threshold: float
    separation: float
    mpp: float
    name: str

    @property
    def halo(self) -> int:
        """In pixels."""
        return REACH

    def adapt(self, sample: Sample) -> Response:
        """The same for every image: it has learnt to look over differences of stain."""
        return self._respond

    @torch.inference_mode()
    def _respond(self, block: NDArray[np.uint8]) -> NDArray[np.float32]:
        device = next(self.network.parameters()).device
        picture = torch.tensor(block).permute(2, 0, 1)[None].to(device)  # (1, 3, H, W)
        with mixed_precision(device):
            logits = self.network(to_float(picture).contiguous(memory_format=torch.channels_last))
        return np.asarray(logits[0].float().cpu().numpy())
