"use client";

import { euros } from "@/app/lib/outcome";
import { api } from "@/convex/_generated/api";
import { useConvexConnectionState, useQuery } from "convex/react";
import { useState } from "react";

const ways = { node: "Node route", edge: "Edge route", worker: "Worker", http: "Http action" } as const;

// Where the function was not told of any key.
const unsigned = { ...ways, worker: "through the gateway", http: "by a webhook" } as const;

/** The stored events, newest first, as Convex pushes them. */
export function Events() {
  const events = useQuery(api.events.list);
  const { isWebSocketConnected } = useConvexConnectionState();
  const [openedAt] = useState(() => Date.now());
  return (
    <section className="card events" aria-labelledby="events-title">
      <div className="card-head">
        <h2 id="events-title">Stored events</h2>
        <p className={isWebSocketConnected ? "live" : "live off"}>{isWebSocketConnected ? "live" : "connecting"}</p>
      </div>
      {events === undefined ? (
        <p className="empty">Waiting for Convex …</p>
      ) : events.length === 0 ? (
        <p className="empty">Nothing is stored yet. Only an accepted delivery appears here.</p>
      ) : (
        <ol className="event-list">
          {events.map((event) => (
            <li key={event._id} data-event={event.eventId} className={event._creationTime > openedAt ? "new" : undefined}>
              <span className="code">{short(event.eventId)}</span>
              <span className="event-type">{event.type}</span>
              <span className="event-amount">{euros(event.amount)}</span>
              <span className="event-more">
                {ways[event.route]}, {event.keyId === undefined ? unsigned[event.route] : <>key <span className="code">{event.keyId}</span></>}
              </span>
              <time dateTime={new Date(event._creationTime).toISOString()}>{new Date(event._creationTime).toLocaleTimeString()}</time>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** Of a long id, its beginning. */
function short(eventId: string): string {
  return eventId.length > 24 ? `${eventId.slice(0, 22)}…` : eventId;
}
