// The scrolling part of the page: stays at the newest message while it grows, unless
// the reader has scrolled up; then it stays where the reader is and offers a way down.
// It also copies answers and code, and tells which answer somebody had a use for.

const NEAR_PX = 80;
const WORTH_TELLING = 40; // characters; fewer are a name or a number looked up
const COPIED_MS = 1600;

// Characters of an element that lie in a range.
function shared(element, range) {
  if (!range.intersectsNode(element)) return 0;
  const part = document.createRange();
  part.selectNodeContents(element);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0)
    part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0)
    part.setEnd(range.endContainer, range.endOffset);
  return [...part.toString().trim()].length;
}

export default {
  template: `
    <div class="m-scroll-frame">
      <div ref="box" class="m-scroll" @scroll.passive="onScroll" @click="onClick"><slot /></div>
      <button v-show="!near" type="button" class="m-latest" @click="latest(true)">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v14M5.5 12.5 12 19l6.5-6.5"/></svg>
        Latest
      </button>
      <div class="m-unseen" role="status">{{ said }}</div>
    </div>
  `,
  emits: ["copied"],
  data() {
    return { near: true, said: "" };
  },
  mounted() {
    this.kept = null;
    this.observer = new MutationObserver(() => this.settle());
    this.observer.observe(this.$refs.box, { childList: true, subtree: true, characterData: true });
    this.sizes = new ResizeObserver(() => this.near && this.latest());
    this.sizes.observe(this.$refs.box);
    document.addEventListener("copy", this.onCopy);
    this.latest();
  },
  beforeUnmount() {
    document.removeEventListener("copy", this.onCopy);
    this.observer.disconnect();
    this.sizes.disconnect();
  },
  methods: {
    onScroll() {
      const box = this.$refs.box;
      this.near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    },
    settle() {
      const box = this.$refs.box;
      if (this.kept !== null && box.scrollHeight !== this.kept.height) {
        box.scrollTop = this.kept.top + box.scrollHeight - this.kept.height;
        this.kept = null;
      } else if (this.near) this.latest();
    },
    latest(smooth = false) {
      const box = this.$refs.box;
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      box.scrollTo({ top: box.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
      this.near = true;
    },
    // Call before older messages are put above: the reader's place is kept.
    keep() {
      const box = this.$refs.box;
      this.near = false;
      this.kept = { top: box.scrollTop, height: box.scrollHeight };
    },
    onClick(event) {
      const code = event.target.closest(".m-copy");
      const answer = event.target.closest("[data-do=copy]")?.closest(".m-answer");
      if (code) {
        const pre = code.closest(".m-code").querySelector("pre");
        this.copy(pre.innerText, pre, (said) => (code.textContent = said || "Copy"));
      } else if (answer) {
        const label = event.target.closest("[data-do=copy]").querySelector("span");
        const text = answer.dataset.markdown;
        this.copy(text, answer.querySelector(".m-prose"), (said) => (label.textContent = said));
      }
    },
    // Without leave to use the clipboard, what was to be copied is selected instead.
    async copy(text, element, show) {
      try {
        await navigator.clipboard.writeText(text);
        this.said = "Copied";
        if ([...text].length >= WORTH_TELLING || element.matches(".m-prose"))
          this.tell(element.closest(".m-answer"));
      } catch {
        this.said = "Press Ctrl+C";
        getSelection().selectAllChildren(element);
      }
      show(this.said);
      setTimeout(() => show((this.said = "")), COPIED_MS);
    },
    // With the keyboard or the browser's own menu. Who copies from several answers at once
    // keeps the conversation, and says nothing about any of them.
    onCopy(event) {
      const selection = getSelection();
      if (event.target.closest?.("input, textarea") || !selection.rangeCount) return;
      const range = selection.getRangeAt(0);
      const from = [...this.$refs.box.querySelectorAll(".m-answer[data-interaction]")].filter(
        (answer) => shared(answer.querySelector(".m-prose"), range) >= WORTH_TELLING,
      );
      if (from.length === 1) this.tell(from[0]);
    },
    tell(answer) {
      if (answer?.dataset.interaction) this.$emit("copied", answer.dataset.interaction);
    },
  },
};
