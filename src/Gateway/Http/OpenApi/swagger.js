// Starts Swagger UI. Swashbuckle's own script creates functions from strings, which the page's content security policy forbids.
"use strict";

const gateway = new URL("..", location.href);

// Requests to /session are sent only if browser sign-in is on: a 404 would be an error in the browser's console.
const hasSignIn = "session" in document.currentScript.dataset;

// Proves to the gateway that a script of its own origin sent the request; never sent to another origin.
const csrf = { "X-CSRF": "1" };

// Returns the address of the sign-in. It leads back to the operation that is open now, which Swagger UI stores in the fragment.
function loginAddress() {
  const login = new URL("session/login", gateway);
  login.searchParams.set("returnUrl", location.pathname + location.hash);
  return login.href;
}

// Adds attributes for keyboards and screen readers that Swagger UI omits.
function makeAccessible(root) {
  const each = (selector, change) => root.querySelectorAll(selector).forEach(change);
  each("pre.microlight:not([tabindex])", code => { code.tabIndex = 0; }); // it scrolls
  each(".parameters select:not([aria-label])", select => { select.ariaLabel = select.closest("tr").dataset.paramName; });
  each(".examples-select-element:not([aria-label])", select => { select.ariaLabel = "Example"; });
  each(".close-modal:not([aria-label])", button => { button.ariaLabel = "Close"; });
  each(".auth-btn-wrapper [aria-label]", button => button.removeAttribute("aria-label")); // it differs from the button's text
  // A button must not contain a link; it sets the fragment itself.
  each(".opblock-summary-control a[href]", link => link.removeAttribute("href"));
  each(".servers select:not([aria-label])", select => { select.ariaLabel = "Server"; });
  each(".modal-ux:not([role])", dialog => {
    Object.assign(dialog, { role: "dialog", ariaModal: "true", ariaLabel: "Available authorizations" });
  });
}

const root = document.getElementById("swagger-ui");
new MutationObserver(() => makeAccessible(root)).observe(root, { childList: true, subtree: true });

SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: new URL("openapi/v1.json", gateway).href,
  queryConfigEnabled: false, // a link must not show the document of another origin here
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  syntaxHighlight: { theme: "obsidian" }, // the default theme's numbers are too dark to read
  supportedSubmitMethods: ["get", "head"],
  persistAuthorization: false, // a token must not outlive the page it was pasted into
  validatorUrl: null, // a validator would send the document's address to another host
  requestInterceptor: request => {
    if (new URL(request.url, location.href).origin === location.origin) {
      Object.assign(request.headers, csrf);
    }
    return request;
  },
});

async function showSession() {
  const response = await fetch(new URL("session", gateway), { headers: csrf });
  const body = await response.json();
  const bar = document.getElementById("session");
  if (response.ok) {
    const out = document.createElement("button");
    out.className = "btn";
    out.textContent = "Sign out";
    out.addEventListener("click", async () => {
      await fetch(new URL("session/logout", gateway), { method: "POST", headers: csrf });
      location.reload();
    });
    bar.append(`Signed in as ${body.name ?? "a person without a name"} `, out);
  } else if (body.login) {
    const link = document.createElement("a");
    link.href = loginAddress();
    link.addEventListener("click", () => { link.href = loginAddress(); });
    link.textContent = "Sign in with the company account";
    bar.append(link);
  } else {
    bar.append(body.title); // a problem, for example that sessions cannot be looked up
  }
  bar.hidden = false;
}

if (hasSignIn) {
  showSession();
}
