import torch
import torchvision
from torch import nn

from nucleoscope.models.strided_depthwise import StridedDepthwise, replace_strided_depthwise, restore_strided_depthwise


def test_only_strided_depthwise_layers_change_and_names_stay():
    network = torchvision.models.mobilenet_v2()
    names = list(network.state_dict())
    replace_strided_depthwise(network)
    assert list(network.state_dict()) == names
    changed = [module for module in network.modules() if isinstance(module, StridedDepthwise)]
    assert len(changed) == 4
    assert all(module.groups == module.in_channels and module.stride == (2, 2) for module in changed)
    restore_strided_depthwise(network)
    assert not any(isinstance(module, StridedDepthwise) for module in network.modules())
    assert all(type(module) is nn.Conv2d for module in changed)


def test_it_computes_the_same_and_keeps_the_type():
    torch.manual_seed(0)
    plain = nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8)
    fast = nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8)
    fast.load_state_dict(plain.state_dict())
    replace_strided_depthwise(fast)
    features = torch.rand(2, 8, 16, 16)
    assert torch.equal(plain(features), fast(features))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = fast(features.bfloat16())
    assert low.dtype == torch.bfloat16
    assert torch.allclose(low.float(), plain(features), atol=0.02)
    low.float().sum().backward()
    assert fast.weight.grad is not None
