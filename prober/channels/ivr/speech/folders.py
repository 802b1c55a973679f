"""What lies in the folder of a model, told without the engine that reads it."""

from __future__ import annotations

from pathlib import Path

TOKENS = "tokens.txt"
TRANSDUCER = ("encoder", "decoder", "joiner")


def best(folder: Path, name: str) -> Path | None:
    """Return the ONNX file of *folder* that begins with *name*, the int8 one if there are several; None if none is."""
    found = sorted(folder.glob(f"{name}*.onnx"), key=lambda path: (".int8." not in path.name, path.name))
    return found[0] if found else None


def whisper_lacks(folder: Path) -> str:
    """Return what keeps it from being a model of faster-whisper; empty if nothing does."""
    wanted = ("model.bin", "config.json", "tokenizer.json")
    return _without([name for name in wanted if not (folder / name).is_file()])


def sherpa_lacks(folder: Path) -> str:
    """Return what keeps it from being SenseVoice (`model*.onnx`) or a streaming transducer; empty if nothing does."""
    missing = [name for name in TRANSDUCER if best(folder, name) is None]
    if len(missing) == len(TRANSDUCER):
        missing = [] if best(folder, "model") else ["model"]
    files = [f"{name}*.onnx" for name in missing]
    return _without(files if (folder / TOKENS).is_file() else [*files, TOKENS])


def vosk_lacks(folder: Path) -> str:
    """Return what keeps it from being a model of Vosk; empty if nothing does."""
    mdl = "am/final.mdl"
    return _without([] if (folder / mdl).is_file() or (folder / "final.mdl").is_file() else [mdl])


def _without(missing: list[str]) -> str:
    return f"there is no {', no '.join(missing)}" if missing else ""
