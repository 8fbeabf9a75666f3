/** Cuts a stream of text into lines; a line longer than the limit is given up, so that memory stays bounded. */
export class LineSplitter {
  private readonly pieces: string[] = [];
  private length = 0;

  constructor(
    private readonly maxLineLength: number,
    private readonly onLine: (line: string) => void,
    private readonly onTooLong: () => void,
  ) {}

  /** Calls onLine for each line that this completes, without its newline. */
  push(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      const rest = text.slice(from, end);
      from = end + 1;
      this.onLine(this.take(rest));
    }
    if (from < text.length) this.keep(text.slice(from));
  }

  /** The incomplete last line, once the stream has ended. */
  rest(): string {
    return this.take('');
  }

  private take(last: string): string {
    if (this.pieces.length === 0) return last;
    const line = this.pieces.join('') + last;
    this.pieces.length = 0;
    this.length = 0;
    return line;
  }

  private keep(piece: string): void {
    this.length += piece.length;
    if (this.length > this.maxLineLength) {
      this.take('');
      this.onTooLong();
      return;
    }
    this.pieces.push(piece);
  }
}
