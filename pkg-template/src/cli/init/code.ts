import { existsSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import type { NextPart } from "../project/index.js";
import { editConfig } from "./config/edit.js";
import { knowsEnv } from "./config/env.js";
import { patch } from "./diff.js";
import type { Facts } from "./facts.js";
import { present, shown, textOf, writeChanged, writeNew } from "./files.js";
import { convexLanguage, nextLanguage } from "./language.js";
import type { Step } from "./step.js";
import { exampleFunction, exampleRoute, guards } from "./templates.js";

const MODULES = ["ts", "tsx", "mts", "js", "jsx", "mjs"];

/** A module with its place, as it is shown or written. */
export interface Snippet {
  path: string;
  text: string;
}

/** The files in convex/ and in the Next.js app. */
export async function planCode(facts: Facts, example: boolean): Promise<{ steps: Step[]; snippets: Snippet[] }> {
  const { project } = facts;
  const { step: config, component } = await planConfig(facts);
  const language = convexLanguage(project.convex);
  const guarded = await planGuards(facts, component, language);
  const snippets = [
    { path: join(project.convex.functions, `countersignExample.${language}`), text: exampleFunction },
    routeOf(facts),
  ];
  const steps = [config, guarded];
  if (example) {
    const [inConvex, inNext] = snippets as [Snippet, Snippet];
    steps.push(await planNew(facts, "example_function", inConvex, ["guards"]), await planNew(facts, "example_route", inNext, ["example_function"]));
  }
  return { steps, snippets };
}

async function planConfig({ project }: Facts): Promise<{ step: Step; component: string }> {
  const { functions, version } = project.convex;
  // Of two the convex CLI takes the first.
  const path = present(functions, "convex.config", ["ts", "js"]) ?? join(functions, `convex.config.${convexLanguage(project.convex)}`);
  const before = textOf(path);
  const name = shown(project.root, path);
  const env = knowsEnv(version);
  const edit = editConfig(before, { typescript: path.endsWith(".ts"), env });
  const { component } = edit;
  const what = `app.use(countersign)${env ? " and the declared variables" : ""}`;
  if (edit.state === "done") return { component, step: { id: "config", state: "done", title: `${name} has ${what}.` } };
  if (edit.state === "unclear") return { component, step: { id: "config", state: "cannot", title: `${name} has ${what}.`, note: `it is left as it is: ${edit.why}`, fix: `Put this into it:\n${edit.add}` } };
  const step: Step = {
    id: "config",
    state: "to_do",
    title: before === undefined ? `${name} is made, with ${what}.` : `${name} gets ${what}.`,
    afterwards: `${name} has ${what}.`,
    diff: await patch(name, before, edit.text),
    question: before === undefined ? `Make ${name}?` : `Change ${name} as shown?`,
    // Convex refuses to deploy without a variable that is declared.
    needs: env ? ["convex_dev"] : [],
    run: async () => (before === undefined ? writeNew(path, edit.text) : writeChanged(path, before, edit.text)),
  };
  return { component, step };
}

async function planGuards(facts: Facts, component: string, language: "ts" | "js"): Promise<Step> {
  const { functions } = facts.project.convex;
  const existing = present(functions, "countersign", MODULES);
  const text = guards(component);
  if (existing === undefined) return planNew(facts, "guards", { path: join(functions, `countersign.${language}`), text }, []);
  const name = shown(facts.project.root, existing);
  if (/["']countersign\/convex["']/.test(textOf(existing) ?? "")) return { id: "guards", state: "done", title: `${name} makes the guards.` };
  return { id: "guards", state: "cannot", title: `${name} makes the guards.`, note: "a file of that name is there, with something else in it", fix: `Put this into another file:\n${text.trimEnd()}` };
}

async function planNew({ project }: Facts, id: Step["id"], { path, text }: Snippet, needs: readonly Step["id"][]): Promise<Step> {
  const name = shown(project.root, path);
  const existing = present(dirname(path), basename(path).replace(/\.\w+$/, ""), MODULES);
  if (existing !== undefined) return { id, state: "done", title: `${shown(project.root, existing)} is there.`, ...(textOf(existing) === text ? {} : { note: "not as init writes it; it stays as it is" }) };
  return { id, state: "to_do", title: `${name} is made.`, diff: await patch(name, undefined, text), question: id === "guards" ? `Make ${name}?` : "Make the two files of the example?", needs, run: async () => writeNew(path, text) };
}

/** The route of the example: in app/, src/app/, or where the pages are. */
function routeOf({ project: { next, convex } }: Facts): Snippet {
  const language = nextLanguage(next);
  const { router, base } = routerOf(next);
  const path = router === "app" ? join(base, "api", "countersign-example", `route.${language}`) : join(base, "api", `countersign-example.${language}`);
  const api = relative(dirname(path), join(convex.functions, "_generated", "api")).split(sep).join("/");
  return { path, text: exampleRoute(api, router, language === "ts") };
}

/** An app with neither app/ nor pages/ is new, and new ones have app/. */
function routerOf({ folder, appFolder }: NextPart): { router: "app" | "pages"; base: string } {
  if (appFolder !== undefined) return { router: "app", base: appFolder };
  const pages = ["pages", "src/pages"].map((name) => join(folder, name)).find((each) => existsSync(each));
  return pages === undefined ? { router: "app", base: join(folder, existsSync(join(folder, "src")) ? "src/app" : "app") } : { router: "pages", base: pages };
}
