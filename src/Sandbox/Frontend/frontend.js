// Shows how a frontend uses the gateway from another origin; docs/frontend.md explains each step.
import { gateway } from './settings.js';

const byId = (id) => document.getElementById(id);
const statusTexts = { registered: 'Registered', pending: 'Waiting', in_progress: 'Running', completed: 'Done', failed: 'Failed' };
const limit = 20;
const firstPage = `/api/task-runs?sort=-createdAt&limit=${limit}`; // a query: only its responses have the link to the changes
let path = firstPage;
let etag = null;
let runs = []; // the shown ones
let changes = null; // the path of the changes after the version that is shown
let source = null; // the event stream; null while there is none
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

// The path of a link of the response; undefined if it has none.
const link = (headers, relation) => headers.get('Link')?.match(new RegExp(`<([^>]*)>; rel="${relation}"`))?.[1];

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

    if (response.status === 410 || (response.status === 400 && url === changes)) {
      // The version is gone, or was lost: read the list again. A later page of it begins again with the first one.
      path = url === path ? firstPage : path;
      etag = null;
      again(show, 0);
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
  const response = await ask(show, path, etag ? { 'If-None-Match': etag } : {});
  if (response === null) {
    return;
  }

  const { headers, body: page } = response;
  etag = headers.get('ETag');
  runs = page?.runs ?? runs;
  draw();
  tell(asOf(headers));
  byId('state').dataset.age = headers.get('Age');
  const more = link(headers, 'next');
  byId('more').hidden = more === undefined;
  byId('more').onclick = () => {
    hangUp();
    path = more;
    etag = null;
    show();
  };
  changes = link(headers, 'monitor');
  again(listen, 0); // not while the page is hidden
}

// Listens to the changes after those that are shown. When the stream is cut or ends as planned, the browser opens the
// next one and goes on after the last event.
function listen() {
  source = new EventSource(gateway + changes, { withCredentials: true });
  heard({ lastEventId: '' });
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) {
      catchUp(); // the gateway has refused the stream
    }
  };
  const on = (name, react) => source.addEventListener(name, (event) => {
    heard(event);
    react(JSON.parse(event.data));
  });
  on('changes', apply);
  on('bookmark', (bookmark) => tell(new Date(bookmark.asOf)));
  on('progress', (list) => (byId('state').textContent = `${list.runs} of ${list.expectedTotal ?? 'all'} runs are read`));
  on('reset', () => {
    hangUp();
    show();
  });
  on('end', ({ reason }) => {
    if (reason === 'session' || reason === 'permission') {
      catchUp();
    }
  });
}

// Notes the version that the page has now. After 40 s without a message the connection is broken: one comes every 15 s.
function heard({ lastEventId }) {
  changes = lastEventId === '' ? changes : `${changes.split('?')[0]}?since=${encodeURIComponent(lastEventId)}`;
  again(catchUp, 40);
}

function hangUp() {
  source?.close();
  source = null;
}

// Polls once, in place of a stream: the response has the changes, or the reason for which there is no stream. Then it
// tries the stream again, not all pages at once.
async function catchUp() {
  hangUp();
  const response = await ask(catchUp, changes);
  if (response !== null) {
    changes = link(response.headers, 'next');
    apply(response.body);
    tell(asOf(response.headers));
    again(listen, 30 + 10 * Math.random());
  }
}

// Changes are whole runs, so applying one twice does no harm.
function apply(message) {
  const shown = new Map(runs.map((run) => [run.id, run]));
  for (const { type, id, run } of message.changes) {
    if (type === 'deleted') {
      shown.delete(id);
    } else if (shown.has(id) || (type === 'created' && path === firstPage)) {
      shown.set(id, run);
    }
  }

  const age = (run) => -(Date.parse(run.createdAt) || 0);
  runs = [...shown.values()].sort((a, b) => age(a) - age(b)).slice(0, limit);
  etag = null; // it belongs to what was shown before
  draw();
}

// The time of the data: Date − Age, by the gateway's clock and not by this machine's.
function asOf(headers) {
  return new Date(new Date(headers.get('Date')).getTime() - seconds(headers.get('Age'), 0) * 1000);
}

function tell(time) {
  byId('state').textContent = `As of ${time.toLocaleTimeString()}${source === null ? '' : ', live'}`;
}

function draw() {
  byId('runs').replaceChildren(...runs.map(row));
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
  hangUp();
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

// A hidden page needs no stream. When it is visible again, it goes on after the version that it shows.
document.addEventListener('visibilitychange', () => {
  if (document.hidden && source !== null) {
    hangUp();
    again(listen, 0);
  }

  wait();
});
await start();
