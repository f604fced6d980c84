"""A tokenizer made from the words of some texts: a word, a number, a mark or the end of a line is a token.

A `PreTrainedTokenizerFast`, saved and loaded in the true format. Case is dropped; words it does not know are "[unk]".
"""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

SPECIAL = ("[pad]", "[unk]", "[bos]", "[eos]", "<image>")
NUMBERS = tuple(f"{hundredths / 100:.2f}" for hundredths in range(101))
"""Places in a picture, each a token of its own."""
MARKS = ("\n", "[", "]", ",", ".", ":", "?")
_PIECES = Regex(r"<image>|\d*\.\d+|\w+|[^\w\s]|\n")


def tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """The tokenizer of all words in the texts, in alphabetical order, and of `NUMBERS`."""
    split = pre_tokenizers.Split(_PIECES, "removed", invert=True)
    words = {piece for text in texts for piece, _ in split.pre_tokenize_str(text.lower())} - {
        *SPECIAL,
        *NUMBERS,
        *MARKS,
    }
    known = [*SPECIAL, *NUMBERS, *MARKS, *sorted(words)]
    core = Tokenizer(models.WordLevel({word: number for number, word in enumerate(known)}, SPECIAL[1]))
    core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = split
    marks = {f"{name}_token": f"[{name}]" for name in ("pad", "unk", "bos", "eos")}
    image = {"image_token": "<image>"}
    return PreTrainedTokenizerFast(tokenizer_object=core, extra_special_tokens=image, **marks)
