"""A network trained by others as a beginning: its file is read and proved, and norms put back change nothing at first."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.__main__ import main
from organiser.training.learn.fit import fit
from organiser.training.learn.runs import backbone_of, read_weights
from organiser.training.networks.architectures import build
from organiser.training.networks.pretrained import Backbone, begin_run, begin_with, folded, read_backbone
from tests.training.drawn import draw_prepared, tiny_config, write_tree

STEM, BLOCKS = 4, ((6, 1), (8, 2))
OPTIONS = {"stem": STEM, "blocks": BLOCKS, "dropout": 0.0}


def made_up() -> dict[str, NDArray[np.float32]]:
    """Return the weights of a tiny graph, as float16 keeps them."""
    rng = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "conv1/convolution/merged_input": (3, 3, 3, STEM),
        "conv1_bn/batchnorm_1/sub": (STEM,),
        "conv1_relu/Cast": (),
    }
    before = STEM
    for number, (width, _) in enumerate(BLOCKS, 1):
        shapes[f"conv_dw_{number}/depthwise_kernel"] = (3, 3, before, 1)
        shapes[f"conv_dw_{number}_bn/batchnorm_1/mul"] = (before,)
        shapes[f"conv_dw_{number}_bn/batchnorm_1/sub"] = (before,)
        shapes[f"conv_pw_{number}/convolution/merged_input"] = (1, 1, before, width)
        shapes[f"conv_pw_{number}_bn/batchnorm_1/sub"] = (width,)
        before = width
    scale = {"conv1/convolution/merged_input": 0.02}
    drawn = {name: rng.normal(0, scale.get(name, 0.5), shape) for name, shape in shapes.items()}
    return {name: np.asarray(value, np.float16).astype(np.float32) for name, value in drawn.items()}


def write_tar(path: Path, weights: dict[str, NDArray[np.float32]], *, extra: bytes = b"") -> str:
    """Write weights as TensorFlow.js does, with a whole number among them; return the digest of the binary."""
    quantized = {"dtype": "float16", "original_dtype": "float32"}
    listed: list[dict[str, object]] = [
        {"name": name, "shape": list(value.shape), "dtype": "float32", "quantization": quantized}
        for name, value in weights.items()
    ]
    listed.append({"name": "global_pooling/axes", "shape": [2], "dtype": "int32"})
    data = b"".join(value.astype("<f2").tobytes() for value in weights.values())
    data += np.array([1, 2], "<i4").tobytes() + extra
    graph = json.dumps({"format": "graph-model", "weightsManifest": [{"paths": ["faceres.bin"], "weights": listed}]})
    with tarfile.open(path, "w") as archive:
        for name, content in (("faceres/faceres.json", graph.encode()), ("faceres/faceres.bin", data)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return hashlib.sha256(data).hexdigest()


def inputs(channels: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (70, 16, 16, channels)).astype(np.uint8)


def answer_of_the_graph(weights: dict[str, NDArray[np.float32]], rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what the graph itself gives before its pooling, from BGR as it wants it, in plain operations."""
    ops = keras.ops
    means = np.array([103.939, 116.779, 123.68], np.float32)
    x = ops.convert_to_tensor(rgb[..., ::-1].astype(np.float32) - means)
    x = ops.conv(x, weights["conv1/convolution/merged_input"], 2, "same") + weights["conv1_bn/batchnorm_1/sub"]
    x = ops.relu6(x)
    for number, (_, stride) in enumerate(BLOCKS, 1):
        deep, point = f"conv_dw_{number}", f"conv_pw_{number}"
        x = ops.depthwise_conv(x, weights[f"{deep}/depthwise_kernel"], stride, "same")
        x = ops.relu6(x * weights[f"{deep}_bn/batchnorm_1/mul"] + weights[f"{deep}_bn/batchnorm_1/sub"])
        x = ops.conv(x, weights[f"{point}/convolution/merged_input"], 1, "same")
        x = ops.relu6(x + weights[f"{point}_bn/batchnorm_1/sub"])
    return np.asarray(x)


def test_the_file_is_read_number_for_number(tmp_path: Path) -> None:
    weights = made_up()
    digest = write_tar(tmp_path / "faceres.tar", weights)
    backbone = read_backbone(tmp_path / "faceres.tar", sha256=digest)
    assert backbone.digest == digest
    for name, value in weights.items():
        np.testing.assert_array_equal(backbone.weights[name], value)
    assert backbone.weights["global_pooling/axes"].tolist() == [1, 2]


def test_other_weights_are_refused(tmp_path: Path) -> None:
    write_tar(tmp_path / "faceres.tar", made_up())
    with pytest.raises(Permanent, match="digest"):
        read_backbone(tmp_path / "faceres.tar")


def test_a_file_that_is_no_such_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="not readable as a tar"):
        read_backbone(tmp_path / "missing.tar")
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    with pytest.raises(Permanent, match=r"no faceres\.json and no faceres\.bin"):
        read_backbone(tmp_path / "empty.tar")
    digest = write_tar(tmp_path / "longer.tar", made_up(), extra=b"more")
    with pytest.raises(Permanent, match="more weights than the graph names"):
        read_backbone(tmp_path / "longer.tar", sha256=digest)


@pytest.mark.parametrize("channels", [1, 3])
def test_norms_put_back_change_nothing_at_first(channels: int) -> None:
    weights = made_up()
    model = build("mobilenet", size=16, channels=channels, classes=2, **OPTIONS)
    shown = inputs(channels)
    begin_with(model, weights, shown)
    body = keras.Model(model.input, model.get_layer("features").input)
    wanted = answer_of_the_graph(weights, np.repeat(shown, 3, axis=3) if channels == 1 else shown)
    assert wanted.std() > 0.1
    np.testing.assert_allclose(body.predict_on_batch(shown.astype(np.float32)), wanted, atol=2e-3)
    # Asked as in training, each norm measures the batch itself: the same, for the moments are those of these faces.
    trained = np.asarray(body(shown.astype(np.float32), training=True))
    np.testing.assert_allclose(trained, wanted, atol=2e-2)


def test_the_lowest_layers_keep_what_others_taught_them(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 8, val=2)
    config = tiny_config(network="mobilenet", options={**OPTIONS, "frozen": 1}, size=16, epochs=1, average=0.0)
    begin_run(config, Backbone(made_up(), "abc"), prepared, tmp_path / "begun")
    start = read_weights(tmp_path / "begun")
    fit(config, prepared, tmp_path / "run", start=start, note=lambda _: None)
    learned = read_weights(tmp_path / "run")
    model = build("mobilenet", size=16, channels=1, classes=2, **OPTIONS)
    same = {v.path.split("/")[0] for n, v in enumerate(model.weights) if np.array_equal(start[str(n)], learned[str(n)])}
    assert same == {f"{layer}{norm}" for layer in ("conv1", "conv_dw_1", "conv_pw_1") for norm in ("", "_bn")}


def test_a_graph_of_another_network_is_refused() -> None:
    weights = made_up()
    wider = build("mobilenet", size=16, channels=3, classes=2, stem=STEM, blocks=((6, 1), (10, 2)), dropout=0.0)
    with pytest.raises(Permanent, match="another network: conv_pw_2"):
        begin_with(wider, weights, inputs(3))
    with pytest.raises(Permanent, match="it has no 'conv_dw_3_bn"):
        folded(weights, "conv_dw_3")


def test_a_run_that_began_with_it_says_so(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 8, val=2)
    config = tiny_config(network="mobilenet", options=OPTIONS, size=16, epochs=1)
    begin_run(config, Backbone(made_up(), "abc"), prepared, tmp_path / "begun")
    assert backbone_of(tmp_path / "begun") == "abc"
    start = read_weights(tmp_path / "begun")
    fit(config, prepared, tmp_path / "run", start=start, backbone="abc", note=lambda _: None)
    assert backbone_of(tmp_path / "run") == "abc"
    with pytest.raises(Permanent, match="another config"):
        begin_run(config, Backbone(made_up(), "def"), prepared, tmp_path / "begun")


def test_the_command_takes_no_other_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tree(tmp_path / "set", ("happy", "sad"), 4)
    write_tar(tmp_path / "faceres.tar", made_up())
    assert main(["prepare", "--faces", f"own={tmp_path / 'set'}", "--leaks", "keep", "--out", str(tmp_path / "p")]) == 0
    command = ["pretrained", "--config", "teacher", "--data", str(tmp_path / "p"), "--out", str(tmp_path / "run")]
    assert main([*command, "--backbone", str(tmp_path / "faceres.tar")]) == 1
    assert "faceres.bin has the digest" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
