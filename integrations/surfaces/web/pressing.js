// What can be pressed below something that Mynah says, and the pictures that belong to it. A
// button is shut the moment it is pressed, here in the browser, so that a double click is one
// command; it keeps the focus, and the server opens it again.

const LET_GO_AFTER_MS = 60000;

export default {
  template: `
    <div class="m-pressing">
      <figure v-for="(picture, n) in pictures" :key="n" class="m-picture">
        <img :src="picture.src" :alt="picture.alt" />
      </figure>
      <div v-if="buttons.length" class="m-reading-row" role="group" aria-label="What you can do">
        <button v-for="button in buttons" :key="button.key" type="button" class="m-press"
          :class="'m-press-' + button.style" :aria-busy="busy === button.key"
          :aria-disabled="busy !== null" :aria-haspopup="button.asks ? 'dialog' : null"
          @click="press(button, $event)">{{ button.label }}</button>
      </div>
    </div>
  `,
  props: { buttons: Array, pictures: Array },
  emits: ["press"],
  data() {
    return { busy: null };
  },
  beforeUnmount() {
    clearTimeout(this.timer);
    // Whoever pressed with a key goes on where they type, not at the top of the page.
    if (this.byKey && this.$el.contains(document.activeElement)) {
      document.querySelector(".m-composer textarea")?.focus();
    }
  },
  methods: {
    press(button, event) {
      if (this.busy !== null) return;
      this.byKey = event.detail === 0;
      this.busy = button.key;
      this.timer = setTimeout(() => this.settled(), LET_GO_AFTER_MS);
      this.$emit("press", button.key);
    },
    settled() {
      clearTimeout(this.timer);
      this.busy = null;
    },
  },
};
