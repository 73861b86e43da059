"""Frees the height and width of an ONNX network that was exported with fixed ones, without the `onnx` package.

An ONNX file is a protobuf message (field numbers from onnx.proto3: ModelProto.graph = 7; GraphProto.input = 11,
output = 12, value_info = 13; ValueInfoProto.type = 2; TypeProto.tensor_type = 1; TypeProto.Tensor.shape = 2). The
shapes of the inputs are replaced by named ones, those of outputs and intermediate values, which only repeat what a
runtime infers, are dropped. Weights and nodes pass through untouched; whether the nodes themselves bear another size
is for the caller to know.
"""

from collections.abc import Callable, Iterator

_MODEL_GRAPH = 7
_GRAPH_INPUT, _GRAPH_OUTPUT, _GRAPH_VALUE_INFO = 11, 12, 13
_VALUE_TYPE, _TYPE_TENSOR, _TENSOR_SHAPE = 2, 1, 2


def free_height_and_width(model: bytes) -> bytes:
    """Return the ONNX file `model` with every input's shape set to (1, 3, height, width), the last two free."""
    return _rewrite(model, {_MODEL_GRAPH: _free_graph})


def _free_graph(graph: bytes) -> bytes:
    kept = b"".join(raw for field, raw, _ in _fields(graph) if field != _GRAPH_VALUE_INFO)
    return _rewrite(kept, {_GRAPH_INPUT: _free_input, _GRAPH_OUTPUT: _drop_shape})


def _free_input(value: bytes) -> bytes:
    dims = (b"\x08\x01", b"\x08\x03", _packed(2, b"height"), _packed(2, b"width"))
    shape = b"".join(_packed(1, dim) for dim in dims)
    return _reshape(value, _packed(_TENSOR_SHAPE, shape))


def _drop_shape(value: bytes) -> bytes:
    return _reshape(value, b"")


def _reshape(value: bytes, shape: bytes) -> bytes:
    """Return the ValueInfoProto `value` with its tensor's shape field replaced by the encoded field `shape`."""

    def tensor(body: bytes) -> bytes:
        return b"".join(raw for field, raw, _ in _fields(body) if field != _TENSOR_SHAPE) + shape

    return _rewrite(value, {_VALUE_TYPE: lambda kind: _rewrite(kind, {_TYPE_TENSOR: tensor})})


def _rewrite(message: bytes, edits: dict[int, Callable[[bytes], bytes]]) -> bytes:
    """Return `message` with the content of each length-delimited field named in `edits` passed through its function."""
    return b"".join(
        _packed(field, edits[field](content)) if field in edits and content is not None else raw
        for field, raw, content in _fields(message)
    )


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield (field number, the field as encoded, its content if length-delimited) in the message's order."""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        content = None
        match key & 7:
            case 0:
                _, at = _varint(message, at)
            case 1:
                at += 8
            case 2:
                length, at = _varint(message, at)
                content = message[at : at + length]
                at += length
            case 5:
                at += 4
            case wire:
                raise ValueError(f"no protobuf message: wire type {wire} at byte {start}")
        yield key >> 3, message[start:at], content


def _packed(field: int, content: bytes) -> bytes:
    return _encoded(field << 3 | 2) + _encoded(len(content)) + content


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
