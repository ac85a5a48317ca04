// What init writes into a project, and shows. None of it holds types that JavaScript lacks, but for what is marked.

/** `convex/countersign.ts`. @param component - What the replay component is called in the app. */
export function guards(component: string): string {
  return `import { countersign } from "countersign/convex";
import { components } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

export const { signedQuery, signedMutation, signedAction } = countersign({
  query,
  mutation,
  action,
  replay: components.${component},
});
`;
}

/** `convex/countersignExample.ts`: needs no table. */
export const exampleFunction = `import { v } from "convex/values";
import { signedMutation } from "./countersign";

// Runs only for callers that hold COUNTERSIGN_SECRET.
export const hello = signedMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => \`Hello \${name}, your call was signed by key \${ctx.caller.keyId}.\`,
});
`;

const CALL = `curl -X POST http://localhost:3000/api/countersign-example`;

/** The command that calls the example. */
export const callExample = CALL;

/**
 * The route that calls it.
 *
 * @param api - The path of Convex's generated `api`, as it is imported.
 */
export function exampleRoute(api: string, router: "app" | "pages", typescript: boolean): string {
  const imports = `import { fetchMutation } from "countersign/next";\nimport { api } from "${api}";\n`;
  const remark = `// Try it: ${CALL}\n// Anybody may call this route; a route of yours checks who asks.\n`;
  const call = `await fetchMutation(api.countersignExample.hello, { name: "Next.js" })`;
  if (router === "app") return `${imports}\n${remark}export async function POST() {\n  const message = ${call};\n  return Response.json({ message });\n}\n`;
  const types = typescript ? 'import type { NextApiRequest, NextApiResponse } from "next";\n' : "";
  const parameters = typescript ? "request: NextApiRequest, response: NextApiResponse" : "request, response";
  return `${types}${imports}\n${remark}export default async function handler(${parameters}) {\n  if (request.method !== "POST") return response.status(405).end();\n  const message = ${call};\n  return response.json({ message });\n}\n`;
}
