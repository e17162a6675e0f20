# SPDX-License-Identifier: Apache-2.0
"""render.py INPUT OUTPUT.png: what a terminal, or a viewer of our SVG, would show, for zbarimg to read."""
import re
import sys

from PIL import Image, ImageDraw

text = open(sys.argv[1], encoding="utf-8").read()
if "<svg" in text:
    side = int(re.search(r'viewBox="0 0 (\d+)', text).group(1))
    image = Image.new("L", (side * 8, side * 8), 255)
    draw = ImageDraw.Draw(image)
    for x, y in re.findall(r"M(\d+),(\d+)h1v1h-1z", text):
        draw.rectangle([int(x) * 8, int(y) * 8, int(x) * 8 + 7, int(y) * 8 + 7], fill=0)
elif "\033[107m" in text:
    rows = [re.findall(r"\033\[(40|107)m  ", line) for line in text.split("\n") if "\033[107m" in line]
    image = Image.new("L", (len(rows[0]) * 8, len(rows) * 8), 0)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(rows):
        for x, colour in enumerate(row):
            draw.rectangle([x * 8, y * 8, x * 8 + 7, y * 8 + 7], fill=255 if colour == "107" else 0)
else:  # half blocks, light on dark
    rows = [line for line in text.split("\n") if re.fullmatch(r"[█▀▄ ]{21,}", line)]
    image = Image.new("L", (len(rows[0]) * 8 + 40, len(rows) * 16 + 40), 0)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(rows):
        for x, block in enumerate(row):
            top, left = 20 + y * 16, 20 + x * 8
            if block in "█▀":
                draw.rectangle([left, top, left + 7, top + 7], fill=255)
            if block in "█▄":
                draw.rectangle([left, top + 8, left + 7, top + 15], fill=255)
image.save(sys.argv[2])
