/** Starts the board page: address, words and colours first, then the page. */

import "../shared/tokens.css";
import "./board.css";
import { mount } from "svelte";
import { loadLanguage } from "../lang/lang.ts";
import { chosenTheme, showTheme } from "../shared/theme.ts";
import App from "./App.svelte";
import { BoardModel } from "./model.svelte.ts";
import { optionsOf, takeToken } from "./options.ts";

async function start(): Promise<void> {
  const address = new URL(location.href);
  const options = optionsOf(address);
  showTheme(chosenTheme(address.searchParams));
  const words = await loadLanguage(options.language === null ? navigator.languages : [options.language]);
  document.documentElement.lang = words.code;
  document.documentElement.dir = words.dir;
  document.documentElement.dataset["mode"] = options.mode;
  const model = new BoardModel(options, words, takeToken(options.contest));
  const target = document.getElementById("app");
  if (target === null) return;
  target.replaceChildren();
  mount(App, { target, props: { model } });
  // Whoever looks for a fault keeps frames (?frames=1000) and finds them here.
  if (options.keepFrames > 0) Object.assign(globalThis, { podium: model });
}

void start();
