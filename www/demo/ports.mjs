import { createServer } from "node:net";
import { DemoError } from "./steps.mjs";

/**
 * Fails with one clear message if something else listens on the port.
 * Both addresses are tried: macOS lets a second program listen on 127.0.0.1 beside one on all addresses.
 */
export async function requireFreePort(port, what, advice) {
  for (const host of ["127.0.0.1", "::"]) {
    const problem = await tryListening(port, host);
    if (problem === "EADDRINUSE") {
      throw new DemoError(`Port ${port}, for ${what}, is in use by another program. ${advice}`);
    }
    if (problem === "EACCES") throw new DemoError(`Port ${port}, for ${what}, may not be used by this user. ${advice}`);
    // A machine without IPv6 says EAFNOSUPPORT or EADDRNOTAVAIL for "::": nothing can be in the way there.
  }
}

function tryListening(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
