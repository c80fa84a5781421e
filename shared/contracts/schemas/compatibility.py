"""Whether a reader of the new schema reads all that was written by the old one, and misses nothing in it.

Fields may be added with a default, a type may be widened. Everything else breaks. What is not understood counts as
broken: better a question too many than a topic that cannot be read.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_NOTES = frozenset({"title", "description", "default", "examples", "$defs", "deprecated"})
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_COMPARED = frozenset({"type", "enum", "const", "properties", "required", "items", "prefixItems", "anyOf"})


def breaks(old: Schema, new: Schema) -> list[str]:
    """What a change breaks, each by the path of its field; empty where it breaks nothing."""
    return list(_Comparison(old, new).breaks(old, new, ""))


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old_parts: Schema = old.get("$defs", {})
        self._new_parts: Schema = new.get("$defs", {})

    def breaks(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        old, new = _followed(old, self._old_parts), _followed(new, self._new_parts)
        olds, news = _alternatives(old), _alternatives(new)
        if len(olds) == 1 and len(news) == 1:
            yield from self._one(olds[0], news[0], path)
            return
        for alternative in olds:
            if all(any(self.breaks(alternative, other, path)) for other in news):
                yield f"{path or 'data'}: no longer takes {_said(_followed(alternative, self._old_parts))}"

    def _one(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        where = path or "data"
        values, allowed = _values(old), _values(new)
        if allowed is not None and (values is None or set(values) - set(allowed)):
            yield f"{where}: no longer takes every value"
        if old.get("type") != new.get("type") and (old.get("type"), new.get("type")) != ("integer", "number"):
            yield f"{where}: {_said(old)} became {_said(new)}"
            return
        yield from self._fields(old, new, path)
        yield from self._items(old, new, where)
        yield from _bounds(old, new, where)
        for keyword in sorted(old.keys() | new.keys()):
            known = keyword in _NOTES | _COMPARED or keyword in _LOWER_BOUNDS + _UPPER_BOUNDS
            dropped = keyword not in new and keyword in ("format", "pattern", "additionalProperties")
            if not known and not dropped and old.get(keyword) != new.get(keyword):
                yield f"{where}: {keyword} became {new.get(keyword)!r}"

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            inner = f"{path}.{name}" if path else name
            if name not in after:
                yield f"{inner}: removed"
            else:
                yield from self.breaks(schema, after[name], inner)
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{path}.{name}: newly required" if path else f"{name}: newly required"

    def _items(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before: Sequence[Schema] = old.get("prefixItems", ())
        after: Sequence[Schema] = new.get("prefixItems", ())
        if len(before) != len(after):
            yield f"{where}: {len(before)} fixed items became {len(after)}"
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from self.breaks(one, other, f"{where}[{number}]")
        if "items" in new:
            yield from self.breaks(old.get("items", {}), new["items"], f"{where}[]")


def _bounds(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for keyword in _LOWER_BOUNDS:
        if keyword in new and (keyword not in old or new[keyword] > old[keyword]):
            yield f"{where}: {keyword} became {new[keyword]}"
    for keyword in _UPPER_BOUNDS:
        if keyword in new and (keyword not in old or new[keyword] < old[keyword]):
            yield f"{where}: {keyword} became {new[keyword]}"


def _followed(schema: Schema, parts: Schema) -> Schema:
    """The schema itself where it only names a part."""
    while "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    return schema


def _alternatives(schema: Schema) -> Sequence[Schema]:
    alternatives: Sequence[Schema] = schema.get("anyOf", (schema,))
    return alternatives


def _values(schema: Schema) -> Sequence[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: Sequence[Any] | None = schema.get("enum")
    return values


def _said(schema: Schema) -> str:
    return str(schema.get("format") or schema.get("type") or "anything")
