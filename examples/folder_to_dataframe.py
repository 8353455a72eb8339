"""Make one pandas table of the keypoints in all images of a folder.

python examples/folder_to_dataframe.py FOLDER TABLE.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from livepose import SourceError, analyze_image, load_model


def main(folder: Path, table: Path) -> None:
    tables = []
    with load_model("lightning") as model:
        for path in sorted(folder.iterdir()):
            try:
                posed = analyze_image(path, model)
            except SourceError as error:
                print(f"left out: {error}", file=sys.stderr)
                continue
            tables.append(posed.poses.to_dataframe().assign(image=path.name))
    if not tables:
        sys.exit(f"there are no images in {folder}")
    data = pd.concat(tables, ignore_index=True)
    data.to_csv(table, index=False)
    print(data.groupby("image")["score"].mean().to_string())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
