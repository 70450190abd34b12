/** Passwords that are guessed first: the beginnings of every list of leaked ones. */

/** In small letters, without digits and signs at the end; those that are digits alone are found by their pattern. */
const COMMON = new Set(
  (
    'password passwort passw0rd p@ssword p@ssw0rd motdepasse contraseña qwerty qwertz azerty qwertyui qwertyuiop asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz2wsx qazwsx q1w2e3r4 zaq12wsx qwerty123qwerty ' +
    'iloveyou sunshine princess football baseball basketball superman batman trustno starwars whatever welcome letmein dragon monkey master shadow michael jennifer jordan hunter ' +
    'computer internet samsung corvette mercedes charlie liverpool chelsea arsenal barcelona cheese chocolate butterfly purple flower hello helloworld freedom nicole jessica michelle ashley ' +
    'admin administrator root toor test testtest guest default changeme changeit change-me secretsecret temporary access login user username abc abcd abcdef abcdefg abcdefgh abc123abc aaaaaa loveyou lovely maverick midnight mustang ' +
    'alarm alarms alarmserver alarm-server trader trading desk eurusd pass1234pass google facebook summer winter spring autumn january monday january'
  ).split(' '),
);

/** The same without what people add at the end so that a rule is kept: `Password1!`. */
const stem = (password: string): string => password.toLowerCase().replace(/[\d!?.,*#$@_+\s-]+$/u, '');

/** What is wrong with it, as the end of a sentence that begins with its name; undefined if it is none of the first guesses. `username`: whose password it is to be. */
export function guessedFirst(password: string, username = ''): string | undefined {
  const canonical = password.normalize('NFKC').toLowerCase();
  const name = username.normalize('NFKC').toLowerCase();
  if (name !== '' && (canonical === name || (name.length > 2 && stem(canonical) === name) || canonical === [...name].reverse().join('') || canonical === name + name)) return 'must not be the username, nor that with digits or signs behind it';
  if (COMMON.has(canonical) || COMMON.has(stem(canonical)) || isPattern(canonical)) return 'is one of the most common ones, which are guessed first: choose another one, three random words say';
  return undefined;
}

/** One piece again and again (aaaaaaaa, abcabcabc, 12121212), or characters that follow each other (12345678, 87654321, abcdefgh). */
function isPattern(text: string): boolean {
  const characters = [...text];
  for (let period = 1; period <= 4 && period < characters.length; period += 1) if (characters.every((character, at) => character === characters[at % period])) return true;
  const steps = new Set(characters.slice(1).map((character, at) => (character.codePointAt(0)! - characters[at]!.codePointAt(0)! + 10) % 10));
  const isDigits = /^\d+$/.test(text);
  return isDigits && steps.size === 1;
}
