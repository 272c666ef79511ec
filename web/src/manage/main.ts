/** Starts the organiser's pages: words and colours first, then who one is, then the page. */

import "../shared/tokens.css";
import "./manage.css";
import { mount } from "svelte";
import { loadLanguage } from "../lang/manage.ts";
import { chosenTheme, showTheme } from "../shared/theme.ts";
import App from "./App.svelte";
import { Desk } from "./desk.svelte.ts";

async function start(): Promise<void> {
  const query = new URLSearchParams(location.search);
  showTheme(chosenTheme(query));
  const asked = query.get("lang");
  const words = await loadLanguage(asked === null ? navigator.languages : [asked]);
  document.documentElement.lang = words.code;
  document.documentElement.dir = words.dir;
  const target = document.getElementById("app");
  if (target === null) return;
  target.replaceChildren();
  mount(App, { target, props: { desk: new Desk(words) } });
}

void start();
