// Starts Swagger UI. The script that Swashbuckle would start it with makes functions of text, which the page's policy forbids.
"use strict";

const gateway = new URL("..", location.href);

// Proves to the gateway that a script of its own origin asks; never told to anybody else.
const csrf = { "X-CSRF": "1" };

SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: new URL("openapi/v1.json", gateway).href,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  supportedSubmitMethods: ["get", "head"],
  persistAuthorization: false, // a token must not outlive the page it was pasted into
  validatorUrl: null, // would send the document's address to another host
  requestInterceptor: request => {
    if (new URL(request.url, location.href).origin === location.origin) {
      Object.assign(request.headers, csrf);
    }
    return request;
  },
});

async function showSession() {
  const answer = await fetch(new URL("session", gateway), { headers: csrf });
  const body = await answer.json();
  const bar = document.getElementById("session");
  if (answer.ok) {
    const out = document.createElement("button");
    out.className = "btn";
    out.textContent = "Sign out";
    out.addEventListener("click", async () => {
      await fetch(new URL("session/logout", gateway), { method: "POST", headers: csrf });
      location.reload();
    });
    bar.append(`Signed in as ${body.name ?? "somebody without a name"} `, out);
  } else if (body.login) {
    const login = new URL("session/login", gateway);
    login.searchParams.set("returnUrl", location.pathname);
    const link = document.createElement("a");
    link.href = login.href;
    link.textContent = "Sign in with the company account";
    bar.append(link);
  }
  bar.hidden = false;
}

// Only where browser sign-in is on: a question that is answered with 404 is an error in the browser's console.
if ("session" in document.currentScript.dataset) {
  showSession();
}
