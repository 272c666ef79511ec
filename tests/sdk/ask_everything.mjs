// Calls every method of the TypeScript client with an id for each argument it needs, and prints what was asked: ["GET /api/v1/...", ...].
import { createServer } from "node:http";
import { ContestantRest, getLeaderboard, getProtocol, getStatus, getTicket, MOVES, Refused, StaffRest } from "@podium/client";

const id = process.argv[2];
const asked = new Set();
const server = createServer((request, response) => {
  asked.add(`${request.method} ${request.url.split("?")[0]}`);
  request.resume().on("end", () => {
    response.writeHead(404, { "Content-Type": "application/json" });
    response.end('{"error":{"code":"noun.not_found","message":"Gone.","details":[]}}');
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const options = { origin: `http://127.0.0.1:${server.address().port}`, token: "token" };
const contestant = new ContestantRest(id, options);
const staff = new StaffRest(options);

async function call(method, ...given) {
  try {
    await method(...given);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

async function callAll(noun) {
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(noun))) {
    const method = noun[name];
    if (name === "constructor" || name === "act" || name === "preview") continue;
    await call(method.bind(noun), ...Array(method.length).fill(id));
  }
}

await callAll(contestant);
for (const noun of Object.values(staff)) await callAll(noun);
for (const action of [...MOVES, "extend", "reopen"]) {
  await call(staff.contests.act.bind(staff.contests), id, action);
  await call(staff.contests.preview.bind(staff.contests), id, action);
}
for (const read of [getStatus, getLeaderboard]) await call(read, id, ...(read === getLeaderboard ? [{}] : []), options);
await call(getTicket, id, options);
await call(getProtocol, options);
console.log(JSON.stringify([...asked].sort()));
server.closeAllConnections();
server.close();
