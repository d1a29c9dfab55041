// For njs: responds with 204 to a valid access token of the issuer for this audience with the scope to read; otherwise
// with 401.
const key = Buffer.from('{key}', 'base64');
const rs256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

const read = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

async function isGood(authorization) {
  const parts = authorization.split(' ')[1].split('.');
  if (read(parts[0]).alg !== 'RS256') {
    return false;
  }
  const issuers = await crypto.subtle.importKey('spki', key, rs256, false, ['verify']);
  if (!(await crypto.subtle.verify(rs256, issuers, Buffer.from(parts[2], 'base64url'), Buffer.from(`${parts[0]}.${parts[1]}`)))) {
    return false;
  }
  const claims = read(parts[1]);
  return claims.iss === '{issuer}' && [].concat(claims.aud).includes('{audience}') && claims.exp > Date.now() / 1000
    && claims.scope.split(' ').includes('{scope}');
}

async function check(r) {
  let isLetIn = false;
  try {
    isLetIn = await isGood(r.headersIn.Authorization);
  } catch (e) {
    // the value is not a token
  }
  r.return(isLetIn ? 204 : 401);
}

export default { check };
