/** Lets Node find `@podium/client` where Vite and the type checker do: in this repository. */

import { registerHooks } from "node:module";

const CLIENT = new URL("../../sdk/js/src/index.ts", import.meta.url).href;

registerHooks({ resolve: (specifier, context, next) => next(specifier === "@podium/client" ? CLIENT : specifier, context) });
