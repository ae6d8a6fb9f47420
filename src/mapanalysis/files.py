"""Files and folders that appear whole or not at all, and fingerprints of what is in them.

Imports nothing heavy: a command that finds everything up to date needs only this and `project`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

from mapanalysis.errors import OutputError, Problem

try:
    import fcntl
except ImportError:  # Windows: there, two runs at once are not kept apart
    fcntl = None  # type: ignore[assignment]

# What the system says when the place, and not the program, is the reason that a file cannot be written.
CANNOT_WRITE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.ENOTDIR,
        errno.EEXIST,
        errno.ENAMETOOLONG,
    }
)


REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9._-]+")


def sha256_of(data: bytes) -> str:
    """The SHA-256 of `data`, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def fingerprint(parts: Iterable[str | bytes | Path]) -> str:
    """One SHA-256 over texts, bytes and the contents of files, in their order."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part
        data = data.encode("utf-8") if isinstance(data, str) else data
        whole.update(hashlib.sha256(data).digest())
    return whole.hexdigest()


def package_fingerprint() -> str:
    """One SHA-256 of all files of mapanalysis itself, templates included."""
    root = Path(__file__).parent
    files = sorted(path for path in root.rglob("*") if "__pycache__" not in path.parts and path.is_file())
    return fingerprint(part for path in files for part in (path.relative_to(root).as_posix(), path))


def package_versions() -> dict[str, str]:
    """The version of each package that mapanalysis requires by itself, by name."""
    try:
        required = metadata.requires("mapanalysis") or []
    except metadata.PackageNotFoundError:  # run from a source tree that is not installed
        return {}
    versions = {}
    for requirement in required:
        name = REQUIREMENT_NAME.match(requirement)
        if name and "extra ==" not in requirement:
            versions[name[0]] = metadata.version(name[0])
    return dict(sorted(versions.items()))


def write_text(path: Path, text: str) -> None:
    """Writes `text` in UTF-8, whole or not at all: see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Writes `data` so that `path` holds the old or the new, never a part. Raises OutputError when it cannot."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OutputError(cannot_write(path, error)) from error


def cannot_write(path: Path, error: OSError) -> Problem:
    """The problem of a file that the system would not let us write."""
    return Problem(
        f"cannot be written ({error.strerror or error})",
        "Check the folder's permissions and the space on the disk; what was there before is unchanged.",
        file=str(path),
    )


@contextmanager
def replacing_folder(final: Path, *, wait: bool = True) -> Iterator[Path]:
    """A new, empty folder that takes the place of `final`, whole, when the block ends well.

    When the block raises, the new folder is removed and `final` stays as it was. A process killed at any moment
    leaves `final` whole, or for the instant between two renames beside itself as `.<name>.last`, from where the
    next call (or `recover_folder`) puts it back. One process at a time: another waits, or with `wait=False`
    gets an OutputError.
    """
    # Named by the process: what an orphan of a killed one still writes cannot reach the folder of the next.
    new = final.with_name(f".{final.name}.{os.getpid()}.new")
    try:
        with _locked(final, wait):
            for stale in final.parent.glob(f".{_literal(final.name)}.*.new"):
                shutil.rmtree(stale, ignore_errors=True)
            recover_folder(final)
            try:
                new.mkdir()
                yield new
                _swap(new, final)
            finally:
                recover_folder(final)
                shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        raise OutputError(cannot_write(Path(error.filename or final), error)) from error


def recover_folder(final: Path) -> None:
    """Puts back the last good `final` where a killed run left it beside its place."""
    last = _last(final)
    if last.exists() and not final.exists():
        last.rename(final)


def _swap(new: Path, final: Path) -> None:
    last = _last(final)
    _remove(last)
    if final.exists() or final.is_symlink():
        final.rename(last)
    new.rename(final)
    _remove(last)


def _remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _last(final: Path) -> Path:
    return final.with_name(f".{final.name}.last")


def _literal(name: str) -> str:
    """`name` with what `glob` would take for a pattern made inert."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


@contextmanager
def _locked(final: Path, wait: bool) -> Iterator[None]:
    """Holds `.<name>.lock` beside `final`. The system lets go of it when the process ends, however it ends."""
    path = final.with_name(f".{final.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _lock(path, final, wait)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _lock(path: Path, final: Path, wait: bool) -> int:
    """The open lock file, ours alone. Raises OutputError when another has it and `wait` is False."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if fcntl:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP):
                return descriptor  # a file system without locks: better to run than to refuse
            holder = os.read(descriptor, 20).decode("ascii", "replace")
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                raise OutputError(_in_use(final, holder)) from None
            raise
        if _is_at(descriptor, path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode("ascii"))
            return descriptor
        os.close(descriptor)  # whoever had it took the file away in letting go: take the one there now


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _in_use(final: Path, holder: str) -> Problem:
    return Problem(
        f"another process (number {holder or 'unknown'}) is writing this folder now",
        "Wait until it has ended, then run again.",
        file=str(final),
    )
