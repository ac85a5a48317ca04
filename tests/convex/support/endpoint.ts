import { createServer } from "node:http";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { jsonToConvex } from "convex/values";
import type { JSONValue, Value } from "convex/values";

/** One request that a client sent. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { path: string; format: string; args: [Record<string, JSONValue>] };
  /** The arguments as a handler would get them. */
  readonly args: Record<string, Value>;
}

type Answer = (received: Received, response: ServerResponse) => void | Promise<void>;

/** A deployment's HTTP endpoint that only records calls and answers as told. */
export interface Endpoint {
  readonly url: string;
  readonly received: Received[];
  /** Answers all calls from now on with this. */
  answer(answer: Answer): void;
  close(): Promise<void>;
}

/** Answers as Convex does for a function that returned this. */
export function success(value: JSONValue): Answer {
  return (_received, response) => send(response, 200, { status: "success", value, logLines: [] });
}

/** Answers as Convex does for a function that threw: with `data` for a ConvexError. */
export function failure(errorMessage: string, errorData?: JSONValue): Answer {
  const body = { status: "error", errorMessage, logLines: [], ...(errorData === undefined ? {} : { errorData }) };
  return (_received, response) => send(response, 560, body);
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Starts one on a free port of this machine. */
export async function startEndpoint(): Promise<Endpoint> {
  const received: Received[] = [];
  let current: Answer = success(null);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8") || '{"args":[{}]}') as Received["body"];
      const call: Received = {
        path: request.url ?? "",
        headers: request.headers,
        body,
        args: jsonToConvex(body.args[0]) as Record<string, Value>,
      };
      received.push(call);
      void current(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer(answer) {
      current = answer;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
