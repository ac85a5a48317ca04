"use client";

import { fetchMutation } from "countersign/next";

export default function Page() {
  return <button onClick={() => console.log(fetchMutation)}>A mistake: this would need the secret in the browser.</button>;
}
