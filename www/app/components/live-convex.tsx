"use client";

import { ConvexProvider, ConvexReactClient } from "convex/react";
import { type ReactNode, useEffect, useState } from "react";

/** Connects what is inside to Convex, once the page runs in a browser. */
export function LiveConvex({ url, children }: { readonly url: string | undefined; readonly children: ReactNode }) {
  const [client, setClient] = useState<ConvexReactClient>();
  useEffect(() => {
    if (url === undefined) return;
    const created = new ConvexReactClient(url);
    setClient(created);
    return () => {
      setClient(undefined);
      void created.close();
    };
  }, [url]);
  if (url === undefined) return <p className="card problem">NEXT_PUBLIC_CONVEX_URL is not set, so there is nothing to show live.</p>;
  if (client === undefined) return null;
  return <ConvexProvider client={client}>{children}</ConvexProvider>;
}
