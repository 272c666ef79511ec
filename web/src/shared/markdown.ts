/**
 * Markdown from people (statements, rules) as HTML that may stand in a page: made by marked, cleaned by DOMPurify. TeX between dollar
 * signs becomes MathML, which needs neither fonts nor styles; KaTeX, which makes it, is fetched when a text has any.
 */

import DOMPurify from "dompurify";
import { Marked, type Tokens } from "marked";

type Tex = (text: string, isBlock: boolean) => string;

/** `$` is money, too: what opens TeX touches no space inside, and what closes it no digit outside. */
const INLINE = /^\$(?!\s)((?:\\.|[^$\\\n])+?)(?<!\s)\$(?!\d)/;
const BLOCK = /^\$\$\s*([\s\S]+?)\s*\$\$(?:\n|$)/;

const HANDLERS = /\s(?:on\w+|style)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi;

function marked(tex: Tex | null): Marked {
  const made = new Marked({ gfm: true, async: false });
  // Cleaned below in any case: but a browser complains of these already where the cleaner reads them.
  made.use({ renderer: { html: ({ text }) => text.replace(HANDLERS, "") } });
  if (tex === null) return made;
  made.use({
    extensions: [
      {
        name: "texBlock",
        level: "block",
        start: (text) => text.match(/^\$\$/m)?.index,
        tokenizer: (text) => token("texBlock", BLOCK.exec(text)),
        renderer: (found) => tex((found as Tokens.Generic)["text"] as string, true),
      },
      {
        name: "tex",
        level: "inline",
        start: (text) => text.indexOf("$"),
        tokenizer: (text) => token("tex", INLINE.exec(text)),
        renderer: (found) => tex((found as Tokens.Generic)["text"] as string, false),
      },
    ],
  });
  return made;
}

function token(type: string, found: RegExpExecArray | null): Tokens.Generic | undefined {
  return found === null ? undefined : { type, raw: found[0], text: found[1] ?? "" };
}

/** HTML of `text`, clean. What is no good TeX stands there as it was written. */
export async function htmlOf(text: string): Promise<string> {
  const html = marked(text.includes("$") ? await texOf() : null).parse(text) as string;
  return DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true, mathMl: true },
    FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select", "audio", "video"],
    FORBID_ATTR: ["style", "class", "id", "name"], // no style: the page's policy would refuse it; no names: they shadow the page's own
    ADD_ATTR: ["target"],
  });
}

async function texOf(): Promise<Tex> {
  const { default: katex } = await import("katex");
  return (text, isBlock) =>
    katex
      .renderToString(text, { output: "mathml", displayMode: isBlock, throwOnError: false, strict: "ignore", trust: false })
      .replace(/<annotation\b[\s\S]*?<\/annotation>/g, "");
}

// A link in a statement must not take a contestant away from what they are writing.
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  }
});
