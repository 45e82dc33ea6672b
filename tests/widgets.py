"""Widget roots as their JSON, with every component that ChatKit knows.

None of them has a null, because ChatKit omits nulls when it serializes a widget, also required ones.
"""

from typing import Any

Json = dict[str, Any]

_ACTION: Json = {"type": "task.complete", "payload": {"id": "task_1", "more": [1, True]}, "handler": "client"}
_COLOR: Json = {"dark": "#fff", "light": "#000"}
_OPTIONS: list[Json] = [{"value": "a", "label": "A"}, {"value": "b", "label": "B", "disabled": True}]
_SERIES: list[Json] = [
    {"type": "bar", "label": "Sold", "dataKey": "sold", "stack": "one", "color": _COLOR},
    {"type": "line", "label": "Made", "dataKey": "made", "curveType": "monotone"},
    {"type": "area", "label": "Kept", "dataKey": "kept", "color": "blue"},
]

TEXTS: list[Json] = [
    {"type": "Title", "value": "A title", "size": "3xl", "weight": "bold", "maxLines": 1},
    {
        "type": "Text",
        "value": "Text ✓",
        "color": _COLOR,
        "streaming": True,
        "editable": {"name": "t", "required": True},
    },
    {"type": "Text", "value": "fixed", "editable": False, "width": 40, "textAlign": "end"},
    {"type": "Caption", "value": "small", "size": "sm", "color": "tertiary"},
    {"type": "Markdown", "value": "# *Hi*", "streaming": False},
    {"type": "Badge", "label": "new", "color": "success", "pill": True},
    {"type": "Label", "value": "Name", "fieldName": "name"},
]
CONTROLS: list[Json] = [
    {"type": "Button", "label": "Go", "onClickAction": _ACTION, "iconStart": "check", "style": "primary"},
    {"type": "Button", "label": "Link", "iconEnd": "lucide:arrow-right", "disabled": True},
    {"type": "Checkbox", "name": "ok", "label": "OK", "defaultChecked": "yes", "onChangeAction": _ACTION},
    {"type": "Select", "name": "s", "options": _OPTIONS, "clearable": True, "defaultValue": "a"},
    {"type": "RadioGroup", "name": "r", "options": _OPTIONS, "direction": "row"},
    {"type": "DatePicker", "name": "d", "min": "2026-01-01T00:00:00Z", "max": "2026-12-31T23:59:59.5+05:45"},
    {"type": "Input", "name": "i", "inputType": "email", "placeholder": "you@example.org"},
    {"type": "Textarea", "name": "t", "rows": 3, "autoResize": True},
]
LAYOUT: list[Json] = [
    {"type": "Row", "gap": 2, "border": {"size": 1, "color": "subtle"}, "children": [{"type": "Spacer", "minSize": 4}]},
    {
        "type": "Col",
        "padding": {"x": 2, "top": "1px"},
        "radius": "full",
        "children": [{"type": "Divider", "flush": True}],
    },
    {"type": "Box", "direction": "row", "border": {"x": 1, "top": {"size": 2, "style": "dotted"}}, "aspectRatio": 1.5},
    {"type": "Form", "onSubmitAction": _ACTION, "children": [{"type": "Input", "name": "nested"}]},
    {"type": "Transition", "children": {"type": "Icon", "name": "sparkle", "size": "lg"}},
    {"type": "Image", "src": "https://example.org/1.png", "fit": "cover", "position": "top left", "frame": True},
    {
        "type": "Chart",
        "data": [{"day": "Mon", "sold": 3, "made": 2.5, "kept": 0}],
        "series": _SERIES,
        "xAxis": {"dataKey": "day", "labels": {"Mon": "Monday"}},
        "showLegend": True,
    },
]

ROW: Json = {"type": "ListViewItem", "key": "1", "onClickAction": _ACTION, "gap": "3px", "children": TEXTS}

CARD: Json = {
    "type": "Card",
    "id": "card",
    "asForm": True,
    "size": "md",
    "background": _COLOR,
    "padding": {"top": 1, "x": "2px"},
    "status": {"text": "Ready", "icon": "check"},
    "confirm": {"label": "Yes", "action": _ACTION},
    "cancel": {"label": "No", "action": {"type": "stop"}},
    "theme": "dark",
    "children": [*TEXTS, *CONTROLS, *LAYOUT, ROW],
}
LIST: Json = {
    "type": "ListView",
    "limit": "auto",
    "status": {"text": "Two", "favicon": "https://example.org/favicon.ico", "frame": True},
    "children": [ROW, {"type": "ListViewItem", "children": []}],
}
BASIC: Json = {"type": "Basic", "gap": 3, "children": [*TEXTS, {"type": "Col", "children": LAYOUT}]}


def card_of_rows(count: int) -> Json:
    """Return a card with `count` rows of some 300 bytes each."""
    row = {
        "type": "Row",
        "children": [
            {"type": "Text", "value": "A line of a table that is far too long"},
            {"type": "Badge", "label": "new", "color": "success", "pill": True},
            {"type": "Button", "label": "Go", "onClickAction": _ACTION, "iconStart": "check", "style": "primary"},
        ],
    }
    return {"type": "Card", "size": "md", "children": [{"key": str(number), **row} for number in range(count)]}
