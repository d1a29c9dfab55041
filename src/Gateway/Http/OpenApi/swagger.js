// Starts Swagger UI. The script that Swashbuckle would start it with makes functions of text, which the page's policy forbids.
"use strict";

const gateway = new URL("..", location.href);

// Only where browser sign-in is on: a question that is answered with 404 is an error in the browser's console.
const hasSignIn = "session" in document.currentScript.dataset;

// Proves to the gateway that a script of its own origin asks; never told to anybody else.
const csrf = { "X-CSRF": "1" };

// Whoever is signed in; null while nobody is, or while that is not known yet.
let person = null;

// Leads back to the operation that is open now: Swagger UI has it in the fragment.
function loginAddress() {
  const login = new URL("session/login", gateway);
  login.searchParams.set("returnUrl", location.pathname + location.hash);
  return login.href;
}

// What Swagger UI does not do by itself.
const plugin = ({ React: { createElement: h } }) => {
  const cookies = definitions => definitions.every(scheme => scheme.get("type") === "apiKey" && scheme.get("in") === "cookie");

  function Session({ name, schema, getComponent }) {
    const Markdown = getComponent("Markdown", true);
    const login = h("a", { href: loginAddress(), onClick: click => { click.currentTarget.href = loginAddress(); } }, "sign in");
    const state = !hasSignIn ? ["Nobody can sign in with a browser at this gateway."]
      : person !== null ? [`Signed in as ${person}: the browser sends the cookie by itself.`]
      : ["No page can set this cookie, so there is nothing to fill in: ", login, ", as with the link on top of this page."];
    return h("div", { className: "gateway-session" },
      h("h4", null, h("code", null, name), "  (session of the browser)"),
      h(Markdown, { source: schema.get("description") }),
      h("p", null, ...state));
  }

  return {
    wrapComponents: {
      // A browser's session: no text box, and no button that would take what is in it.
      apiKeyAuth: Original => props => props.schema.get("in") === "cookie" ? h(Session, props) : h(Original, props),
      auths: Original => props => !cookies(props.definitions) ? h(Original, props)
        : h("div", { className: "auth-container" }, props.definitions.entrySeq().map(([name, schema]) => h(Session, { ...props, key: name, name, schema }))),

      // Nothing to choose from.
      ServersContainer: Original => props => props.specSelectors.servers()?.size > 1 ? h(Original, props) : null,

      // The path of an operation lies in a button, which must not hold a link. The fragment follows the button all the same.
      OperationSummaryPath: Original => props => h(Original, {
        ...props,
        getComponent: (component, ...more) => component === "DeepLink" ? ({ text }) => h("span", null, text) : props.getComponent(component, ...more),
      }),
    },
  };
};

// What whoever cannot see the page, or has no mouse, needs of it and Swagger UI leaves out.
function makeAccessible(root) {
  const each = (selector, change) => root.querySelectorAll(selector).forEach(change);
  each("pre.microlight:not([tabindex])", code => { code.tabIndex = 0; }); // it scrolls
  each(".parameters select:not([aria-label])", select => { select.ariaLabel = select.closest("tr").dataset.paramName; });
  each(".examples-select-element:not([aria-label])", select => { select.ariaLabel = "Example"; });
  each(".close-modal:not([aria-label])", button => { button.ariaLabel = "Close"; });
  each(".auth-btn-wrapper [aria-label]", button => button.removeAttribute("aria-label")); // says something else than the button does
  each(".modal-ux:not([role])", dialog => Object.assign(dialog, { role: "dialog", ariaModal: "true", ariaLabel: "Available authorizations" }));
}

const root = document.getElementById("swagger-ui");
new MutationObserver(() => makeAccessible(root)).observe(root, { childList: true, subtree: true });

SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: new URL("openapi/v1.json", gateway).href,
  queryConfigEnabled: false, // a link must not show somebody else's document here
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [plugin],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  syntaxHighlight: { theme: "obsidian" }, // the numbers of the usual one are too dark to read
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
    person = body.name ?? "somebody without a name";
    const out = document.createElement("button");
    out.className = "btn";
    out.textContent = "Sign out";
    out.addEventListener("click", async () => {
      await fetch(new URL("session/logout", gateway), { method: "POST", headers: csrf });
      location.reload();
    });
    bar.append(`Signed in as ${person} `, out);
  } else if (body.login) {
    const link = document.createElement("a");
    link.href = loginAddress();
    link.addEventListener("click", () => { link.href = loginAddress(); });
    link.textContent = "Sign in with the company account";
    bar.append(link);
  } else {
    bar.append(body.title); // sessions cannot be looked up now, say
  }
  bar.hidden = false;
}

if (hasSignIn) {
  showSession();
}
