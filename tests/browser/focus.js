// What has the keyboard's attention: its name, and whether one sees that it has it.
() => {
  const element = document.activeElement;
  const has = (at) => {
    const style = getComputedStyle(at);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  };
  const label = element.labels?.[0]?.innerText || element.getAttribute("aria-label") || element.innerText || element.title || "";
  let isSeen = false;
  for (let at = element, steps = 0; at && at !== document.body && steps < 4; at = at.parentElement, steps += 1) isSeen ||= has(at);
  const lines = label.trim().split("\n");
  return { name: lines[lines.length - 1].trim(), tag: element.tagName, isSeen };
}
