// Shows how a frontend uses the gateway from another origin; docs/frontend.md explains each step.
import { gateway } from './settings.js';

const byId = (id) => document.getElementById(id);
const unfinished = ['registered', 'pending', 'in_progress'];
const statusTexts = { registered: 'Registered', pending: 'Waiting', in_progress: 'Running', completed: 'Done', failed: 'Failed' };
let path = '/api/task-runs?limit=20';
let etag = null;
let asking = null;
let timer = null;
let next = null; // the next call and its time by this page's clock; null during a request and while the user is signed out

// Sends the cookie, and the header that proves that a script sent the request.
const call = (url, options = {}) =>
  fetch(gateway + url, { ...options, credentials: 'include', headers: { 'X-CSRF': '1', ...options.headers } });

const seconds = (value, fallback) => (value === null ? fallback : Number(value));

function again(what, after) {
  next = { what, at: performance.now() + after * 1000 };
  wait();
}

// Requests nothing while the page is hidden. Once it is visible again, the next request is sent at its time and not
// earlier.
function wait() {
  clearTimeout(timer);
  timer = next === null || document.hidden ? null : setTimeout(next.what, Math.max(0, next.at - performance.now()));
}

// Returns the response and its body; null if there is no usable response. Then `what` is called again later, unless the
// user is signed out.
async function ask(what, url, headers = {}) {
  asking?.abort(); // a late response must not replace a newer one
  asking = new AbortController();
  next = null;
  wait();
  try {
    const response = await call(url, { headers, signal: asking.signal });
    if (response.ok || response.status === 304) {
      return { headers: response.headers, body: response.ok ? await response.json() : null };
    }

    if (response.status === 401) {
      signedOut();
      return null;
    }

    // After any other error the rows stay and the user stays signed in. A proxy in front of the gateway may respond
    // without JSON.
    const problem = await response.json().catch(() => ({ title: `The gateway cannot be used now (${response.status}).` }));
    byId('state').textContent = problem.title;
    again(what, seconds(response.headers.get('Retry-After'), 30));
  } catch (failure) {
    if (failure.name !== 'AbortError') {
      byId('state').textContent = 'The gateway cannot be reached.';
      again(what, 30);
    }
  }

  return null;
}

async function start() {
  const session = await ask(start, '/session');
  if (session !== null) {
    byId('who').textContent = session.body.name ?? session.body.subject;
    byId('sign-out').hidden = false;
    await show();
  }
}

async function show() {
  const answer = await ask(show, path, etag ? { 'If-None-Match': etag } : {});
  if (answer === null) {
    return;
  }

  // The time of the data: Date − Age, by the gateway's clock and not by this machine's.
  const { headers, body: page } = answer;
  const asOf = new Date(new Date(headers.get('Date')).getTime() - seconds(headers.get('Age'), 0) * 1000);
  byId('state').textContent = `As of ${asOf.toLocaleTimeString()}`;
  byId('state').dataset.age = headers.get('Age');
  if (page !== null) {
    etag = headers.get('ETag');
    byId('runs').replaceChildren(...page.runs.map(row));
    const link = /<([^>]+)>; rel="next"/.exec(headers.get('Link'));
    byId('more').hidden = link === null;
    byId('more').onclick = () => {
      path = link[1];
      etag = null;
      show();
    };
    byId('runs').dataset.unfinished = page.runs.some((run) => unfinished.includes(run.status));
  }

  again(show, byId('runs').dataset.unfinished === 'true' ? 10 : 60);
}

function row(run) {
  const failure = run.failure && (run.failure.code ?? run.failure.message);
  const cells = [run.name, statusTexts[run.status] ?? 'Unknown', run.createdAt, failure].map((text) => {
    const cell = document.createElement('td');
    cell.textContent = text ?? '';
    return cell;
  });
  const line = document.createElement('tr');
  line.append(...cells);
  return line;
}

function signedOut() {
  asking?.abort();
  next = null;
  wait();
  byId('who').textContent = 'Not signed in.';
  byId('sign-in').hidden = false;
  byId('sign-out').hidden = true;
  byId('more').hidden = true;
  byId('state').textContent = '';
  byId('runs').replaceChildren();
}

byId('sign-in').onclick = () => location.assign(`${gateway}/session/login?returnUrl=${encodeURIComponent(location.href)}`);

byId('sign-out').onclick = async () => {
  try {
    const response = await call('/session/logout', { method: 'POST' });
    if (response.ok || response.status === 401) {
      signedOut();
    } else {
      byId('state').textContent = (await response.json()).title; // still signed in: the user can try again
    }
  } catch {
    byId('state').textContent = 'You are still signed in: the gateway cannot be reached.';
  }
};

document.addEventListener('visibilitychange', wait);
await start();
