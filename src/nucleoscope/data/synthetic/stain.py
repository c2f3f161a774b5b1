"""Stains: from concentrations of haematoxylin and eosin to the colours of a scanned field.

Light through stained tissue follows Beer-Lambert: the optical density of each colour channel is the sum of
the stains' concentrations times their absorption (Ruifrok & Johnston, Quantification of histochemical
staining by color deconvolution, 2001).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nucleoscope.data.synthetic.noise import Map, plain_noise, step

# Absorption in red, green, blue, between Ruifrok & Johnston (2001) and Macenko et al. (2009).
HAEMATOXYLIN = (0.62, 0.70, 0.33)
EOSIN = (0.20, 0.89, 0.38)
# How far fields differ: enough that colour gives a field away, not so far that a person would reject the stain.
HUE_SPREAD = (0.045, 0.03, 0.05)
STRENGTH_SPREAD = (0.15, 0.18)


@dataclass(frozen=True)
class Stain:
    """How one field was stained and scanned.

    Attributes:
        absorption: (2, 3) unit vectors of optical density in R, G, B: haematoxylin, eosin.
        strength: (2,) what the concentrations of the two are multiplied by.
        white: (3,) the level of empty glass in 0..255.
        blur: deviation of the optics' Gaussian, in pixels.
        sharpening: strength of the scanner's unsharp mask.
        noise: deviation of the sensor's noise in grey levels.
    """

    absorption: Map
    strength: Map
    white: Map
    blur: float
    sharpening: float
    noise: float


def draw_stain(rng: np.random.Generator) -> Stain:
    """The stain of one field: hue, strength, background and optics all vary, as between laboratories."""
    absorption = np.clip(rng.normal([HAEMATOXYLIN, EOSIN], HUE_SPREAD), 0.02, None)
    absorption /= np.linalg.norm(absorption, axis=1, keepdims=True)
    strength = np.exp(rng.normal(0, STRENGTH_SPREAD))
    white = 247 + rng.normal(0, 4) + rng.normal(0, 1.5, 3)
    return Stain(
        absorption=absorption.astype(np.float32),
        strength=strength.astype(np.float32),
        white=np.clip(white, 232, 255).astype(np.float32),
        blur=float(rng.uniform(0.45, 0.95)),
        sharpening=float(rng.uniform(0.1, 0.8)),
        noise=float(rng.uniform(1.0, 2.6)),
    )


def develop(haematoxylin: Map, eosin: Map, stain: Stain, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The field as the scanner sees it.

    Args:
        haematoxylin: (H, W) concentration; 1 is a dark nucleus.
        eosin: (H, W) concentration; 0.5 is muscle.
        stain: the field's stain and scanner.
        rng: the source of focus and noise.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    amounts = np.stack([haematoxylin, eosin], axis=-1) * stain.strength  # (H, W, 2)
    light = stain.white * np.exp(-np.clip(amounts, 0, None) @ stain.absorption)  # (H, W, 3)
    sharp = ndimage.gaussian_filter(light, (stain.blur, stain.blur, 0), truncate=3.0)
    wide = ndimage.gaussian_filter(sharp, (1.7, 1.7, 0), truncate=3.0)
    # A section is not flat: parts of each field lie out of focus.
    focus = step(plain_noise(rng, sharp.shape[:2], 130), -2.0, -0.7)[..., None]
    seen = wide + focus * (1 + np.float32(stain.sharpening)) * (sharp - wide)
    seen += rng.standard_normal(seen.shape, dtype=np.float32) * np.float32(stain.noise)
    return np.asarray(np.clip(np.rint(seen), 0, 255), np.uint8)
