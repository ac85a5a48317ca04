import type { Message } from "@/app/lib/exchange";

// What every connection has, and no signature covers.
const noise = new Set(["accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-encoding", "content-length", "date", "host", "keep-alive", "sec-fetch-mode", "transfer-encoding", "vary"]);
const context = 48;
const longest = 240;

/** An HTTP message as it arrived, with what was changed on its way. */
export function MessageView({ sent, arrived }: { readonly sent: Message; readonly arrived: Message }) {
  const before = new Map(sent.headers);
  const after = new Map(arrived.headers);
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => !noise.has(name));
  return (
    <div className="call message">
      <p className="code call-name">
        <Changed was={sent.start} is={arrived.start} />
      </p>
      <dl>
        {names.map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="code">
              <Changed was={before.get(name)} is={after.get(name)} />
            </dd>
          </div>
        ))}
      </dl>
      {sent.body === arrived.body ? (
        arrived.bytes === 0 ? null : (
          <details>
            <summary>Body, {arrived.bytes.toLocaleString("en")} bytes</summary>
            <pre>{arrived.body}</pre>
          </details>
        )
      ) : (
        <p className="code message-body">
          <Changed was={sent.body} is={arrived.body} around={context} />
        </p>
      )}
    </div>
  );
}

/** A text, and what it was before. Of a long one only the part that differs, with what stands `around` it. */
function Changed({ was, is, around = Infinity }: { readonly was: string | undefined; readonly is: string | undefined; readonly around?: number }) {
  if (was === is) return is;
  if (was === undefined) return <ins>{is}</ins>;
  if (is === undefined) return <del>{was}</del>;
  const start = shared(was, is);
  const end = Math.min(shared(reversed(was), reversed(is)), Math.min(was.length, is.length) - start);
  const head = is.slice(0, start);
  const tail = is.slice(is.length - end);
  const [gone, come] = [was.slice(start, was.length - end), is.slice(start, is.length - end)];
  return (
    <>
      {head.length > around ? `… ${head.slice(-around)}` : head}
      {gone === "" ? null : <del>{clipped(gone)}</del>}
      {come === "" ? null : <ins>{clipped(come)}</ins>}
      {tail.length > around ? `${tail.slice(0, around)} …` : tail}
    </>
  );
}

const clipped = (text: string) => (text.length > longest ? `${text.slice(0, longest)} …` : text);
const reversed = (text: string) => [...text].reverse().join("");

function shared(one: string, other: string): number {
  let length = 0;
  while (length < Math.min(one.length, other.length) && one[length] === other[length]) length += 1;
  return length;
}
