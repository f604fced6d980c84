"""The multimodal model and the whole experiment on a few questions; the paper's formats end to end."""

import numpy as np
import pytest
import torch
from transformers import (
    AutoTokenizer,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
)

from engines.backbones import towers
from engines.continual.llaca import base, model
from engines.continual.llaca.ema import BRANCHES, DynamicEma, FixedEma
from engines.continual.llaca.experts import Gate
from engines.continual.llaca.learner import Tuner, copied, fresh, put
from engines.continual.llaca.lessons import Lessons, Sight, answers, batch, lessons_of
from engines.continual.llaca.recipe import RECIPE, LlacaConfig, parsed
from engines.continual.llaca.tasks import world
from engines.continual.llaca.tasks.asked import Part, Question
from engines.continual.llaca.words import tokenizer
from engines.errors import BadConfig, BadInput, BadWeights, Stopped
from engines.training.journal import MemoryJournal
from tests.continual.test_vlm_tasks import coin_tree, known


@pytest.fixture(autouse=True)
def small_world(monkeypatch, tmp_path):
    """Made-up photographs in place of the world's, and a cache of the test's own."""
    torch.set_num_threads(1)
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(world, "build", lambda spec, journal, note: known(len(spec), len(note)))
    monkeypatch.setattr("engines.continual.llaca.base.build", lambda spec, journal, note: known(len(spec), 9))


def settings(**changes) -> LlacaConfig:
    return RECIPE.configure("tiny", changes)


def run(journal=None, **changes):
    journal = journal or MemoryJournal()
    return RECIPE(settings(**changes), journal), journal


@pytest.fixture(scope="module")
def vlm():
    texts = ["What is it?\nAnswer with a word.", "[0.10, 0.20, 0.30, 0.40]", "hat mask yes no"]
    made = model.small(settings(), towers.build("vit-tiny-random"), texts)
    made.adapt(4, 8, 0.0, 0)
    return made


def part(answer="hat", count=4):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (count, 28, 28, 3)).astype(np.uint8)
    return Part(world.Drawn(images), tuple(Question(n, "What is it?", (answer,)) for n in range(count)))


def test_the_tokenizer_keeps_numbers_whole_and_is_saved_in_the_true_format(tmp_path, vlm):
    words = tokenizer(["Where is it?\n[0.10, 0.20]"])
    assert words.convert_ids_to_tokens(words("Where [0.10, 0.99]\nzebra")["input_ids"]) == [
        "where", "[", "0.10", ",", "0.99", "]", "\n", "[unk]",
    ]  # fmt: skip
    words.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert again("where <image>?")["input_ids"] == words("where <image>?")["input_ids"]
    assert vlm.text(vlm.answer_tokens("[0.10, 0.20, 0.30, 0.40]")) == "[0.10, 0.20, 0.30, 0.40]"


def test_only_lora_and_the_projector_are_trained(vlm):
    names = set(vlm.trained())
    assert {name.rsplit(".", 1)[-1] for name in names if "lora" in name} == {"lora_A", "lora_B"}
    assert {name for name in names if "lora" not in name} == {
        f"projector.linear_{n}.{kind}" for n in (1, 2) for kind in ("weight", "bias")
    }
    assert sum("lora_A" in name for name in names) == 7  # one layer: q, k, v, o, gate, up, down
    start = fresh(vlm, copied(vlm), 3)
    assert all(one.abs().sum() == 0 for name, one in start.items() if name.endswith("lora_B"))


def test_the_answer_depends_on_the_picture_and_padding_changes_nothing(vlm):
    sight, mine = Sight(vlm), part()
    one, other = (batch(sight, lessons_of(mine)[n : n + 1]) for n in (0, 1))
    first = vlm.logits(one["tokens"], one["seen"])
    assert not torch.allclose(first, vlm.logits(other["tokens"], other["seen"]))
    padded = torch.nn.functional.pad(one["tokens"], (0, 3), value=vlm.pad)
    assert torch.allclose(vlm.logits(padded, one["seen"])[:, : first.shape[1]], first, atol=1e-5)


def test_a_few_steps_teach_an_answer(vlm):
    sight, mine = Sight(vlm), part("mask")
    before = copied(vlm)
    tuner = Tuner(vlm, 0.01)
    optimiser = torch.optim.Adam(tuner.parameter_groups(0.02), lr=0.02)
    for _ in range(120):
        optimiser.zero_grad()
        tuner(Lessons(sight, lessons_of(mine)).__getitems__([(n, 0) for n in range(4)]))["loss"].backward()
        optimiser.step()
    assert answers(sight, mine, np.arange(4), 4) == ["mask"] * 4  # greedy, on its own
    put(vlm, before)
    assert answers(sight, mine, np.arange(4), 4) != ["mask"] * 4


def test_rivals_terms_are_nothing_where_nothing_moved(vlm):
    one = batch(Sight(vlm), lessons_of(part()))
    tuner = Tuner(vlm, 0.01).eval()
    tuner.ewc_weight = tuner.lwf_weight = 1.0
    here = copied(vlm)
    tuner.old, tuner.important = here, {name: (torch.ones_like(value), value) for name, value in here.items()}
    said = tuner(one)
    assert said["loss/ewc"].item() == 0 and said["loss/lwf"].item() == pytest.approx(0, abs=1e-6)
    tuner.old = {name: value + 0.3 for name, value in here.items()}
    tuner.important = {name: (torch.full_like(value, 2.0), value - 0.5) for name, value in here.items()}
    said = tuner(one)
    assert float(said["loss/lwf"]) > 1e-4
    assert float(said["loss/ewc"]) == pytest.approx(0.5 * sum(value.numel() for value in here.values()), rel=1e-4)


def test_experts_begin_as_lora_and_their_gates_weigh_them_by_hand(vlm):
    one = batch(Sight(vlm), lessons_of(part()))
    put(vlm, {name: torch.full_like(value, 0.1) for name, value in copied(vlm).items()})
    plain, names = vlm.logits(one["tokens"], one["seen"]), set(vlm.trained())
    vlm.split(2)
    assert all(name.endswith(".experts.gate.weight") for name in set(vlm.trained()) - names)
    assert torch.equal(vlm.logits(one["tokens"], one["seen"]), plain), "gates at 0 weigh all experts alike"
    gate = Gate(1, 2, 4)
    with torch.no_grad():
        gate.gate.weight.copy_(torch.tensor([[np.log(3.0)], [0.0]]))
    assert torch.allclose(gate(torch.tensor([[1.0]])), torch.tensor([[1.5, 1.5, 0.5, 0.5]]))  # 2 x 3/4, 2 x 1/4
    vlm.split(0)
    assert set(vlm.trained()) == names and torch.equal(vlm.logits(one["tokens"], one["seen"]), plain)
    with pytest.raises(BadConfig, match="cannot be shared by 3 experts"):
        vlm.split(3)


def test_a_fixed_average_by_hand():
    weight = torch.nn.Parameter(torch.tensor([0.0]))
    ema = FixedEma([("w", weight)], 0.75)
    for value in (4.0, 8.0):
        with torch.no_grad():
            weight.fill_(value)
        ema.update()
    assert float(ema.average["w"]) == pytest.approx(0.75 * 1 + 0.25 * 8)
    assert ema.last["w"].branch == "fixed" and ema.taken["fixed"] == 2


def test_the_shipped_tokenizer_knows_every_word_of_the_world():
    words = tokenizer(base._texts([]))
    made = world.World(24, 24, None)
    for name in world.KINDS:
        for question in made.task(name).train.questions:
            for text in (question.turn, *question.answers):
                assert words.unk_token_id not in words(text)["input_ids"], text


def test_every_method_fills_its_matrix():
    methods = ("llaca", "dema", "ema:0.9", "lora", "moelora:experts=2", "replay", "ewc", "lwf", "multitask")
    outcome, journal = run(methods=methods, tasks=("classes", "comparison", "yesno"), ahead=True)
    for method in methods:
        kept = journal.arrays[f"record-{method.replace(':', '-').replace('=', '-')}-0"]
        known = np.isfinite(kept["accuracy_answer"])
        assert (known[-1].all() and not known[:-1].any()) if method == "multitask" else known.all(), method
    llaca, dema = (journal.arrays[f"record-{name}-0"] for name in ("llaca", "dema"))
    assert llaca["groups"].tolist() == [0, 1, 1] and llaca["averaged"].tolist() == [False, False, True]
    assert dema["groups"].tolist() == [0, 0, 0] and dema["averaged"].tolist() == [False, True, True]
    assert (llaca["right"][0, :4] == llaca["right"][2, :4]).all()  # no later task touches the first group
    balance = {row["task"]: row for row in journal.tables["balance"] if row["method"] == "ema:0.9"}
    assert set(balance) == {"comparison", "yesno"} and balance["yesno"]["fixed"] > 0
    assert dema["keep"].shape == dema["branch"].shape == (len(dema["steps"]), len(dema["tensors"]))
    first = dema["branch"][dema["steps"][:, 1] == 1]
    assert (first == BRANCHES.index("no previous gradient")).all()
    rows = outcome.summary()["compared"]
    assert {row["method"] for row in rows} == set(methods)
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


def test_a_stopped_run_ends_with_the_same_weights(tmp_path, monkeypatch):
    """Stopped in the first training, in the first task, and in the second, where the average is."""
    changes = {"methods": ("dema",), "tasks": ("comparison", "yesno"), "checkpoint_s": 0.0}
    whole, _ = run(MemoryJournal(tmp_path / "whole"), **changes)
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "another"))  # where nothing has been trained
    for stop in (2, 3, 9):
        with pytest.raises(Stopped):
            run(MemoryJournal(tmp_path / "cut", stop_at=stop), **changes)
    again, _ = run(MemoryJournal(tmp_path / "cut"), **changes)
    assert set(again.tensors) == set(whole.tensors)
    for name, value in again.tensors.items():
        assert torch.equal(value, whole.tensors[name]), name
    for key in ("right", "keep", "probes", "steps"):
        expected = whole.records["dema-0"][key]
        assert np.array_equal(again.records["dema-0"][key], expected, equal_nan=True), key


def llava_folder(folder):
    """A LLaVA-1.5 of random weights, tiny, saved in the true format with its tokenizer."""
    words = tokenizer(["USER: ASSISTANT: What is written? stop A. x B. y", "Answer the question using a single word"])
    vision = CLIPVisionConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=3, num_attention_heads=2,
                              image_size=28, patch_size=14)  # fmt: skip
    text = LlamaConfig(vocab_size=len(words), hidden_size=16, intermediate_size=24, num_hidden_layers=1,
                       num_attention_heads=2, bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
                       pad_token_id=words.pad_token_id)  # fmt: skip
    image = words.convert_tokens_to_ids("<image>")
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_id=image, image_seq_length=4)
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def test_the_papers_preset_on_the_papers_formats(tmp_path):
    folder, tree = llava_folder(tmp_path / "llava"), coin_tree(tmp_path / "CoIN")
    changes = {"model": str(folder), "data": str(tree), "methods": ("llaca", "lora"), "batch": 2, "rank": 2}
    journal = MemoryJournal()
    outcome = RECIPE(RECIPE.configure("paper", {**changes, "precision": "fp32", "probe_every": 1}), journal)
    assert outcome.summary()["data"] == "CoIN: CoIN"
    kept = journal.arrays["record-llaca-0"]
    assert kept["groups"].tolist() == [0, 1, 2] and np.isfinite(kept["accuracy_answer"][-1]).all()


def test_our_features_are_those_of_transformers_own_path(tmp_path):
    """The tower's tokens, projected and put in, answer as LLaVA does with the picture itself."""
    vlm = model.load(str(llava_folder(tmp_path)))
    picture = np.random.default_rng(0).integers(0, 255, (28, 28, 3)).astype(np.uint8)
    tokens = torch.tensor([vlm.prompt("What is written?")])
    whole = vlm.llava(input_ids=tokens, pixel_values=vlm._pixels(picture)[None]).logits
    assert torch.allclose(vlm.logits(tokens, vlm.see([picture])), whole, atol=1e-5)


def test_what_is_refused(tmp_path):
    with pytest.raises(BadConfig, match="is not a method"):
        settings(methods=("llaca:seeds=3",))
    with pytest.raises(BadConfig, match="decay is 0 to 1"):
        settings(methods=("ema:2",))
    with pytest.raises(BadConfig, match="each once"):
        settings(tasks=("yesno", "yesno"))
    with pytest.raises(BadInput, match="holds no tasks of CoIN"):
        run(data=str(tmp_path), tasks=())
    with pytest.raises(BadWeights, match=r"no LLaVA-1\.5"):
        model.load(str(tmp_path))
    assert parsed("ema:0.9:rank=2") == ("ema", 0.9, {"rank": "2"})


def test_bfloat16_loses_what_float32_keeps():
    """An average of 0.99 towards a target 20 % away: rounding stops half of the values."""
    torch.manual_seed(0)
    start = torch.randn(20_000)
    closed = {}
    for precise in (True, False):
        weight = torch.nn.Parameter(start.bfloat16())
        ema = FixedEma([("w", weight)], 0.99, precise=precise)
        goal = start + 0.2
        with torch.no_grad():
            weight.copy_(goal)
        for _ in range(1000):
            ema.update()
        closed[precise] = float((ema.average["w"].float() - start.bfloat16().float()).mean()) / 0.2
    assert closed[True] == pytest.approx(1, abs=0.01) and closed[False] < 0.6
    assert isinstance(ema, DynamicEma)
