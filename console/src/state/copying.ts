/** What is shown short is copied exactly: a time as RFC 3339, whatever its form on the screen. */
export function followCopying(): void {
  document.addEventListener('copy', (event) => {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !event.clipboardData) return;
    if (document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLTextAreaElement)
      return;
    const part = document.createElement('div');
    for (let at = 0; at < selection.rangeCount; at++) part.append(selection.getRangeAt(at).cloneContents());
    const exact = part.querySelectorAll<HTMLElement>('[data-exact]');
    if (exact.length === 0) return;
    for (const element of exact) element.textContent = element.dataset['exact'] ?? '';
    const rows = part.querySelectorAll('[role=row]');
    const lines = rows.length === 0 ? [part] : [...rows];
    const text = lines.map((line) => {
      const cells = line.querySelectorAll('[role=gridcell], [role=columnheader]');
      return cells.length === 0 ? line.textContent : [...cells].map((cell) => cell.textContent?.trim()).join('\t');
    });
    event.clipboardData.setData('text/plain', text.join('\n'));
    event.preventDefault();
  });
}
