interface Group {
  readonly title: string;
  readonly choices: readonly { readonly id: string; readonly title: string; readonly text: string }[];
}

interface Props {
  readonly groups: readonly Group[];
  readonly chosen: string;
  readonly choose: (id: string) => void;
  readonly ids: string;
}

/** What can happen to what is sent, or instead of it: one choice of all groups. */
export function Choices({ groups, chosen, choose, ids }: Props) {
  return groups.map((group) => (
    <fieldset key={group.title} className="choices">
      <legend>{group.title}</legend>
      {group.choices.map(({ id, title, text }) => (
        <label key={id} className="choice">
          <input
            type="radio"
            name="change"
            value={id}
            checked={chosen === id}
            onChange={() => choose(id)}
            aria-labelledby={`${ids}-${id}`}
            aria-describedby={`${ids}-${id}-text`}
          />
          <span>
            <span className="choice-title" id={`${ids}-${id}`}>
              {title}
            </span>
            <span className="choice-text" id={`${ids}-${id}-text`}>
              {text}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  ));
}
