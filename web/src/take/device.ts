/** How this device is called where answers from several are told apart: the browser, the system, and a few letters a tab keeps. */

const KEY = "podium.device";

export function deviceName(agent: string, letters: string): string {
  const browser = /Firefox\//.test(agent) ? "Firefox" : /Edg\//.test(agent) ? "Edge" : /Chrome\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : "Browser";
  const system = /Android/.test(agent)
    ? "Android"
    : /iPhone|iPad/.test(agent)
      ? "iOS"
      : /Windows/.test(agent)
        ? "Windows"
        : /Mac OS/.test(agent)
          ? "macOS"
          : /CrOS/.test(agent)
            ? "ChromeOS"
            : "Linux";
  return `${browser}, ${system} (${letters})`;
}

export function thisDevice(): string {
  let letters = "";
  try {
    letters = sessionStorage.getItem(KEY) ?? "";
    if (letters === "") sessionStorage.setItem(KEY, (letters = newLetters()));
  } catch {
    letters ||= newLetters();
  }
  return deviceName(navigator.userAgent, letters);
}

/** Two pages of one browser are two devices. Without letters and digits that look alike. */
function newLetters(): string {
  const alphabet = "abcdefghkmnpqrstuvwxyz23456789";
  return [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => alphabet[byte % alphabet.length]).join("");
}
