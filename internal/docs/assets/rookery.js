"use strict";
// The reference in Swagger UI. The platform signs each request that is tried, with the keys of the demo app that the reader chose.
window.addEventListener("load", () => {
  const app = document.getElementById("app");
  window.ui = SwaggerUIBundle({
    url: "openapi.yaml",
    dom_id: "#reference",
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    requestInterceptor: async (request) => {
      if (request.loadSpec) return request;
      const url = new URL(request.url);
      const answer = await fetch("sign", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ app: app.value, method: request.method, target: url.pathname + url.search, body: request.body ?? "" }),
      });
      const signed = await answer.json();
      if (!answer.ok) throw new Error(signed.error);
      request.url = location.origin + signed.target;
      if (signed.body) request.body = signed.body;
      return request;
    },
  });
});
