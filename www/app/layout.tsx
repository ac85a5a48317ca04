import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import "./styles/base.css";
import "./styles/form.css";
import "./styles/outcome.css";
import "./styles/events.css";

export const metadata: Metadata = {
  title: "countersign: signed calls from Next.js to Convex",
  description: "Send a webhook delivery through a signed call, tamper with it on the way, and see what Convex makes of it.",
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f7f5f0" },
    { media: "(prefers-color-scheme: dark)", color: "#151513" },
  ],
};

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
