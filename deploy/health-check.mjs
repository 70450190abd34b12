/** The container's health check: exits with 0 if the server in it answers GET /health, with 1 if not. */
const { PORT = '8080', TLS_CERT_FILE } = process.env;

// The certificate names a host, not this address. The check asks whether the server lives, not who it is.
if (TLS_CERT_FILE) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

const url = `${TLS_CERT_FILE ? 'https' : 'http'}://127.0.0.1:${PORT}/health`;
try {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
