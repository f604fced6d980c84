"""A DiffusionFake learner from its settings, and a trained one from the folder that a run leaves.

`guides.safetensors` holds what guides (branches and the denoiser's trained copy) of one method, named in the file; the
detector it belongs to lies at the top of the folder or in `rivals/METHOD`. The frozen denoiser is made again from the
run's settings.
"""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engines.backbones import denoiser
from engines.backbones.denoiser import Denoiser
from engines.detection.detector import Detector
from engines.detection.diffusionfake.learner import DiffusionFake
from engines.detection.diffusionfake.measures import BRANCHES
from engines.detection.diffusionfake.modules import ENLARGED
from engines.detection.diffusionfake.recipe import DiffusionFakeConfig
from engines.errors import BadWeights

GUIDES = "guides.safetensors"
_PARTS = ("branches", "guide")


def assemble(detector: Detector, model: Denoiser, config: DiffusionFakeConfig) -> DiffusionFake:
    """An untrained learner around a detector and a denoiser that knows faces.

    Args:
        config: of one method, see `DiffusionFakeConfig.variant`.
    """
    frozen = model if config.pretrained else denoiser.forgetful(model, config.seed)
    leaning = dict.fromkeys((f"weight_{name}" for name in BRANCHES), config.lambda_weights)
    grid = config.crop_px // detector.tower.patch_px * ENLARGED  # of guides, and so of latents
    return DiffusionFake(
        detector, frozen, size_px=grid * frozen.shrinks,
        weights={"source": config.lambda_source, "target": config.lambda_target, **leaning},
        similarity=config.similarity, cheap=config.cheap, weight_form=config.weight_form,
        filtered=config.filtered, weighed=config.weighed, module_lr=config.module_lr,
        weight_lr=config.weight_lr,
    )  # fmt: skip


def guides_of(learner: DiffusionFake) -> dict[str, Tensor]:
    """Copies of the tensors that guide, on the CPU."""
    named = {f"{part}.{name}": value for part in _PARTS for name, value in _part(learner, part).state_dict().items()}
    return {name: value.detach().cpu().contiguous().clone() for name, value in named.items()}


def save_guides(guides: dict[str, Tensor], method: str, folder: Path) -> None:
    """Write `guides.safetensors`."""
    save_file(guides, folder / GUIDES, {"method": method})


def load(folder: Path) -> DiffusionFake:
    """The trained learner that a run left, in evaluation mode on the CPU.

    Raises:
        BadWeights: the folder holds no guides, or they do not fit the detector beside them.
        MissingWeights: the denoiser is not at hand.
    """
    if not (folder / GUIDES).is_file():
        raise BadWeights(f"{folder} holds no {GUIDES}. Choose the folder artifacts/model of a diffusionfake run.")
    with safe_open(folder / GUIDES, framework="pt") as file:
        method = (file.metadata() or {}).get("method", "")
    detector = Detector.load(folder)
    if method and detector.card["name"] != method:
        detector = Detector.load(folder / "rivals" / method)
    config = DiffusionFakeConfig.build(detector.card["config"]).variant(method or detector.card["name"])
    learner = assemble(detector, denoiser.build(config.denoiser), config.replace(seed=detector.card["seed"]))
    tensors = load_file(folder / GUIDES)
    try:
        for part in _PARTS:
            named = {k.removeprefix(f"{part}."): v for k, v in tensors.items() if k.startswith(f"{part}.")}
            _part(learner, part).load_state_dict(named)
    except RuntimeError as error:
        raise BadWeights(f"{folder / GUIDES} does not fit the detector beside it: {error}") from error
    return learner.eval()


def _part(learner: DiffusionFake, name: str) -> nn.Module:
    return learner.get_submodule(name)
