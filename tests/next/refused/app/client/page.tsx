"use client";

import { CountersignClient } from "countersign/client";

export default function Page() {
  return <button onClick={() => console.log(CountersignClient)}>A mistake: this would need the secret in the browser.</button>;
}
