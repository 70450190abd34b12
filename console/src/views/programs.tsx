/** For programs: access tokens, and subscriptions with how far they are behind. */
import { AccessTokens } from './access-tokens.js';
import { Subscriptions } from './subscriptions.js';

export const Programs = () => (
  <section class="page scrolls" aria-labelledby="programs-title">
    <header class="page-head">
      <h1 id="programs-title">Programs</h1>
    </header>
    <div class="operations">
      <AccessTokens />
      <Subscriptions />
    </div>
  </section>
);
