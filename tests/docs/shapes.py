"""The types of a shape's fields, in the words that docs/protocol.md uses for them."""

from typing import Any

from pydantic import BaseModel

from parlour.fields import MAX_ID

Schema = dict[str, Any]


def field_types(shape: type[BaseModel]) -> dict[str, str]:
    """The type of each field, in order, but for a frame's `type`: `id`, `time or null`, ..."""
    fields: Schema = shape.model_json_schema().get("properties", {})
    return {
        name: type_words(schema)
        for name, schema in fields.items()
        if name != "type" or not {"const", "enum"} & set(schema)
    }


def required_fields(shape: type[BaseModel]) -> set[str]:
    """The fields that cannot be left out."""
    return {name for name, field in shape.model_fields.items() if field.is_required()}


def type_words(schema: Schema) -> str:
    """One JSON Schema in words."""
    if "anyOf" in schema:
        return " or ".join(type_words(each) for each in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].replace("ErrorAnswer", "Error")
    if "const" in schema:
        const = schema["const"]
        return str(const).lower() if isinstance(const, bool) else f'"{const}"'
    kind = schema["type"]
    if kind == "array":
        items = type_words(schema["items"])
        return f"list of {items}" if "$ref" in schema["items"] else f"list of {items}s"
    if kind == "object" and "$ref" not in schema and schema.get("additionalProperties") is not True:
        key = "name" if "propertyNames" in schema else "room id"
        return f"object: {type_words(schema['additionalProperties'])} by {key}"
    if kind == "string" and schema.get("format") == "date-time":
        return "time"
    if kind == "integer" and schema.get("maximum") == MAX_ID:
        return "id" if schema["minimum"] == 1 else "version"
    return str(kind)
