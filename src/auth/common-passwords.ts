/**
 * Rejects the passwords that attackers try first, and no others: the contract allows any password of 8 bytes or more, so each
 * further rule (such as a word followed by digits) would break existing clients for little gain. The login throttle slows other guesses.
 */

/** In lower case: entries of at least 8 characters from the top of public lists of leaked passwords. */
const COMMON = new Set(
  (
    'password password1 password12 password123 password1234 password! passw0rd p@ssw0rd p@ssword passwort passwort1 passwort123 motdepasse contraseña ' +
    'qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx q1w2e3r4 zaq12wsx asdfghjk asdfghjkl zxcvbnm1 azertyui azertyuiop qwertzui ' +
    'iloveyou iloveyou1 sunshine sunshine1 princess princess1 football football1 baseball baseball1 superman starwars trustno1 whatever welcome1 welcome123 ' +
    'letmein1 changeme changeme1 changeit computer internet samsung1 jennifer michelle jessica1 charlie1 liverpool corvette mercedes butterfly chocolate ' +
    'admin123 administrator root1234 abcd1234 abc12345 a1b2c3d4 12341234 11223344 12344321 87654321 123123123 1234qwer qwer1234'
  ).split(' '),
);

/** Why the password is rejected, as the end of a sentence that starts with the field's name; undefined if it is accepted. `username`: the account's. */
export function guessedFirst(password: string, username = ''): string | undefined {
  const canonical = password.normalize('NFKC').toLowerCase();
  if (canonical === username.normalize('NFKC').toLowerCase()) return 'must not be the username';
  if (COMMON.has(canonical) || isPattern(canonical))
    return 'is one of the most common ones, which are guessed first: choose another one, three random words say';
  return undefined;
}

/** A repeated piece (aaaaaaaa, abcabcabc, 12121212), or consecutive digits (12345678, 87654321). */
function isPattern(text: string): boolean {
  const characters = [...text];
  for (let period = 1; period <= 4 && period < characters.length; period += 1)
    if (characters.every((character, at) => character === characters[at % period])) return true;
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, at) => (code - (codes[at] ?? 0) + 10) % 10));
  return /^\d+$/.test(text) && steps.size === 1;
}
