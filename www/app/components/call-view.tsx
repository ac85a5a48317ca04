import type { Call } from "@/app/lib/outcome";

const partNames = ["version", "key id", "signed at", "nonce", "signature"];

/** A call as it travelled: its arguments, those changed on the way, and its token taken apart. */
export function CallView({ sent, passedOn }: { readonly sent: Call; readonly passedOn: Call }) {
  const { countersign: token, ...args } = passedOn.args;
  return (
    <div className="call">
      <p className="code call-name">{passedOn.path}</p>
      <dl>
        {Object.entries(args).map(([name, value]) => {
          const was = sent.args[name];
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
          <dd className="code">{typeof token === "string" ? <Token text={token} /> : "absent"}</dd>
        </div>
      </dl>
    </div>
  );
}

function Token({ text }: { readonly text: string }) {
  return (
    <span className="token">
      {text.split(".").map((part, index) => (
        <span key={partNames[index] ?? index}>
          <span className="token-part">{part}</span>
          <span className="token-name">{index === 2 ? `${partNames[index]} ${time(part)}` : partNames[index]}</span>
        </span>
      ))}
    </span>
  );
}

function time(issuedAt: string): string {
  return new Date(Number(issuedAt)).toLocaleTimeString();
}
