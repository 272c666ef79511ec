/** What is fetched while one waits: the answers, the work, what is told, and the dialogs. */

export { Answers } from "./answers.svelte.ts";
export { default as HandIn } from "./HandIn.svelte";
export { default as Keys } from "./Keys.svelte";
export { default as Notices } from "./Notices.svelte";
export { default as Over } from "./Over.svelte";
export { default as Work } from "./Work.svelte";
