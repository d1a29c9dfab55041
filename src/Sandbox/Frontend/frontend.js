// How a frontend uses the gateway from another origin; docs/frontend.md explains each step.
import { gateway } from './settings.js';

const byId = (id) => document.getElementById(id);
const unfinished = ['registered', 'pending', 'in_progress'];
const statusTexts = { registered: 'Registered', pending: 'Waiting', in_progress: 'Running', completed: 'Done', failed: 'Failed' };
let path = '/api/task-runs?limit=20';
let etag = null;
let timer = null;

// The cookie goes along; the header shows that a script has sent the request.
const call = (url, options = {}) =>
  fetch(gateway + url, { ...options, credentials: 'include', headers: { 'X-CSRF': '1', ...options.headers } });

const seconds = (value, fallback) => (value === null ? fallback : Number(value));

function again(after) {
  clearTimeout(timer);
  timer = document.hidden ? null : setTimeout(show, after * 1000); // nobody looks: nobody asks
}

async function show() {
  let response;
  try {
    response = await call(path, { headers: etag ? { 'If-None-Match': etag } : {} });
  } catch {
    byId('state').textContent = 'The gateway cannot be reached.';
    return again(30);
  }

  if (response.status === 401) {
    return signedOut();
  }

  // Whatever went wrong, the rows that are there stay, with the time that they are from.
  if (response.status !== 200 && response.status !== 304) {
    const problem = await response.json();
    byId('state').textContent = problem.title;
    return again(seconds(response.headers.get('Retry-After'), 30));
  }

  // How old the answer is: Date − Age, by the gateway's clock and not by this machine's.
  const asOf = new Date(new Date(response.headers.get('Date')).getTime() - seconds(response.headers.get('Age'), 0) * 1000);
  byId('state').textContent = `As of ${asOf.toLocaleTimeString()}`;
  byId('state').dataset.age = response.headers.get('Age');
  if (response.status === 200) {
    etag = response.headers.get('ETag');
    const page = await response.json();
    byId('runs').replaceChildren(...page.runs.map(row));
    const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('Link'));
    byId('more').hidden = next === null;
    byId('more').onclick = () => {
      path = next[1];
      etag = null;
      show();
    };
    byId('runs').dataset.unfinished = page.runs.some((run) => unfinished.includes(run.status));
  }

  again(byId('runs').dataset.unfinished === 'true' ? 10 : 60);
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
  clearTimeout(timer);
  byId('who').textContent = 'Nobody is signed in.';
  byId('sign-in').hidden = false;
  byId('sign-out').hidden = true;
  byId('more').hidden = true;
  byId('state').textContent = '';
  byId('runs').replaceChildren();
}

byId('sign-in').onclick = () => location.assign(`${gateway}/session/login?returnUrl=${encodeURIComponent(location.href)}`);

byId('sign-out').onclick = async () => {
  const response = await call('/session/logout', { method: 'POST' });
  if (response.ok || response.status === 401) {
    signedOut();
  } else {
    byId('state').textContent = (await response.json()).title; // still signed in: try again
  }
};

document.addEventListener('visibilitychange', () => document.hidden || byId('sign-out').hidden || show());

const session = await call('/session');
if (session.ok) {
  const { subject, name } = await session.json();
  byId('who').textContent = name ?? subject;
  byId('sign-out').hidden = false;
  await show();
} else {
  signedOut();
}
