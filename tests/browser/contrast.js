// Text on this page whose colour does not stand out enough from what lies behind it (WCAG 2.2, 1.4.3: 4.5, large 3).
() => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1,
  });
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null; // a picture or a gradient has no one colour
      const layer = rgba(style.backgroundColor);
      if (layer.a > 0) layers.push(layer);
      if (layer.a === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), { r: 255, g: 255, b: 255, a: 1 });
  };
  const opacity = (element) => {
    let product = 1;
    for (let at = element; at; at = at.parentElement) product *= Number(getComputedStyle(at).opacity);
    return product;
  };
  const found = [];
  const look = (element, text, style) => {
    const below = behind(element);
    if (!below || element.closest("svg, [aria-hidden=true], [disabled], [aria-disabled=true], canvas")) return;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || !element.checkVisibility({ visibilityProperty: true })) return;
    const seen = opacity(element);
    if (seen === 0) return;
    const color = rgba(style.color);
    const stands = ratio(over({ ...color, a: color.a * seen }, below), below);
    const size = parseFloat(style.fontSize);
    const isIcon = style.fontFamily.includes("Material Symbols");
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) || isIcon;
    if (stands < (isLarge ? 3 : 4.5)) found.push(`${stands.toFixed(2)} ${style.color} ${JSON.stringify(text.slice(0, 40))}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text && !["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) look(element, text, getComputedStyle(element));
  }
  for (const input of document.querySelectorAll("input, textarea")) {
    const text = input.value || input.placeholder;
    if (text) look(input, text, getComputedStyle(input, input.value ? null : "::placeholder"));
  }
  return [...new Set(found)];
}
