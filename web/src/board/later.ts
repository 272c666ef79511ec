/** What the board page shows only when somebody opens it: it is loaded after the first paint. */

export { default as Keys } from "./Keys.svelte";
export { default as Story } from "./Story.svelte";
