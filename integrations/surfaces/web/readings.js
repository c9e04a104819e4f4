// What a question could mean, as buttons. They are shut the moment one is pressed, here in
// the browser, so that a double click is one choice; the server opens them by refusing it.

const CONFIRM_WITHIN_MS = 8000;

export default {
  template: `
    <div class="m-readings" :class="{'m-taken': taken}" role="group"
        :aria-label="taken ? 'What else the question could mean' : 'What the question could mean'">
      <p v-if="taken" class="m-read-as">Read as: {{ taken }}.
        <template v-if="readings.length">Not what you meant?</template></p>
      <div class="m-reading-row">
        <button v-for="reading in readings" :key="reading.id" type="button" class="m-reading"
          :disabled="busy" @click="choose(reading.id, $event)">{{ reading.text }}</button>
        <button v-if="!taken" type="button" class="m-reading m-own" :disabled="busy"
          @click="ownWords">Something else</button>
      </div>
      <p v-if="problem" class="m-warn" role="alert">{{ problem }}</p>
    </div>
  `,
  props: { readings: Array, taken: String },
  emits: ["choose"],
  data() {
    return { busy: false, problem: "" };
  },
  beforeUnmount() {
    clearTimeout(this.timer);
    // Whoever chose with a key goes on where they type, not at the top of the page.
    if (this.busy && this.pressed) this.ownWords();
  },
  methods: {
    choose(id, event) {
      if (this.busy) return;
      this.busy = true;
      this.problem = "";
      this.pressed = event.detail === 0 ? event.currentTarget : null;
      this.timer = setTimeout(
        () => this.refused("Mynah has not confirmed this yet. Choose again in a moment."),
        CONFIRM_WITHIN_MS,
      );
      this.$emit("choose", id);
    },
    refused(why) {
      clearTimeout(this.timer);
      this.busy = false;
      this.problem = why;
      this.$nextTick(() => this.pressed?.focus());
    },
    ownWords() {
      document.querySelector(".m-composer textarea")?.focus();
    },
  },
};
