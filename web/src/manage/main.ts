/** Starts the organiser's pages. */

import "../shared/tokens.css";
import { loadLanguage } from "../lang/manage.ts";
import { chosenTheme, showTheme } from "../shared/theme.ts";

async function start(): Promise<void> {
  const query = new URLSearchParams(location.search);
  showTheme(chosenTheme(query));
  const asked = query.get("lang");
  const words = await loadLanguage(asked === null ? navigator.languages : [asked]);
  document.documentElement.lang = words.code;
  document.documentElement.dir = words.dir;
  document.title = words.say("page.title");
}

void start();
