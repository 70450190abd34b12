/** What of a tab is cut off: a page that scrolls sideways, and text or controls that one cannot see whole. */
import type { Tab } from './stage.js';

/**
 * Text that is shortened with an ellipsis counts as seen where the whole is at hand: in a title of it or of what holds it. What scrolls
 * by itself is not cut off.
 */
const FIND = `(() => {
  const found = [];
  const name = (element) => element.tagName.toLowerCase() + '.' + element.className + ' "' + element.textContent.trim().slice(0, 60) + '"';
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth) found.push('the page scrolls sideways: ' + root.scrollWidth + ' of ' + innerWidth + ' px');
  const isHidden = (element) => !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.closest('.only-read, .wide, .skip, svg, .plain thead') !== null;
  const isClipped = (element) => {
    for (let holder = element.parentElement; holder && holder !== document.body; holder = holder.parentElement)
      if (/hidden|clip/.test(getComputedStyle(holder).overflowX) && holder.getBoundingClientRect().right <= innerWidth + 1) return true;
    return false;
  };
  for (const part of document.querySelectorAll('.content, .page'))
    if (getComputedStyle(part).overflowY === 'visible' && part.scrollHeight > part.clientHeight + 1) found.push('runs out below: ' + name(part).slice(0, 40));
  for (const element of document.body.querySelectorAll('*')) {
    // A field scrolls what is in it.
    if (isHidden(element) || element.matches('input, .row-ruler, .row-ruler *')) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    if ((box.right > innerWidth + 1 || box.left < -1) && !isClipped(element)) found.push('outside of the screen: ' + name(element) + ' ' + Math.round(box.left) + ' to ' + Math.round(box.right));
    const style = getComputedStyle(element);
    const isScrolling = /auto|scroll/.test(style.overflowX);
    if (isScrolling && element.scrollWidth > element.clientWidth + 1) found.push('scrolls sideways: ' + name(element));
    if (/hidden|clip/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.closest('[title]') === null && element.querySelector('[title]') === null)
      found.push('cut off: ' + name(element));
  }
  return [...new Set(found)].slice(0, 10);
})()`;

export const cutOff = ({ page }: Tab): Promise<string[]> => page.evaluate<string[]>(FIND);
