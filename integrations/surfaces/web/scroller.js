// The scrolling part of the page: stays at the newest message while it grows, unless
// the reader has scrolled up; then it stays where the reader is and offers a way down.

const NEAR_PX = 80;

export default {
  template: `
    <div class="m-scroll-frame">
      <div ref="box" class="m-scroll" @scroll.passive="onScroll" @click="onClick"><slot /></div>
      <button v-show="!near" type="button" class="m-latest" @click="latest(true)">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v14M5.5 12.5 12 19l6.5-6.5"/></svg>
        Latest
      </button>
    </div>
  `,
  data() {
    return { near: true };
  },
  mounted() {
    this.kept = null;
    this.observer = new MutationObserver(() => this.settle());
    this.observer.observe(this.$refs.box, { childList: true, subtree: true, characterData: true });
    this.sizes = new ResizeObserver(() => this.near && this.latest());
    this.sizes.observe(this.$refs.box);
    this.latest();
  },
  beforeUnmount() {
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
    async onClick(event) {
      const button = event.target.closest(".m-copy");
      if (!button) return;
      try {
        await navigator.clipboard.writeText(button.closest(".m-code").querySelector("pre").innerText);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Press Ctrl+C";
        getSelection().selectAllChildren(button.closest(".m-code").querySelector("pre"));
      }
      setTimeout(() => (button.textContent = "Copy"), 1600);
    },
  },
};
