/** Starts the contestant's page: the code out of the address bar first of all, then words and colours, then the page. */

import "../shared/tokens.css";
import "./take.css";
import { mount } from "svelte";
import { loadLanguage } from "../lang/take.ts";
import { chosenTheme, showTheme } from "../shared/theme.ts";
import { addressOf, takeCredential } from "./address.ts";
import App from "./App.svelte";
import { TakeModel } from "./model.svelte.ts";

async function start(): Promise<void> {
  const credential = takeCredential();
  const url = new URL(location.href);
  const address = addressOf(url);
  showTheme(chosenTheme(url.searchParams));
  const words = await loadLanguage(address.language === null ? navigator.languages : [address.language]);
  document.documentElement.lang = words.code;
  document.documentElement.dir = words.dir;
  const model = new TakeModel(address, words);
  const target = document.getElementById("app");
  if (target === null) return;
  mount(App, { target, props: { model } });
  // Another link of the same contest, opened in this very tab.
  addEventListener("hashchange", () => {
    const other = takeCredential();
    if (other !== null) void model.enter(other);
  });
  // Whoever looks for a fault keeps frames (?frames=1000) and finds them here.
  if (address.keepFrames > 0) Object.assign(globalThis, { podium: model });
  await model.enter(credential);
}

void start();
