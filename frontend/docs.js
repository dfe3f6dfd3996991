// SwaggerUIBundle comes from swagger/swagger-ui-bundle.js, which is loaded before this file.
/** @type {any} */ (globalThis).SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
});
