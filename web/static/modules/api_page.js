// @ts-check
/** The page of an API: Swagger UI draws the OpenAPI document that the page names. */

const place = document.getElementById("api-docs");
if (place && globalThis.SwaggerUIBundle) {
  globalThis.SwaggerUIBundle({ url: place.dataset.document, domNode: place, deepLinking: true, validatorUrl: null });
}
