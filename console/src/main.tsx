/** The page begins here. */

import { effect } from '@preact/signals';
import { render } from 'preact';
import { chooseAll, followChoice } from './state/chosen.js';
import { followCopying } from './state/copying.js';
import { followKeys } from './state/keys.js';
import { follow, forgetClient } from './state/live.js';
import { forgetMarks } from './state/marks.js';
import { followRoles } from './state/me.js';
import { forgetNames } from './state/names.js';
import { theme } from './state/preferences.js';
import { followSound } from './state/sound.js';
import { followTitle } from './state/title.js';
import { forgetUi } from './state/ui.js';
import { App } from './views/app.js';

follow(() => {
  forgetClient();
  forgetMarks();
  forgetNames();
  forgetUi();
  chooseAll(false);
});
effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});
followRoles();
followChoice();
followSound();
followTitle();
followKeys();
followCopying();
render(<App />, document.getElementById('console')!);
