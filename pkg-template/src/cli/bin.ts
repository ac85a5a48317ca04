#!/usr/bin/env node
import { main } from "./main.js";

// Whoever reads only the beginning, as `head` does, closes the pipe. What was begun is brought to its end all the same.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await main(process.argv.slice(2), process.env, process.cwd(), process);
