import { connection } from "next/server";
import { Events } from "./components/events";
import { LiveConvex } from "./components/live-convex";
import { Workbench } from "./components/workbench";

export default async function Page() {
  await connection(); // the deployment's URL is known when the server runs, not when it is built
  return (
    <>
      <header className="masthead">
        <p className="wordmark">countersign</p>
        <p className="muted">a demo on your own machine</p>
      </header>
      <main>
        <section className="lead">
          <h1>One secret. It never travels.</h1>
          <p>
            A payment provider posts an event to this Next.js app. The app calls a Convex function that stores it, and signs that call with a
            secret only the two servers know. Convex checks the signature before anything else happens.
          </p>
          <p>
            Send a delivery. Then change it on the way, send it twice, or let somebody else call. The webhook itself, and requests between the
            two servers, are proved in the same way.
          </p>
        </section>
        <Workbench>
          <LiveConvex url={process.env.NEXT_PUBLIC_CONVEX_URL}>
            <Events />
          </LiveConvex>
        </Workbench>
        <section className="notes" aria-labelledby="notes-title">
          <h2 id="notes-title">What is happening</h2>
          <dl>
            <div>
              <dt>Signing</dt>
              <dd>
                The signature covers the function’s name, its arguments, the deployment, the time and a random number. It travels with the call;
                the secret stays where it is.
              </dd>
            </div>
            <div>
              <dt>Checking</dt>
              <dd>
                The same Rust code, compiled to WebAssembly, runs in the Convex function and computes the signature again. To whoever has no right
                one, each refusal looks the same; the reason is in the deployment’s log, for you.
              </dd>
            </div>
            <div>
              <dt>Once</dt>
              <dd>
                Convex uses each signature up, in the transaction of the function it guards: a captured call is refused. An event that its
                provider posts again comes in a new call; it is found by its id, and what the first one returned is returned.
              </dd>
            </div>
            <div>
              <dt>Webhooks</dt>
              <dd>
                What Stripe, Polar and GitHub sign is verified over the bytes that came. The event’s key, for storing it once, is made of nothing
                that a signature does not cover.
              </dd>
            </div>
            <div>
              <dt>Requests</dt>
              <dd>
                HTTP is signed by RFC 9421: method, site, path, query and body. The answer is signed for the request that it answers, so whoever
                asked knows whose it is.
              </dd>
            </div>
            <div>
              <dt>Several servers</dt>
              <dd>
                Each has a secret of its own, and so a name, and may call what that name may. Internal functions are behind one gateway, which
                has a list of them.
              </dd>
            </div>
          </dl>
        </section>
      </main>
    </>
  );
}
