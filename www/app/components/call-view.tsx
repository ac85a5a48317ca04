import type { Call } from "@/app/lib/outcome";

const partNames = ["version", "key id", "signed at", "nonce", "signature"];

/** A call as it travelled: its arguments, those changed on the way, and its signature taken apart. */
export function CallView({ sent, passedOn }: { readonly sent: Call; readonly passedOn: Call }) {
  const before = new Map(argumentsOf(sent));
  return (
    <div className="call">
      <p className="code call-name">{passedOn.path}</p>
      <dl>
        {argumentsOf(passedOn).map(([name, value]) => {
          const was = before.get(name);
          return (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="code">
                {was === value ? null : (
                  <>
                    <del>{JSON.stringify(was)}</del>{" "}
                  </>
                )}
                {was === value ? JSON.stringify(value) : <ins>{JSON.stringify(value)}</ins>}
              </dd>
            </div>
          );
        })}
        <div className="call-token">
          <dt>countersign</dt>
          <dd className="code">
            <Signature value={passedOn.args.countersign} />
          </dd>
        </div>
      </dl>
    </div>
  );
}

/** The arguments but the signature. A gateway's own are the function's name, and then that function's arguments. */
function argumentsOf({ args: { countersign: _, args: inner, ...own } }: Call): [string, unknown][] {
  const behind = typeof inner === "object" && inner !== null ? Object.entries(inner) : [];
  return [...Object.entries(own), ...behind.map(([name, value]): [string, unknown] => [`args.${name}`, value])];
}

/** A token alone, or with the idempotency key that it covers. */
function Signature({ value }: { readonly value: unknown }) {
  if (typeof value === "string") return <Token text={value} />;
  if (typeof value !== "object" || value === null || !("token" in value) || !("idempotencyKey" in value)) return "absent";
  return <Token text={String(value.token)} idempotencyKey={String(value.idempotencyKey)} />;
}

function Token({ text, idempotencyKey }: { readonly text: string; readonly idempotencyKey?: string }) {
  return (
    <span className="token">
      {text.split(".").map((part, index) => (
        <span key={partNames[index] ?? index}>
          <span className="token-part">{part}</span>
          <span className="token-name">{index === 2 ? `${partNames[index]} ${time(part)}` : partNames[index]}</span>
        </span>
      ))}
      {idempotencyKey === undefined ? null : (
        <span>
          <span className="token-part">{idempotencyKey}</span>
          <span className="token-name">idempotency key</span>
        </span>
      )}
    </span>
  );
}

function time(issuedAt: string): string {
  return new Date(Number(issuedAt)).toLocaleTimeString();
}
