"""What model cards of pathology foundation models say to create them with, where their `config.json` leaves it out.

A hub model's `config.json` holds numbers and words, but no Python classes, and not every owner wrote all of it down.
What is here was read from the cards on huggingface.co and is only added to what `config.json` says.
"""

from typing import Any

_LAYER_SCALE = 1e-5
_SWIGLU: dict[str, Any] = {"mlp_layer": "SwiGLUPacked", "act_layer": "silu"}

_CARDS: dict[str, dict[str, Any]] = {
    "bioptimus/h-optimus-0": {"init_values": _LAYER_SCALE, "dynamic_img_size": False},
    "bioptimus/h-optimus-1": {"init_values": _LAYER_SCALE, "dynamic_img_size": False},
    "bioptimus/h0-mini": _SWIGLU,
    "mahmoodlab/uni": {"init_values": _LAYER_SCALE, "dynamic_img_size": True},
    "mahmoodlab/uni2-h": {
        **_SWIGLU,
        "img_size": 224,
        "patch_size": 14,
        "depth": 24,
        "num_heads": 24,
        "init_values": _LAYER_SCALE,
        "embed_dim": 1536,
        "mlp_ratio": 2.66667 * 2,
        "no_embed_class": True,
        "reg_tokens": 8,
        "dynamic_img_size": True,
    },
    "paige-ai/virchow": _SWIGLU,
    "paige-ai/virchow2": _SWIGLU,
}


def card_arguments(model_id: str) -> dict[str, Any]:
    """Arguments of `timm.create_model` from the card of a hub model, `owner/name` or `owner/name@revision`.

    Layers are named as JSON can hold them: `mlp_layer` by its class in `timm.layers`, `act_layer` by timm's word.
    """
    return dict(_CARDS.get(model_id.partition("@")[0].lower(), {}))
