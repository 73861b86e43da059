"""The demonstration photos: portraits of the public domain that scikit-image and matplotlib carry in their packages.

Not part of the product's flow: `make run` without PHOTOS calls it, in an environment with the `demo` group.
"""

import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path

_PICTURES = (
    ("skimage.data", "astronaut.png"),  # Eileen Collins, NASA
    ("skimage.data", "camera.png"),
    ("skimage.data", "coffee.png"),
    ("skimage.data", "chelsea.png"),
    ("skimage.data", "rocket.jpg"),
    ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),  # Grace Hopper, US Navy
)


def main(target: str) -> None:
    """Copy the pictures that are there into the folder `target`."""
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    for package, name in _PICTURES:
        source = files(package).joinpath(*name.split("/"))
        if source.is_file():
            with as_file(source) as path:
                shutil.copyfile(path, folder / path.name)


if __name__ == "__main__":
    main(sys.argv[1])
