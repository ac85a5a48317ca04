// A server process of its own: uses each of the keys once when the time has come, by the client that it is told, and prints the answers.

import { redisReplayStore } from "countersign/http";
import { clients } from "./clients.mjs";

const { name, socket, entries, at } = JSON.parse(process.argv[2] ?? "{}");
const { client, close } = await /** @type {(socket: string) => Promise<import("./clients.mjs").Connected>} */ (clients[name])(socket);
const store = redisReplayStore(client);
await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
const answers = await Promise.all(entries.map((/** @type {import("countersign/http").ReplayEntry} */ entry) => store.consume(entry)));
console.log(JSON.stringify(answers));
await close();
