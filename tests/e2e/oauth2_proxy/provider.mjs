// An OpenID provider for the tests: whoever names themselves is logged in, with any password.
//
//   node provider.mjs PORT REDIRECT_URI ID_TOKEN_SECONDS
import Provider from 'oidc-provider';

const [port, redirectUri, idTokenSeconds] = process.argv.slice(2);
const groups = { ada: ['gw-admins', 'gw-ops'], eve: ['gw-guests'] };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'gateway',
    client_secret: 'a-secret-of-the-tests',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
  }],
  issueRefreshToken: async () => true,
  findAccount: (_context, name) => ({
    accountId: name,
    claims: () => ({
      sub: name, email: `${name}@example.com`, email_verified: true, groups: groups[name] ?? [],
    }),
  }),
  claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
  scopes: ['openid', 'email', 'groups'],
  conformIdTokenClaims: false, // The groups stand in the id token too.
  ttl: { IdToken: Number(idTokenSeconds) },
  cookies: { keys: ['a-key-of-the-tests'] },
  features: { devInteractions: { enabled: true } },
});
provider.listen(Number(port), '127.0.0.1');
