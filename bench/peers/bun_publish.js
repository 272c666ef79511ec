// Peer: Bun's server (uWebSockets, C++) with its own publish and subscribe, fed by its built-in Redis client.
// bun bun_publish.js PORT REDIS_URL CHANNEL [TICK_MS]. Compression off, as by default; idle time-outs off, since nobody speaks.
import { RedisClient } from "bun";

const [port, redisUrl, channel, tickMs] = process.argv.slice(2);
const server = Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  fetch(request, self) {
    if (self.upgrade(request, { headers: { "Sec-WebSocket-Protocol": "podium.v1" } })) return;
    return new Response("", { status: 404 });
  },
  websocket: {
    idleTimeout: 0,
    open(socket) {
      socket.subscribe("all");
      socket.send('{"type":"hello","session":"-"}');
    },
    message() {},
  },
});

let waiting = [];
const flush = () => {
  for (const message of waiting) server.publish("all", message);
  waiting = [];
};
const redis = new RedisClient(redisUrl);
await redis.connect();
await redis.subscribe(channel, (message) => {
  if (!Number(tickMs)) return server.publish("all", message);
  if (waiting.push(message) === 1) setTimeout(flush, Number(tickMs));
});
