"use client";

import { choices, type Change, type Outcome, type Route, typeNames } from "@/app/lib/outcome";
import { type FormEvent, useId, useState } from "react";
import { OutcomeView } from "./outcome-view";

type State = { step: "idle" } | { step: "sending" } | { step: "done"; outcome: Outcome } | { step: "failed"; title: string };

/** The form that sends a delivery, and what became of it. */
export function Workbench() {
  const [change, setChange] = useState<Change>("none");
  const [state, setState] = useState<State>({ step: "idle" });
  const ids = useId();
  const throughNext = choices.find(({ id }) => id === change)?.throughNext ?? true;

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const wish = {
      change,
      route: (form.get("route") ?? "node") as Route,
      type: String(form.get("type")),
      amount: Math.round(Number(form.get("amount")) * 100),
    };
    setState({ step: "sending" });
    setState(await send(wish));
  }

  return (
    <div className="workbench">
      <form className="card" onSubmit={submit} aria-labelledby={`${ids}-title`}>
        <h2 id={`${ids}-title`}>Send a delivery</h2>
        <div className="fields">
          <label>
            <span>Event</span>
            <select name="type" defaultValue={typeNames[0]}>
              {typeNames.map((type) => (
                <option key={type}>{type}</option>
              ))}
            </select>
          </label>
          <label>
            <span>Amount in euros</span>
            <input name="amount" type="number" inputMode="decimal" min="0" max="1000000" step="0.01" defaultValue="49.00" required />
          </label>
        </div>
        <fieldset className="segments" disabled={!throughNext}>
          <legend>Through the route</legend>
          <label>
            <input type="radio" name="route" value="node" defaultChecked />
            <span>Node</span>
          </label>
          <label>
            <input type="radio" name="route" value="edge" />
            <span>Edge</span>
          </label>
          {throughNext ? null : <p className="hint">Not this one: it goes straight to Convex, past Next.js.</p>}
        </fieldset>
        <fieldset className="choices">
          <legend>What happens on the way</legend>
          {choices.map(({ id, title, text, notYet }) => (
            <label key={id} className="choice">
              <input
                type="radio"
                name="change"
                value={id}
                checked={change === id}
                onChange={() => setChange(id)}
                aria-labelledby={`${ids}-${id}`}
                aria-describedby={`${ids}-${id}-text`}
              />
              <span>
                <span className="choice-title" id={`${ids}-${id}`}>
                  {title}
                </span>
                <span className={notYet === true ? "choice-text warn" : "choice-text"} id={`${ids}-${id}-text`}>
                  {text}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        <button type="submit" disabled={state.step === "sending"}>
          {state.step === "sending" ? "Sending …" : "Send"}
        </button>
      </form>
      <section className="card outcome" aria-labelledby={`${ids}-outcome`} aria-busy={state.step === "sending"}>
        <h2 id={`${ids}-outcome`}>What became of it</h2>
        <div role="status" className="status">
          {state.step === "idle" ? <p className="empty">Nothing has been sent yet.</p> : null}
          {state.step === "sending" ? <p className="empty">On its way …</p> : null}
          {state.step === "failed" ? <p className="problem">{state.title}</p> : null}
          {state.step === "done" ? <OutcomeView outcome={state.outcome} /> : null}
        </div>
      </section>
    </div>
  );
}

async function send(wish: object): Promise<State> {
  try {
    const response = await fetch("/api/demo", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(wish),
    });
    const answer: unknown = await response.json();
    if (response.ok) return { step: "done", outcome: answer as Outcome };
    return { step: "failed", title: (answer as { title: string }).title };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { step: "failed", title: `The Next.js server did not answer: ${why}. Does the demo still run?` };
  }
}
