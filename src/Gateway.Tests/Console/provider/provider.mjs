// An OpenID provider on a free port of this machine, with one client. It prints its issuer. Everyone may sign in, without a password.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'nclue-gateway',
        client_secret: process.env.CLIENT_SECRET,
        application_type: 'native', // its loopback address may have any port (RFC 8252 §7.3)
        redirect_uris: ['http://127.0.0.1/session/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    scopes: ['openid', 'offline_access', 'profile', 'task-runs:read'],
    claims: { openid: ['sub'], profile: ['name'] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} 김` }) }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
