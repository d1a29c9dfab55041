// Prints a line for each change of the list of runs, until Ctrl-C or after a number of changes:
// NCLUE_GATEWAY=http://127.0.0.1:5080 NCLUE_TOKEN=ey… node example/dist/watch-runs.js [changes]
import { applyUpdate, createNclueGatewayClient, NclueGatewayError, type TaskRun } from '@nclue-gateway/client';

const { NCLUE_GATEWAY: baseUrl, NCLUE_TOKEN: token } = process.env;
if (!baseUrl || !token) {
  console.error('Set NCLUE_GATEWAY to the address of the gateway and NCLUE_TOKEN to an access token.');
  process.exit(2);
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

let left = Number(process.argv[2] ?? Infinity);
const gateway = createNclueGatewayClient({ baseUrl, token: () => token });
const runs = new Map<string, TaskRun>();
const onFailure = ({ message }: NclueGatewayError) => console.error(`${message} It goes on.`);
try {
  for await (const update of gateway.watch({ signal: stop.signal, onFailure })) {
    if (update.type === 'list') {
      console.error(`${update.runs.length} runs, as of ${update.asOf.toISOString()}.`);
    } else if (update.type === 'progress') {
      console.error(`The gateway has read ${update.runs} of ${update.expectedTotal ?? 'an unknown number of'} runs.`);
    } else if (update.type === 'changes') {
      for (const { type, id, run } of update.changes) {
        const before = runs.get(id);
        console.log([type, id, before?.status ?? '-', run?.status ?? '-', (run ?? before)?.name ?? '-'].join('\t'));
        left--;
      }
    }

    applyUpdate(runs, update); // whole updates: now the map is one version of the list

    if (left <= 0) {
      break;
    }
  }
} catch (failure) {
  if (stop.signal.aborted) {
    process.exitCode = 130;
  } else if (failure instanceof NclueGatewayError) {
    console.error(`${failure.message}${failure.retryAfter === null ? '' : ` Try again in ${failure.retryAfter} s.`}`);
    process.exitCode = 1;
  } else {
    throw failure;
  }
}
