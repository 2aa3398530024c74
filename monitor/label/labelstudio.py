"""Coding in Label Studio: tasks out, its labelling interface, and annotated tasks back.

Formats: tasks to import are a JSON list of ``{"data": {...}}``; annotated ones come back by the export named
JSON (not JSON-MIN), each with ``annotations`` of ``result`` items that bear ``from_name``, the name of a tag
of the interface, and a ``value`` (https://labelstud.io/guide/task_format and /guide/export). Choices give
``value.choices``, TextArea ``value.text`` (https://labelstud.io/tags/choices, /tags/textarea).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import quoteattr

from monitor.errors import InputError
from monitor.label.codebook import load_codebook
from monitor.label.coding import FIELDS, Filled, Task

TONES = ("-2", "-1", "0", "1", "2")


def write_tasks(tasks: Iterable[Task], file: IO[str]) -> int:
    """Write the tasks, one a line of a JSON list, and return how many."""
    count = 0
    file.write("[")
    for count, task in enumerate(tasks, start=1):
        data = {"unit": task.unit, "title": task.title, "summary": task.summary, "passages": task.passages}
        file.write(",\n" if count > 1 else "\n")
        json.dump({"data": data}, file, ensure_ascii=False)
    file.write("\n]\n")
    return count


def labelling_config(*, with_passages: bool = False) -> str:
    """Return the interface to paste into Label Studio: Settings, Labeling Interface, Code."""
    book = load_codebook()
    shown = ["title", "summary", *(["passages"] if with_passages else [])]
    asked = 'visibleWhen="choice-selected" whenTagName="relevant" whenChoiceValue="yes"'
    frames = {frame.id: f"{frame.name}: {frame.definition}" for frame in book.frames}
    return "\n".join(
        [
            "<View>",
            *(f'  <Text name="{name}" value="${name}"/>' for name in shown),
            *_choices("relevant", {"yes": "", "no": ""}, 'choice="single-radio" required="true"'),
            f"  <View {asked}>",
            *_choices("frames", frames, 'choice="multiple"'),
            *_choices("tone", dict.fromkeys(TONES, ""), 'choice="single-radio"'),
            *_choices("status", dict.fromkeys(book.statuses, ""), 'choice="single-radio"'),
            *_choices("target", dict.fromkeys((*book.targets_counted, *book.targets_recorded), ""),
                      'choice="multiple"'),
            *_choices("reply", {"yes": "those whom it reproaches are heard", "no": ""},
                      'choice="single-radio"'),
            "  </View>",
            '  <Header value="note"/>',
            '  <TextArea name="note" toName="title" rows="2" maxSubmissions="1"/>',
            "</View>",
            "",
        ]
    )  # fmt: skip


def read_tasks(path: Path, coder: str = "") -> Filled:
    """Read annotated tasks; those without an annotation, or skipped, are blank. Predictions are passed over.

    Args:
        path: of Label Studio's export in the form JSON.
        coder: of every annotation; else each is by the e-mail address of its ``completed_by``, or
            ``labelstudio-user-N`` where that is a number.

    Raises:
        InputError: it cannot be read, or is no list of tasks.
    """
    try:
        tasks = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; name another file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is not JSON: {error}") from error
    if not isinstance(tasks, list):
        raise InputError(f"{path}: is no list of tasks; export it from Label Studio as JSON")
    filled = Filled()
    seen: dict[tuple[str, str], str] = {}
    for number, task in enumerate(tasks, start=1):
        _take_task(filled, f"task {_id(task, number)}", task, coder, seen)
    return filled


def _choices(name: str, values: Mapping[str, str], how: str) -> Iterable[str]:
    """Yield a group of choices; ``values`` gives the hint of each, which stands beside its id."""
    yield f'    <Header value="{name}"/>'
    yield f'    <Choices name="{name}" toName="title" {how}>'
    for value, hint in values.items():
        yield f'      <Choice value="{value}"{f" hint={quoteattr(hint)}" if hint else ""}/>'
    yield "    </Choices>"


def _id(task: object, number: int) -> object:
    return task.get("id", number) if isinstance(task, dict) else number


def _take_task(
    filled: Filled, where: str, task: object, coder: str, seen: dict[tuple[str, str], str]
) -> None:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(task, dict) or not isinstance(data, dict) or "unit" not in data:
        filled.problems.append(f"{where}: has no data.unit; export the tasks as JSON, not JSON-MIN")
        return
    annotations = task.get("annotations", [])
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        filled.problems.append(f"{where}: annotations is no list of objects")
        return
    made = [one for one in annotations if not one.get("was_cancelled") and one.get("result")]
    if not made:
        filled.blank += 1
    for annotation in made:
        unit, by = str(data["unit"]), coder or _annotator(annotation)
        if (unit, by) in seen:
            filled.problems.append(f"{where}: unit {unit} is coded by {by!r} in {seen[unit, by]} already")
            continue
        seen[unit, by] = where
        try:
            fields, at = _fields(annotation), _moment(annotation)
        except ValueError as error:
            filled.problems.append(f"{where}: {error}")
            continue
        filled.take(where, {"unit": unit, **fields}, by, at)


def _annotator(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("email") or by.get("id")
    return f"labelstudio-user-{by}" if isinstance(by, int) else str(by or "")


def _fields(annotation: Mapping[str, Any]) -> dict[str, str]:
    """Return what an annotation gives of FIELDS.

    Raises:
        ValueError: a result that is not of the documented form, or of a tag that we do not have.
    """
    fields: dict[str, str] = {}
    results = annotation["result"]
    for result in results if isinstance(results, list) else [results]:
        name = result.get("from_name") if isinstance(result, dict) else None
        value = result.get("value") if isinstance(result, dict) else None
        if name not in FIELDS or not isinstance(value, dict):
            raise ValueError(f"result of {name!r}; the interface has: {', '.join(FIELDS)}")
        given = value.get("choices", value.get("text"))
        words: list[Any] = given if isinstance(given, list) else [given]
        if not all(isinstance(word, str) for word in words):
            raise ValueError(f"{name} has neither choices nor text: {json.dumps(value)[:80]}")
        fields[name] = ("\n" if name == "note" else ";").join(words)
    return fields


def _moment(annotation: Mapping[str, Any]) -> datetime | None:
    """Return when an annotation was last changed; None where it does not tell.

    Raises:
        ValueError: not a time of ISO 8601 with its offset.
    """
    text = annotation.get("updated_at") or annotation.get("created_at")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
        if moment.tzinfo is None:
            raise ValueError(text)
    except ValueError:
        raise ValueError(f"updated_at {text!r} is no time like 2026-11-16T07:00:00Z") from None
    return moment
