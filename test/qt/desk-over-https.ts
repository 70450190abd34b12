/** Another user, who does everything over HTTPS and trusts the server's own certificate only. */
import { request } from 'node:https';

export class DeskOverHttps {
  readonly #url: string;
  readonly #ca: Buffer;
  #token = '';

  constructor(url: string, ca: Buffer) {
    this.#url = url;
    this.#ca = ca;
  }

  async logIn(username: string, password: string): Promise<void> {
    this.#token = (await this.send('POST', '/login', { username, password })).access_token;
  }

  /** The answer's body. Rejects where the server does not answer with 2xx. */
  send(method: string, path: string, body?: object): Promise<any> {
    const headers = {
      'Content-Type': 'application/json',
      ...(this.#token === '' ? {} : { Authorization: `Bearer ${this.#token}` }),
    };
    return new Promise((resolve, reject) => {
      // A connection of its own: none is left over from before the server was restarted.
      const sent = request(this.#url + path, { method, headers, ca: this.#ca, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (more: string) => (text += more));
        response.on('error', reject).on('end', () => {
          const status = response.statusCode ?? 0;
          if (status < 200 || status > 299) reject(new Error(`${method} ${path} was answered with ${status}: ${text}`));
          else resolve(text === '' ? undefined : JSON.parse(text));
        });
      });
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }
}
