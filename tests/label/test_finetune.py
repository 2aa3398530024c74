"""Fine-tuning needs torch and transformers; where they are missing these tests are skipped by name."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import InputError
from monitor.label.classifiers.onnx import load_onnx
from monitor.label.corpus import Coded
from monitor.label.finetune import Recipe, base_tokenizer, require_base, train_encoder
from monitor.label.origin import made_with
from monitor.label.sheet import sheet_of
from tests.label.conftest import FRAMES
from tests.label.tiny import tiny_config, write_tokenizer

for needed in ("torch", "transformers", "onnx"):
    pytest.importorskip(needed)


@pytest.fixture(scope="module")
def four_authors(coded: list[Coded]) -> list[Coded]:
    return [
        replace(item, author=f"{item.author}{again}", title=f"{item.title} {item.author}{again}")
        for again in ("", " again")
        for item in coded
    ]


@pytest.fixture(scope="module")
def tiny_base(coded: list[Coded], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an encoder with random weights over the words of the small corpus."""
    from transformers import BertModel

    folder = tmp_path_factory.mktemp("base")
    write_tokenizer(folder, [item.title for item in coded])
    BertModel(tiny_config()).save_pretrained(folder)
    return folder


def test_a_fine_tuned_model_is_written_whole_and_loads_without_torch(
    four_authors: list[Coded], tiny_base: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    recipe = Recipe(str(tiny_base), seed=1, epochs=2)
    figures = train_encoder(four_authors, recipe, folder=tmp_path / "tiny", say=said.append)
    assert figures["n"] == len(four_authors) / 2  # of the two authors held out
    assert said[-1].startswith("epoch ")
    manifest = json.loads((tmp_path / "tiny" / "manifest.json").read_text("utf-8"))
    assert manifest["training"]["base"] == tiny_base.name
    digest = hashlib.sha256((tiny_base / "model.safetensors").read_bytes()).hexdigest()
    assert manifest["training"]["base_sha256"] == digest
    assert manifest["training"]["made_with"] == made_with(encoder=True)
    card = " ".join((tmp_path / "tiny" / "README.md").read_text("utf-8").split())
    assert f"torch {manifest['training']['made_with']['versions']['torch']}" in card
    assert f"`{tiny_base.name}` (model.safetensors of SHA-256 `{digest}`)" in card
    assert "see NOTICE" not in card
    assert f"and {figures['precision']['single']['f1']:.3f} in single precision" in card  # type: ignore[index]
    assert "How many epochs to learn for was chosen on the same passages" in card
    model = load_onnx(tmp_path / "tiny")
    (scores,) = model.scores(["Brinley social workers: Social workers ignored nine calls from neighbours"])
    assert tuple(scores.frames) == FRAMES
    assert scores.relevant > 0.5


def test_a_fit_ends_where_it_gains_no_more_and_the_second_is_as_long_as_the_best_of_the_first(
    four_authors: list[Coded], tiny_base: Path, tmp_path: Path
) -> None:
    from monitor.label.encoder import PATIENCE, best_epoch

    said: list[str] = []
    train_encoder(
        four_authors, Recipe(str(tiny_base), 1, epochs=6), folder=tmp_path / "tiny", say=said.append
    )
    turn = next(place for place, line in enumerate(said) if line.startswith("second fit"))
    first, second = said[1:turn], said[turn + 1 :]
    best = len(second)
    assert len(first) == min(6, best + PATIENCE)
    assert best_epoch([0.3, 0.5, 0.5, 0.4]) == 2
    assert json.loads((tmp_path / "tiny" / "manifest.json").read_text("utf-8"))["training"]["epochs"] == best


@pytest.mark.parametrize(("rate", "stay"), [(0.0, True), (1e-3, False)])
def test_words_stay_as_they_are_unless_a_rate_is_given(
    four_authors: list[Coded], tiny_base: Path, rate: float, stay: bool
) -> None:
    import onnx
    from safetensors.numpy import load_file

    from monitor.label.encoder import Teaching, fit_encoder

    fit = fit_encoder(
        sheet_of(four_authors),
        base=str(tiny_base),
        tokenizer=base_tokenizer(str(tiny_base)),
        seed=1,
        epochs=1,
        say=lambda line: None,
        teaching=Teaching(word_rate=rate),
    )
    learnt = {
        one.name: onnx.numpy_helper.to_array(one)
        for one in onnx.load_from_string(fit.exact).graph.initializer
    }
    (words,) = [values for name, values in learnt.items() if name.endswith("word_embeddings.weight")]
    before = load_file(tiny_base / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert np.array_equal(words, before) == stay


def test_focal_loss_passes_over_what_is_easy_and_plain_loss_over_nothing() -> None:
    import torch

    from monitor.label.encoder import hardness

    margins, yes = torch.tensor([4.0, -4.0, 4.0]), torch.tensor([1.0, 0.0, 0.0])
    assert hardness(margins, yes, focus=0.0).tolist() == [1, 1, 1]
    right, also_right, wrong = hardness(margins, yes, focus=2.0).tolist()
    assert right == pytest.approx(also_right)
    assert right < 0.001 < 0.9 < wrong


def test_one_coder_is_enough_whose_texts_are_held_out_in_parts_under_the_name_given(
    coded: list[Coded], tiny_base: Path, tmp_path: Path
) -> None:
    own = [item for item in coded if item.author == "one"]
    own += [replace(item, title=f"{item.title} {item.author}") for item in own]
    recipe = Recipe(str(tiny_base), 1, 1, base_name="Tiny")
    train_encoder(own, recipe, folder=tmp_path / "m", say=print)
    training = json.loads((tmp_path / "m" / "manifest.json").read_text("utf-8"))["training"]
    assert (training["base"], training["authors"]) == ("Tiny", {"one": len(own)})
    assert len(training["held"]) == 2
    assert all(name.startswith("part ") for name in training["held"])


def test_three_texts_are_not_enough(coded: list[Coded], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--with-corpus"):
        train_encoder(coded[:3], Recipe("unused", 1, 1), folder=tmp_path / "m", say=print)


def test_an_encoder_that_names_its_layers_otherwise_is_fine_tuned_too(
    four_authors: list[Coded], tiny_base: Path, tmp_path: Path
) -> None:
    from transformers import DistilBertConfig, DistilBertModel

    shutil.copytree(tiny_base, tmp_path / "base")
    config = DistilBertConfig(
        vocab_size=600, dim=32, n_layers=2, n_heads=2, hidden_dim=64, max_position_embeddings=256
    )
    DistilBertModel(config).save_pretrained(tmp_path / "base")
    train_encoder(four_authors, Recipe(str(tmp_path / "base"), 1, 1), folder=tmp_path / "m", say=print)
    assert load_onnx(tmp_path / "m").scores(["Social workers"])


def test_an_encoder_that_reads_too_few_tokens_is_refused_before_any_fit(
    four_authors: list[Coded], tiny_base: Path, tmp_path: Path
) -> None:
    from transformers import BertModel

    shutil.copytree(tiny_base, tmp_path / "base")
    config = tiny_config()
    config.max_position_embeddings = 128
    BertModel(config).save_pretrained(tmp_path / "base")
    with pytest.raises(InputError, match="reads 128 tokens"):
        train_encoder(four_authors, Recipe(str(tmp_path / "base"), 1, 1), folder=tmp_path / "m", say=print)


def test_a_base_that_is_not_there_is_told(four_authors: list[Coded], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no encoder"):
        train_encoder(four_authors, Recipe(str(tmp_path), 1, 1), folder=tmp_path / "m", say=print)


def test_a_place_that_cannot_be_written_to_is_told_before_any_fit(
    four_authors: list[Coded], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="name another place with --out"):
        train_encoder(four_authors, Recipe("unused", 1, 1), folder=tmp_path / "file" / "m", say=print)


def test_a_network_of_another_kind_is_refused_before_any_fit(tiny_base: Path, tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2Model, T5Config, T5Model

    shutil.copytree(tiny_base, tmp_path / "base")
    for other in (
        GPT2Model(GPT2Config(vocab_size=600, n_embd=32, n_layer=2, n_head=2, n_positions=256)),
        T5Model(T5Config(vocab_size=600, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2)),
    ):
        other.save_pretrained(tmp_path / "base")
        with pytest.raises(InputError, match="cannot be fine-tuned") as caught:
            require_base(str(tmp_path / "base"))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [None, 1_000])
def test_a_base_whose_weights_cannot_be_loaded_is_refused_in_one_line(
    tiny_base: Path, tmp_path: Path, length: int | None
) -> None:
    shutil.copytree(tiny_base, tmp_path / "base")
    weights = tmp_path / "base" / "model.safetensors"
    if length is None:
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:length])
    with pytest.raises(InputError, match="base: cannot be loaded") as caught:
        require_base(str(tmp_path / "base"))
    assert "\n" not in str(caught.value)
