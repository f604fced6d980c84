"""The one loop: accelerate underneath, a journal above, and a learner that says its losses.

A learner is an `nn.Module` whose `forward(batch)` returns a dict of scalars; `"loss"` is minimised and all are
logged. It runs on a CPU, a GPU or, under `torchrun` or `accelerate launch`, several, with the same batches. Every
random choice follows from seed and step, so a run that is killed and resumed ends with the same weights.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from engines.backbones.device import pick_device
from engines.backbones.precision import choose
from engines.errors import MienError, Stopped
from engines.training import sam, snapshot
from engines.training.checkpoints import CheckpointFolder
from engines.training.ema import Ema
from engines.training.journal import Journal
from engines.training.loop_config import LoopConfig
from engines.training.sampling import Item, StepSampler


class Items(Protocol):
    """A map-style data set that gives a batch for a list of `(index, seed)`."""

    def __len__(self) -> int:
        """Number of samples."""
        ...

    def __getitems__(self, items: Sequence[Item], /) -> Any:
        """The batch, augmented by each item's seed."""
        ...


class Observer(Protocol):
    """Something that looks at the learner as it is trained and remembers."""

    def __call__(self, step: int, learner: nn.Module) -> None:
        """Look, after a step."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What it has gathered, in types that `torch.load(weights_only=True)` admits."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        ...


@dataclass
class Loop:
    """One training: `fit` runs it to its last step or until it is asked to stop.

    Args:
        learner: `forward(batch) -> {"loss": scalar, ...}`; may offer `parameter_groups(lr) -> list[dict]`.
        data: gives a finished batch for a list of `(index, seed)`.
        config: settings.
        journal: who listens.
        stage: name of this training in a recipe that does several; it has checkpoints of its own.
        prefix: put before the names of metrics, such as "lora/".
        observer: called as `observer(step, learner)` after each optimiser step, steps counted from 1; what it has
            gathered is part of the checkpoint. If it has a method `stepped`, that is called so too, while the step's
            gradients are still there.
    """

    learner: nn.Module
    data: Items
    config: LoopConfig
    journal: Journal
    stage: str = "train"
    prefix: str = ""
    observer: Observer | None = None

    def fit(self) -> nn.Module:
        """Train, resuming from the journal's newest checkpoint, and return the learner (averaged if `ema` is set).

        Raises:
            Stopped: the journal asked to stop; the checkpoint is saved.
            MienError: the loss is no longer a number.
        """
        set_seed(self.config.seed)
        self._set_up()
        start = self._resume()
        self._started, self._saved, self._first = time.monotonic(), time.monotonic(), start
        for step, batch in enumerate(self._batches(start), start + 1):
            self._step(step, batch)
        if self.ema:
            self.ema.write()
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        return self.learner

    @property
    def checkpoints(self) -> CheckpointFolder:
        """Where this stage keeps its checkpoints."""
        return self.journal.checkpoints.stage(self.stage)

    def _set_up(self) -> None:
        device = pick_device(self.config.device)
        precision = _ACCELERATE[choose(device, self.config.precision)]
        AcceleratorState._reset_state(reset_partial_state=False)  # an earlier run in this process may have differed
        self.accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision=precision)
        optimiser = make_optimiser(self.learner, self.config)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: learning_rate(step, self.config))
        self.model, self.optimiser = self.accelerator.prepare(self.learner, optimiser)
        self.scheduler = scheduler
        self.trainable = [parameter for parameter in self.learner.parameters() if parameter.requires_grad]
        self.ema = Ema(self.trainable, self.config.ema) if self.config.ema else None
        self.model.train()

    def _resume(self) -> int:
        folder = self.checkpoints.latest()
        if folder is None:
            return 0
        step = snapshot.read(folder, self._parts())
        self.journal.log(f"{self.stage}: resumed after step {step}")
        return step

    def _batches(self, start: int) -> Iterator[Any]:
        sampler = StepSampler(
            size=len(self.data),
            batch=self.config.batch,
            steps=self.config.steps,
            seed=self.config.seed,
            start=start,
            rank=self.accelerator.process_index,
            world=self.accelerator.num_processes,
        )
        # The loader draws a base seed from torch's generator; its own generator keeps ours out of that.
        generator = torch.Generator().manual_seed(self.config.seed)
        loader = DataLoader(
            cast(Dataset[Any], self.data),
            batch_sampler=sampler,
            num_workers=self.config.loaders,
            collate_fn=_finished,
            generator=generator,
        )
        for batch in loader:
            yield _to(batch, self.accelerator.device)

    def _step(self, step: int, batch: Any) -> None:
        values = self.model(batch)
        self.accelerator.backward(values["loss"])
        if self.config.sam:
            self._look_around(batch)
        if self.config.clip:
            self.accelerator.clip_grad_norm_(self.trainable, self.config.clip)
        self.optimiser.step()
        if stepped := getattr(self.observer, "stepped", None):
            stepped(step, self.learner)
        self.scheduler.step()
        self.optimiser.zero_grad()
        if self.ema:
            self.ema.update()
        self._say(step, values)
        if self.observer:
            self.observer(step, self.learner)
        self._keep(step)

    def _look_around(self, batch: Any) -> None:
        """Exchange the gradients for those at the worst place near by."""
        before = sam.climb(self.trainable, self.config.sam)
        self.optimiser.zero_grad()
        self.accelerator.backward(self.model(batch)["loss"])
        sam.come_back(self.trainable, before)

    def _say(self, step: int, values: dict[str, Tensor]) -> None:
        numbers = {name: float(value.detach()) for name, value in values.items()}
        numbers["loss/total"] = numbers.pop("loss")
        if not math.isfinite(numbers["loss/total"]):
            raise MienError(
                f"The loss became {numbers['loss/total']} at step {step}. Lower the learning rate "
                f"(now {self.config.lr:g}) or set clip to 1; the last checkpoint is kept."
            )
        if not self.accelerator.is_main_process:
            return
        self.journal.metric(step, **{self.prefix + key: number for key, number in numbers.items()})
        pace = (time.monotonic() - self._started) / (step - self._first)
        left = pace * (self.config.steps - step)
        note = f"step {step} of {self.config.steps}, {pace:.2f} s a step, {left:.0f} s left"
        self.journal.phase(self.stage, step / self.config.steps, note)

    def _stopping(self) -> bool:
        """Whether any process was asked to stop: all must leave the loop at the same step."""
        asked = self.journal.stopping()
        if self.accelerator.num_processes == 1:
            return asked
        votes = torch.tensor(float(asked), device=self.accelerator.device)
        return bool(self.accelerator.reduce(votes, "sum") > 0)

    def _parts(self) -> snapshot.Parts:
        return snapshot.Parts(self.learner, self.optimiser, self.scheduler, self.ema, self.observer)

    def _keep(self, step: int) -> None:
        stopping = self._stopping()
        due = time.monotonic() - self._saved >= self.config.checkpoint_s
        if not (stopping or due or step == self.config.steps):
            return
        if self.accelerator.is_main_process:
            self.checkpoints.save(step, lambda folder: snapshot.write(folder, step, self._parts()))
        self._saved = time.monotonic()
        if stopping and step < self.config.steps:
            raise Stopped(f"Stopped after step {step} of {self.config.steps}; resume it to go on from there.")


_ACCELERATE = {torch.float32: "no", torch.bfloat16: "bf16", torch.float16: "fp16"}


def make_optimiser(learner: nn.Module, config: LoopConfig) -> torch.optim.Optimizer:
    """The optimiser over the learner's own parameter groups, or over all that is trainable."""
    own: Callable[[float], list[dict[str, Any]]] | None = getattr(learner, "parameter_groups", None)
    trainable = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    groups = own(config.lr) if own else [{"params": trainable}]
    kinds = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    return kinds[config.optimiser](groups, lr=config.lr, weight_decay=config.weight_decay)


def learning_rate(step: int, config: LoopConfig) -> float:
    """Factor on the peak learning rate at a step counted from 0."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.schedule == "constant":
        return 1.0
    whole = config.horizon or config.steps
    if config.schedule == "steps":
        return 0.1 ** sum(step >= share * whole for share in config.drops)
    done = (step - config.warmup) / max(1, whole - config.warmup)
    return config.floor + (1 - config.floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def _finished(batch: Any) -> Any:
    return batch


def _to(batch: Any, device: torch.device) -> Any:
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {key: _to(value, device) for key, value in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)(_to(value, device) for value in batch)
    return batch
