"""Templates -> HTML. Every value is escaped; the page's own policy lets nothing run but its own script."""

import base64
import hashlib
import re
from importlib import metadata, resources
from typing import Any

import jinja2
from markupsafe import Markup, escape

TEMPLATES = resources.files("nucleoscope.report") / "templates"


def render(template: str, **content: Any) -> str:
    """Fill a template that is a page.

    Args:
        template: its file name.
        content: what it names; a name that is missing is an error.
    """
    script = _text("report.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(_text("report.css")),  # ours, not a user's
            script=Markup(script),
            script_hash=Markup(_policy_hash(script)),
            version=metadata.version("nucleoscope"),
            **content,
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "thousands": lambda count: f"{count:,}",
        "sentence": sentence,
        "coded": coded,
        "duration": duration,
    }
    return environment


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _policy_hash(script: str) -> str:
    """The script as a Content-Security-Policy names it, so that no other can run in the page."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def percent(share: float | None) -> str:
    """A fraction in percent; a dash for none.

    >>> percent(0.8881), percent(None)
    ('88.8%', '-')
    """
    return "-" if share is None else f"{share:.1%}"


def sentence(text: str) -> str:
    """A text that begins with a capital and ends with a full stop.

    >>> sentence("no two crops share pixels")
    'No two crops share pixels.'
    """
    return text if not text else text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def coded(text: str) -> Markup:
    """A text in which what stands between backticks is code; all else is escaped.

    >>> str(coded("`a < b` is said"))
    '<code>a &lt; b</code> is said'
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(4.21), duration(75), duration(7300)
    ('4.2 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
