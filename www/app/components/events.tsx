"use client";

import { euros } from "@/app/lib/outcome";
import { api } from "@/convex/_generated/api";
import { useConvexConnectionState, useQuery } from "convex/react";

/** The stored events, newest first, as Convex pushes them. */
export function Events() {
  const events = useQuery(api.events.list);
  const { isWebSocketConnected } = useConvexConnectionState();
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
        <div className="table-scroll" tabIndex={0} role="region" aria-labelledby="events-title">
          <table>
            <thead>
              <tr>
                <th scope="col">Event</th>
                <th scope="col">Type</th>
                <th scope="col" className="number">
                  Amount
                </th>
                <th scope="col">Route</th>
                <th scope="col">Signed with key</th>
                <th scope="col">Stored</th>
              </tr>
            </thead>
            <tbody>
              {events.map((event) => (
                <tr key={event._id} data-event={event.eventId}>
                  <td className="code">{event.eventId}</td>
                  <td>{event.type}</td>
                  <td className="number">{euros(event.amount)}</td>
                  <td>{event.route}</td>
                  <td className="code">{event.keyId}</td>
                  <td>
                    <time dateTime={new Date(event._creationTime).toISOString()}>{new Date(event._creationTime).toLocaleTimeString()}</time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
