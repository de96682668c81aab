"""Opens a page in headless Chromium, walks through its routes and brings back what it finds there.

The page is opened in frames of given widths, since a window of a headless browser cannot be as
narrow as a phone. Frames of files cannot look into each other, so each posts its findings to the
page around them, from where they come out with the dumped document.
"""

import json
import re
import shutil
import subprocess
from html import escape, unescape

import pytest
from processes import SECONDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

# Before anything of the page runs: errors are kept, and requests that left the file would be too.
RECORDER = """
<script>
window.problems = [];
addEventListener("error", (event) => problems.push(String(event.message)), true);
addEventListener("unhandledrejection", (event) => problems.push(String(event.reason)));
for (const level of ["error", "warn"])
  console[level] = (...words) => problems.push(words.join(" "));
addEventListener("securitypolicyviolation", (event) => problems.push(event.blockedURI));
</script>
"""

# Whatever sticks out of the window, unless it scrolls inside a box of its own.
WALK = """
<script>
const stickingOut = () => {
  const width = document.documentElement.clientWidth;
  const found = [];
  const whole = document.documentElement.scrollWidth;
  if (whole > width) found.push(`page ${whole}`);
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest("svg") && element.tagName !== "svg") continue;
    if (element.parentElement.closest(".scroll")) continue;
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1))
      found.push(`${element.tagName} ${element.className} ${box.left} to ${box.right}`);
  }
  return found;
};
const settled = () => new Promise((resolve) => setTimeout(() => setTimeout(resolve, 0), 30));
addEventListener("load", async () => {
  const LOOK = () => (__LOOK__);
  const visits = [];
  for (const step of __STEPS__) {
    if (step === "back") history.back();
    else location.hash = step;
    await settled();
    const place = { step, hash: location.hash, width: innerWidth };
    visits.push({ ...place, stickingOut: stickingOut(), seen: LOOK() });
  }
  parent.postMessage({ frame: "__FRAME__", problems, visits,
    requests: performance.getEntriesByType("resource").map((entry) => entry.name) }, "*");
});
</script>
"""

AROUND = """<!DOCTYPE html><meta charset="utf-8"><body>{frames}<pre id="findings"></pre><script>
const findings = {{}};
addEventListener("message", (event) => {{
  findings[event.data.frame] = event.data;
  document.getElementById("findings").textContent = JSON.stringify(findings);
}});
</script>"""


def walk(folder, html, steps, *, look="null", widths=(1280,), height=800):
    """Open a page at several widths and go through hashes (or "back"), looking at each.

    ``look`` is a JavaScript expression whose value is kept for each step. Returns a dict of width
    to ``{"problems", "requests", "visits"}``.
    """
    frames = []
    for width in widths:
        walking = WALK.replace("__LOOK__", look).replace("__STEPS__", json.dumps(steps))
        page = html.replace("<head>", f"<head>{RECORDER}", 1).replace(
            "</body>", walking.replace("__FRAME__", str(width)) + "</body>"
        )
        file = folder / f"page_{width}.html"
        file.write_text(page, encoding="utf-8")
        size = f"border:0;width:{width}px;height:{height}px"
        frames.append(f'<iframe src="{escape(file.as_uri())}" style="{size}"></iframe>')
    around = folder / "around.html"
    around.write_text(AROUND.format(frames="".join(frames)), encoding="utf-8")
    command = [
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=60000",
        f"--window-size={max(widths)},{height}",
        "--dump-dom",
        around.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    found = re.search(r'<pre id="findings">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    assert found[1], "no frame has posted its findings"
    return {int(frame): told for frame, told in json.loads(unescape(found[1])).items()}
