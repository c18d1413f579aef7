"""The lower layers of an encoder as an encoder of its own, for a tagger that is faster than good.

python training/shallow.py ENCODER LAYERS OUTPUT
"""

from __future__ import annotations

import sys
from pathlib import Path


def shallow(source: Path, layers: int, target: Path) -> None:
    """Write the first `layers` layers of a ModernBERT encoder, with embeddings, last norm and tokenizer, to `target`."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    config = AutoConfig.from_pretrained(source)
    if not 0 < layers <= config.num_hidden_layers:
        raise SystemExit(f"{source} has {config.num_hidden_layers} layers; give 1 to {config.num_hidden_layers}")
    model = AutoModel.from_pretrained(source)
    model.layers = model.layers[:layers]
    model.config.num_hidden_layers = layers
    model.config.layer_types = model.config.layer_types[:layers]
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(source).save_pretrained(target)


if __name__ == "__main__":
    if len(sys.argv) != 4 or not sys.argv[2].isdigit():
        print(__doc__)
        sys.exit(2)
    shallow(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
