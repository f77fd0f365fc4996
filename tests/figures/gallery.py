"""All kinds of figures for looking at: one SVG each, and a page with all of them.

python -m tests.figures.gallery OUT_FOLDER
"""

import sys
from html import escape
from pathlib import Path

from analysis.figures import draw
from tests.figures.specimens import SPECIMENS

SIZES = (1, 2, 9, 30, 120)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title>
<style>body {{ color-scheme: {scheme}; background: {paper}; color: {ink}; font: 15px system-ui, sans-serif }}
svg {{ max-width: 100%; height: auto }} figure {{ margin: 2rem 0 }}</style>
<h1>Figures</h1>{figures}</html>
"""
LOOKS = {"light": ("#ffffff", "#1b1b1b"), "dark": ("#11181f", "#e8eaed")}


def write_all(folder: Path) -> None:
    """Write every specimen, and the pages light.html and dark.html with all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = ""
    for name, make in SPECIMENS.items():
        for k in SIZES:
            drawing = draw(*make(k))
            (folder / f"{name}-{k}.svg").write_text(drawing, encoding="utf-8")
            shown += f"<figure><figcaption>{escape(name)}, k = {k}</figcaption>{drawing}</figure>"
    for scheme, (paper, ink) in LOOKS.items():
        page = PAGE.format(scheme=scheme, paper=paper, ink=ink, figures=shown)
        (folder / f"{scheme}.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
