import { choiceOf, type Exchange, exchangeReasons, isSame, resultOf } from "@/app/lib/exchange";
import type { Stop } from "./journey";
import { Log } from "./log";
import { MessageView } from "./message-view";

/** A webhook's or a signed request's way: what travelled, what was answered, what the log says, what was stored. */
export function ExchangeView({ exchange }: { readonly exchange: Exchange }) {
  const { from, to, sent, arrived, answer, returned, code, log, problems } = exchange;
  const { verdict, mark } = verdictOf(exchange);
  const { isBelieved } = resultOf(exchange);
  const asker = exchange.kind === "request" && from === "Convex";
  return (
    <>
      <p className={`verdict ${mark}`}>
        <strong>{verdict}</strong>
        <span>{choiceOf(exchange)?.title}</span>
      </p>
      {problems.length === 0 ? null : <p className="problem">This did not come out as it should: {problems.join("; ")}.</p>}
      <ol className="steps">
        <li>
          <h3>What travelled to {to}</h3>
          <p className="hint">{howSent(exchange)}</p>
          <MessageView sent={sent} arrived={arrived ?? sent} />
        </li>
        <li>
          <h3>{asker && isBelieved ? `What ${to} answered, signed` : `What ${["Attacker", "Server"].includes(from) ? `the ${from.toLowerCase()}` : from} got for an answer`}</h3>
          <MessageView sent={answer ?? returned} arrived={returned} />
          {answer === null ? <p className="hint">It is the proxy’s: {to} never saw the request.</p> : null}
          {answer !== null && !isSame(answer, returned) ? <p className="hint">The proxy changed it on the way back.</p> : null}
          {/^4/.test(answer?.start ?? "") ? <p className="hint">A status and no more: from outside there is nothing to learn.</p> : null}
        </li>
        {asker ? (
          <li>
            <h3>What Convex made of it</h3>
            <p>{made(exchange)}</p>
          </li>
        ) : null}
        <li>
          <h3>What the log says</h3>
          {log.length === 0 ? <p className="hint">Nothing. What is accepted needs no line.</p> : <Log lines={log} />}
          {code === null ? null : <p>{exchangeReasons[code] ?? `The code is ${code}.`}</p>}
        </li>
        <li>
          <h3>What was stored</h3>
          <p>{storedText(exchange)}</p>
        </li>
      </ol>
    </>
  );
}

/** The stations of an exchange. */
export function exchangeStops(exchange: Exchange): readonly Stop[] {
  const { kind, from, to, answer, stored } = exchange;
  const { isTaken, isBelieved, isAnswerChanged, isChanged, isAgain } = resultOf(exchange);
  const isHonest = from !== "Attacker";
  const sends: Stop = { who: from, does: !isHonest ? "sends it" : kind === "webhook" ? "posts an event" : from === "Convex" ? "asks, signed" : "sends it, signed", mark: isHonest ? "good" : "warn" };
  const changes: Stop = { who: "Proxy", does: "changes it", mark: "warn" };
  const refuses: Stop = { who: to, does: isAgain ? "refuses the second" : "refuses", mark: "bad" };
  if (answer === null) return [sends, { who: "Proxy", does: "answers it", mark: "warn" }, { who: from, does: "refuses the answer", mark: "bad" }];
  if (isAnswerChanged) return [sends, { who: to, does: "answers, signed", mark: "good" }, changes, { who: from, does: "refuses the answer", mark: "bad" }];
  if (!isTaken) return isChanged ? [sends, changes, refuses] : [sends, refuses];
  if (kind === "webhook" && to === "Convex") return [sends, { who: to, does: "verifies, then stores", mark: "good" }];
  if (kind === "webhook") return [sends, { who: to, does: "verifies it", mark: "good" }, { who: "Convex", does: stored === 1 ? "stores it once" : `stores it ${stored} times`, mark: stored === 1 ? "good" : "warn" }];
  if (from === "Convex") return [sends, { who: to, does: "verifies, answers", mark: "good" }, { who: from, does: isBelieved ? "verifies the answer" : "refuses the answer", mark: isBelieved ? "good" : "bad" }];
  return [sends, { who: to, does: "verifies, then stores", mark: "good" }];
}

function verdictOf(exchange: Exchange): { verdict: string; mark: "good" | "bad" | "warn" } {
  const { isTaken, isBelieved, isAgain, isRepeated } = resultOf(exchange);
  if (isBelieved && isRepeated && exchange.stored === 1) return { verdict: "Stored once", mark: "good" };
  if (exchange.stored > 1) return { verdict: "Stored twice", mark: "warn" };
  if (isBelieved) return { verdict: isTaken ? "Accepted" : "Not as expected", mark: isTaken ? "good" : "warn" };
  if (isTaken || exchange.answer === null) return { verdict: "The answer is refused", mark: "bad" };
  return { verdict: isAgain ? "The second is refused" : "Refused", mark: "bad" };
}

function howSent(exchange: Exchange): string {
  const { kind, from, id, arrived } = exchange;
  const { isChanged } = resultOf(exchange);
  if (isChanged) return kind === "webhook" ? `It was changed between its provider and ${exchange.to}.` : "It was signed, and changed on the way.";
  if (arrived === null) return "The proxy kept it.";
  if (from === "Attacker") return "Sent by somebody else.";
  return kind === "webhook" ? `As ${from} sends it.` : "Signed by RFC 9421, with the secret of both sides.";
}

function made({ came, returned }: Exchange): string {
  if (came === "receipt") return `The signature fits this request and this answer. The receipt is ${/"number":"([^"]*)"/.exec(returned.body)?.[1] ?? "-"}.`;
  if (came === "unauthorized") return "No receipt: the other side refused the request.";
  if (came === "misconfigured") return "No receipt, and nothing was sent on: a signed request does not follow to another origin.";
  return came === "signature_missing" ? "No receipt: the answer is not signed, so it could be anybody’s." : "No receipt: the answer is signed, but it is not what was signed for this request.";
}

function storedText(exchange: Exchange): string {
  const { stored, kind, to } = exchange;
  const { isAgain, isAnswerChanged, isRepeated } = resultOf(exchange);
  if (stored === 0) return "Nothing.";
  if (stored > 1) return `${stored} events, which must not be.`;
  if (isAnswerChanged) return "One file: the request itself was right.";
  if (isAgain) return "One file, that of the first request.";
  if (isRepeated) return "One event, that of the first delivery. The second is answered in the same way and stores nothing.";
  if (kind === "webhook" && to === "Convex") return "One event, by an internal mutation, which was told that it is the first of this key.";
  if (kind === "webhook") return "One event, by a signed call, under a key that the provider’s signature covers.";
  return to === "Convex" ? "One file." : "One file, by a signed request from Next.js to an http action of Convex.";
}
