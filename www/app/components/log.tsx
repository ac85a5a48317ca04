/** Lines of a log, the code in them marked. */
export function Log({ lines }: { readonly lines: readonly string[] }) {
  return (
    <pre>
      {lines.map((line, index) => (
        <span key={index} className="log-line">
          {line.split(/(\bcode=\w+)/).map((part, at) => (at % 2 === 1 ? <mark key={at}>{part}</mark> : part))}
        </span>
      ))}
    </pre>
  );
}
