#!/usr/bin/env bash
# models/mini and models/fast from text and annotations, step by step; each step is skipped where its result lies in runs/.
# Needs ../shared (texts that may be trained on but not passed on) and some hours on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" GOMP_SPINCOUNT=0 OMP_WAIT_POLICY=passive MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=4294967296
python=.venv/bin/python
mkdir -p runs
[ -f runs/domain.txt ] || $python training/plain.py runs/domain.txt ../shared/annotated/*.jsonl training/corpus/*/*.txt
[ -f runs/pretrain-mini/pretrain.json ] || $python -m claimml.pretrain configs/pretrain-mini.toml
[ -f runs/silver.jsonl ] || $python training/silver.py runs/silver.jsonl ../shared/corpus/id_news.xz=0.5 \
    ../shared/corpus/id_articles.xz=0.25 ../shared/corpus/id_general.xz=0.15 ../shared/corpus/ms.xz=0.3 \
    ../shared/corpus/en_news.xz=0.1 ../shared/corpus/en_defence.xz=0.15
$python -m claimml.train configs/mini.toml
cat training/sources.md >> models/mini/README.md
# models/fast: the lower four layers, taught by what models/mini finds in the same raw text before our articles.
[ -d runs/pretrain-fast ] || $python training/shallow.py runs/pretrain-mini 4 runs/pretrain-fast
[ -f runs/silver-mini.jsonl ] || $python -m claimml predict runs/silver.jsonl --model mini --format jsonl --output runs/silver-mini.jsonl
$python -m claimml.train configs/mini.toml encoder=runs/pretrain-fast output=models/fast work=runs/fast name=fast \
    'auxiliary={"runs/silver-mini.jsonl" = 1.0}'
cat training/sources.md >> models/fast/README.md
for model in mini fast; do
    $python -m claimml.evaluate $model ../shared/gold/dev --against rules
    $python -m claimml.evaluate $model ../shared/gold --texts ../shared/seeds
    $python -m claimml.evaluate $model training/heldout/articles.txt --claims training/heldout/claims.jsonl
done
