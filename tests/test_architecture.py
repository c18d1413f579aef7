"""Facts about the project: who may import whom, what is light, what is public."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import claimml

PACKAGE = Path(claimml.__file__).parent

# Each module may import from those in its own layer or below. Programs stand on top.
LAYERS = [
    {"errors", "document"},
    {"tagging", "quantity", "gazetteer", "config"},
    {"rules", "formats", "corpus", "scoring", "model", "claims"},
    {"tagger", "compare", "report", "show"},
    {"export"},
    {"finetune", "pretrain"},
    {"train", "evaluate", "__main__"},
]
HEAVY = {"torch", "transformers", "datasets", "sklearn", "seqeval", "matplotlib", "accelerate"}


def layer(module: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if module in names)


def modules() -> list[tuple[str, Path]]:
    return [
        (path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "__init__.py" or path.parent != PACKAGE
    ]


def imports(tree: ast.AST, top_level: bool) -> set[str]:
    found = set()
    nodes = tree.body if top_level else list(ast.walk(tree))  # type: ignore[attr-defined]
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=lambda value: getattr(value, "name", value))
def test_imports_point_one_way(module: str, path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name in imports(tree, top_level=True):
        parts = name.split(".")
        if parts[0] == "claimml" and len(parts) > 1 and (PACKAGE / parts[1]).with_suffix(".py").exists():
            assert layer(parts[1]) <= layer(module), f"{module} imports {parts[1]}, which stands above it"
        if parts[0] in HEAVY:
            pytest.fail(f"{path.name} imports {parts[0]} at the top: heavy packages are imported where they are used")


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split())


def test_import_is_light() -> None:
    loaded = modules_after("import claimml")
    assert not loaded & {"numpy", "onnxruntime", "tokenizers", "click", "asyncio", *HEAVY}
    assert len([name for name in loaded if name.startswith("claimml")]) == 1


def test_rules_need_only_the_standard_library() -> None:
    loaded = modules_after("import claimml; claimml.load('rules').tag(['Rusia membeli tiga tank.'])")
    assert not loaded & {"numpy", "onnxruntime", "tokenizers", *HEAVY}


def test_prediction_needs_no_train_extra() -> None:
    loaded = modules_after("import claimml; claimml.predict('Rusia membeli tiga tank.')")
    assert not loaded & HEAVY


def test_public_names() -> None:
    assert claimml.__all__ == sorted(claimml.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    for name in claimml.__all__:
        assert getattr(claimml, name).__doc__ or name == "LABELS"
    assert not {path.stem for path in PACKAGE.glob("*.py")} & set(claimml.__all__), "a public name hides a submodule"
    with pytest.raises(AttributeError, match="nothing_such"):
        claimml.nothing_such  # noqa: B018


def test_nothing_loads_pickles_or_runs_code() -> None:
    for _, path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                bad = {"eval", "exec", "pickle.load", "pickle.loads", "torch.load", "joblib.load"}
                assert name not in bad, f"{path}: {name}"
                for keyword in node.keywords:
                    trusted = keyword.arg == "trust_remote_code" and ast.unparse(keyword.value) != "False"
                    assert not trusted, f"{path}: trust_remote_code"
