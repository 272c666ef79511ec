/** The descriptions of the REST interface, to read and to try: Swagger UI over what the processes say of themselves. */

import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
import SwaggerUIBundle from "swagger-ui-dist/swagger-ui-es-bundle.js";

interface Call {
  url: string;
  method?: string;
  headers: Record<string, string>;
}

/** Changes made with a page's cookie need its CSRF token, which the session tells. A token that was pasted needs none. */
async function withCsrf(call: Call): Promise<Call> {
  const changes = !["GET", "HEAD", undefined].includes(call.method?.toUpperCase());
  if (!changes || call.headers["Authorization"] !== undefined) return call;
  const path = new URL(call.url, location.href).pathname;
  const contest = /^\/api\/v1\/contest\/[^/]+\//.exec(path)?.[0];
  const session = path.startsWith("/api/v1/admin/") ? "/api/v1/admin/session/" : contest === undefined ? null : `${contest}session/`;
  if (session === null) return call;
  const answer = await fetch(session);
  if (answer.ok) call.headers["X-CSRF-Token"] = ((await answer.json()) as { csrf: string }).csrf;
  return call;
}

const contestants = new URLSearchParams(location.search).get("of") === "contestants";
for (const link of document.querySelectorAll<HTMLAnchorElement>("nav a")) {
  if (link.search.includes("contestants") === contestants) link.setAttribute("aria-current", "page");
}

SwaggerUIBundle({
  dom_id: "#interface",
  url: contestants ? "/api/v1/openapi/" : "/api/v1/admin/openapi/",
  validatorUrl: null, // it would ask a site elsewhere
  docExpansion: "none",
  requestInterceptor: withCsrf,
});
