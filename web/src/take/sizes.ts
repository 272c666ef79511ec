/** Bytes as people say them. */

export function sizeOf(bytes: number, locale: string): string {
  const inMegabytes = bytes >= 1 << 20;
  const figure = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, numberingSystem: "latn" });
  if (bytes < 1 << 10) return `${figure.format(bytes)} B`;
  return inMegabytes ? `${figure.format(bytes / (1 << 20))} MB` : `${figure.format(bytes / (1 << 10))} kB`;
}
