/** What somebody wrote, with its lines; null: it was erased. */
export const FreeText = ({ text }: { text: string | null }) =>
  text === null ? (
    <em class="erased">erased</em>
  ) : (
    <bdi class="free-text" dir="auto">
      {text}
    </bdi>
  );
