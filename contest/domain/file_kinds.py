"""Whether a file is of a kind that its question takes: by the end of its name, and by how its bytes begin where that kind says how."""

from contest.domain.questions import File
from contest.errors import Refusal, wrong_field

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",), "png": (b"\x89PNG\r\n\x1a\n",), "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",), "gif": (b"GIF8",),
    "zip": _ZIP, "docx": _ZIP, "xlsx": _ZIP, "pptx": _ZIP, "odt": _ZIP, "ods": _ZIP, "gz": (b"\x1f\x8b",),
}  # fmt: skip


def check_file(asked: File, name: str, content: bytes) -> None:
    """Raises Refusal 422 (its name), 415 (it is something else than it says), 413 (too large)."""
    stem, dot, extension = name.rpartition(".")
    extension = extension.lower()
    if asked.extensions and not (dot and stem and extension in asked.extensions):
        raise wrong_field("name", f"must end in one of: {', '.join('.' + each for each in asked.extensions)}")
    if not content:
        raise Refusal(415, "file.empty", "The file is empty.")
    if len(content) > asked.max_bytes:
        raise Refusal(413, "file.too_large", f"The file is larger than {asked.max_bytes:,} bytes.")
    if dot and extension in BEGINNINGS and not content.startswith(BEGINNINGS[extension]):
        raise Refusal(415, "file.other_kind", f"The file does not begin like a .{extension} file.")
