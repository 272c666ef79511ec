/** Colours that contests bring: can they be read, and what ink stands on them. WCAG 2.2 relative luminance. */

export function isColor(text: string | null | undefined): text is string {
  return typeof text === "string" && /^#[0-9a-fA-F]{6}$/.test(text);
}

export function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever stands out more on `color`. */
export function inkOn(color: string): "#000000" | "#ffffff" {
  return luminance(color) > 0.179 ? "#000000" : "#ffffff";
}
