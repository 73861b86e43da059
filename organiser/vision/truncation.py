"""Whether a picture's data end too early: the difference between a file still arriving and one that is corrupt."""

from io import BytesIO

from organiser.formats.table import Format


def cut_short(row: Format, data: bytes, error: Exception) -> bool:
    """Return whether `error`, met when decoding `data` of the format `row`, is for want of data."""
    message = str(error).lower()
    if "truncated" in message or "end of file" in message:
        return True
    end = row.ending(BytesIO(data), len(data)) if row.ending else None
    return end is not None and end > len(data)
