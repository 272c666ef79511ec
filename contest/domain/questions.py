"""What a question asks for, by kind: the body that contestants see, the key that they never see, the rubric for graders, and what an
answer may look like. Everything here is checked once, when it comes in; how an answer is judged is `grading.py`."""

from math import isfinite
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from contest.errors import wrong_field

Kind = Literal["code", "multiple_choice", "numeric", "short_text", "file"]
KINDS: tuple[Kind, ...] = get_args(Kind)

OptionId = Annotated[str, Meta(min_length=1, max_length=50)]
Prose = Annotated[str, Meta(min_length=1, max_length=10_000)]
Finite = Annotated[float, Meta(ge=-1.7e308, le=1.7e308)]
"""NaN is between no two numbers."""
Tolerance = Annotated[float, Meta(ge=0, le=1.7e308)]
ANSWER_BYTES = 65_536
"""The longest text that is an answer; a program that is submitted may be longer (`bodies.SOURCE_LIMIT_BYTES`)."""
FILE_BYTES = 10 << 20


class Shape(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What bodies and keys begin from. Stored and told without `kind`, which the question itself has."""


class Code(Shape, frozen=True, tag="code", omit_defaults=True):
    languages: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=50)], ...], Meta(max_length=50)] | None = None
    time_limit_ms: Annotated[int, Meta(ge=1, le=600_000)] | None = None
    memory_limit_mb: Annotated[int, Meta(ge=1, le=65_536)] | None = None


class Option(Struct, frozen=True, forbid_unknown_fields=True):
    id: OptionId
    text: Prose


class MultipleChoice(Shape, frozen=True, tag="multiple_choice"):
    """`multiple`: more than one may be chosen."""

    options: Annotated[tuple[Option, ...], Meta(min_length=2, max_length=100)]
    multiple: bool = False


class Numeric(Shape, frozen=True, tag="numeric", omit_defaults=True):
    unit: Annotated[str, Meta(max_length=50)] | None = None


class ShortText(Shape, frozen=True, tag="short_text"):
    """`max_length`: characters. `lines`: how large the field is on the page."""

    max_length: Annotated[int, Meta(ge=1, le=ANSWER_BYTES // 4)] = 200
    lines: Annotated[int, Meta(ge=1, le=100)] = 1


class File(Shape, frozen=True, tag="file"):
    """`extensions`: without the dot, in lower case; none: any."""

    extensions: Annotated[tuple[Annotated[str, Meta(pattern=r"^[a-z0-9]{1,10}\Z")], ...], Meta(max_length=50)] = ()
    max_bytes: Annotated[int, Meta(ge=1, le=FILE_BYTES)] = FILE_BYTES


Body = Code | MultipleChoice | Numeric | ShortText | File


class Choices(Shape, frozen=True, tag="multiple_choice"):
    """`partial`: a part of the points for a part of the right ones, less what was chosen wrongly; else all or nothing."""

    right: Annotated[tuple[OptionId, ...], Meta(min_length=1, max_length=100)]
    partial: bool = False


class Number(Shape, frozen=True, tag="numeric", omit_defaults=True):
    """Within either tolerance is right; `relative` to `value`. Without any it has to be `value` itself."""

    value: Finite
    absolute: Tolerance | None = None
    relative: Tolerance | None = None


class Texts(Shape, frozen=True, tag="short_text"):
    """Compared without regard to white space at the ends and how much of it is between, and to case unless `case_sensitive`."""

    accepted: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=ANSWER_BYTES // 4)], ...], Meta(min_length=1, max_length=100)]
    case_sensitive: bool = False


Key = Choices | Number | Texts


class Criterion(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a rubric: up to `points` for it."""

    id: OptionId
    text: Annotated[str, Meta(max_length=2_000)]
    points: Annotated[float, Meta(ge=0, le=100_000)]


def check_consistent(body: Body, key: Key | None, rubric: tuple[Criterion, ...]) -> None:
    """Whether they fit each other. Raises Refusal 422."""
    if key is not None and key.__struct_config__.tag != body.__struct_config__.tag:
        raise wrong_field("answer_key", "is for another kind of question")
    if len({criterion.id for criterion in rubric}) < len(rubric):
        raise wrong_field("rubric", "names an id twice")
    if isinstance(body, MultipleChoice):
        options = {option.id for option in body.options}
        if len(options) < len(body.options):
            raise wrong_field("body.options", "names an id twice")
        if isinstance(key, Choices):
            _check_right(body, key, options)


def _check_right(body: MultipleChoice, key: Choices, options: set[str]) -> None:
    if not set(key.right) <= options:
        raise wrong_field("answer_key.right", "names an id that no option has")
    if len(set(key.right)) < len(key.right):
        raise wrong_field("answer_key.right", "names an id twice")
    if not body.multiple and len(key.right) > 1:
        raise wrong_field("answer_key.right", "must be one where only one may be chosen")


def checked_answer(body: Body, value: Any, field: str = "value") -> Any:
    """`value` as it is kept: text, a finite number, a list of option ids, `{"file_id": id}`, `{"source", "language"}`. Whether the file is
    there is not looked at. Raises Refusal 422 that names `field`."""
    match body:
        case MultipleChoice():
            return _choices(body, value, field)
        case Numeric():
            return _number(value, field)
        case ShortText():
            return _text(value, field, body.max_length)
        case File():
            return _file(value, field)
        case Code():
            return _program(body, value, field)


def _choices(body: MultipleChoice, value: Any, field: str) -> list[str]:
    chosen = [value] if isinstance(value, str) else value
    if not isinstance(chosen, list) or not all(isinstance(each, str) for each in chosen):
        raise wrong_field(field, "must be a list of option ids")
    if not set(chosen) <= {option.id for option in body.options}:
        raise wrong_field(field, "names an id that no option has")
    if len(set(chosen)) < len(chosen):
        raise wrong_field(field, "names an option twice")
    if len(chosen) > 1 and not body.multiple:
        raise wrong_field(field, "must be one option only")
    return chosen


def _number(value: Any, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_field(field, "must be a number")
    try:
        found = float(value)
    except OverflowError:
        found = float("inf")
    if not isfinite(found):
        raise wrong_field(field, "must be a finite number")
    return found


def _text(value: Any, field: str, longest: int) -> str:
    if not isinstance(value, str):
        raise wrong_field(field, "must be text")
    if len(value) > longest:
        raise wrong_field(field, f"is longer than {longest:,} characters")
    return value


def _file(value: Any, field: str) -> dict[str, str]:
    if not isinstance(value, dict) or value.keys() != {"file_id"} or not isinstance(value["file_id"], str):
        raise wrong_field(field, 'must be {"file_id": id}')
    return value


def _program(body: Code, value: Any, field: str) -> Any:
    """The text alone, or with its language."""
    source, language = value, None
    if isinstance(value, dict) and value.keys() == {"source", "language"}:
        source, language = value["source"], value["language"]
        if not isinstance(language, str) or not 1 <= len(language) <= 50 or (body.languages and language not in body.languages):
            raise wrong_field(field, "names a language that is not taken")
    if not isinstance(source, str):
        raise wrong_field(field, 'must be text, or {"source", "language"}')
    if len(source.encode(errors="surrogatepass")) > ANSWER_BYTES:
        raise wrong_field(field, f"is longer than {ANSWER_BYTES >> 10} KiB")
    return value
