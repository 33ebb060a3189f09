"""How a step says no, in words that Temporal keeps with the run.

The type is stable and meant for machines (`DbtTestFailure`), the message is a sentence for an operator and
holds no secret. Final failures are not tried again; the others are, by the retry policy of the workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError

MESSAGE_CHARACTERS_MAX = 2000


def final(kind: str, message: str, details: Mapping[str, Any] | None = None) -> ApplicationError:
    """A failure that trying again cannot mend: wrong input, a refused request, a failed data test."""
    return ApplicationError(shortened(message), *_listed(details), type=kind, non_retryable=True)


def passing(
    kind: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    again_in: timedelta | None = None,
) -> ApplicationError:
    """A failure that may mend itself: a network error, a busy database, a server that is overloaded."""
    return ApplicationError(shortened(message), *_listed(details), type=kind, next_retry_delay=again_in)


def shortened(text: str, characters_max: int = MESSAGE_CHARACTERS_MAX) -> str:
    """The text, cut with a visible mark when it is longer than allowed."""
    if len(text) <= characters_max:
        return text
    return text[: characters_max - 4] + " ..."


def _listed(details: Mapping[str, Any] | None) -> list[Any]:
    return [] if details is None else [dict(details)]
