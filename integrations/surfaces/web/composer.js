// The input at the foot of the page. The draft, its event id and the menu of commands
// live in the browser, so that a lost connection loses nothing and sending twice sends once.

const CONFIRM_WITHIN_MS = 8000;
const COMMAND = /^\/[a-z-]*$/i;

export default {
  template: `
    <div class="m-composer">
      <ul v-if="matches.length" class="m-slash" role="listbox" :id="menuId" aria-label="Commands">
        <li v-for="(command, i) in matches" :key="command.name" :id="menuId + '-' + i"
            role="option" :aria-selected="i === at" @mousedown.prevent="pick(i)" @mousemove="at = i">
          <code>/{{ command.usage }}</code><span>{{ command.summary }}</span>
        </li>
      </ul>
      <div class="m-composer-box">
        <textarea ref="input" v-model="text" rows="1" placeholder="Ask, or type / for commands"
          aria-label="Message" aria-describedby="m-composer-note" :aria-controls="menuId"
          :aria-expanded="matches.length > 0" aria-autocomplete="list" role="combobox"
          :aria-activedescendant="matches.length ? menuId + '-' + at : null"
          @keydown="onKey" @input="onInput"></textarea>
        <button type="button" class="m-send" aria-label="Send" title="Send (Enter)"
          :disabled="!text.trim() || sending" @click="submit">
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 19V5M5.5 11.5 12 5l6.5 6.5"/></svg>
        </button>
      </div>
      <p id="m-composer-note" class="m-composer-note" :class="{'m-warn': warning}" role="status">{{ note }}</p>
    </div>
  `,
  props: { commands: Array, max: Number, draftKey: String, confirmedId: String },
  emits: ["say"],
  data() {
    return { text: "", at: 0, dismissed: false, sending: false, note: "", warning: false, id: "", sent: "" };
  },
  computed: {
    menuId() {
      return "m-slash";
    },
    matches() {
      if (this.dismissed || !COMMAND.test(this.text)) return [];
      const typed = this.text.slice(1).toLowerCase();
      return this.commands.filter((command) => command.name.startsWith(typed));
    },
  },
  watch: {
    text() {
      this.save(this.draftKey);
      this.at = 0;
      this.$nextTick(this.grow);
    },
    // Props arrive before calls: a thread that has just begun is known here first.
    draftKey(next, from) {
      if (this.id && this.id === this.confirmedId) this.confirmed(this.id, next, from);
      else this.restore();
    },
  },
  mounted() {
    this.restore();
    document.addEventListener("keydown", this.onPageKey);
  },
  beforeUnmount() {
    document.removeEventListener("keydown", this.onPageKey);
    clearTimeout(this.timer);
  },
  methods: {
    save(key) {
      const draft = { text: this.text, id: this.id, sent: this.sent };
      if (this.text) sessionStorage.setItem("mynah-draft:" + key, JSON.stringify(draft));
      else sessionStorage.removeItem("mynah-draft:" + key);
    },
    restore() {
      const draft = JSON.parse(sessionStorage.getItem("mynah-draft:" + this.draftKey) ?? "{}");
      this.text = draft.text ?? "";
      this.id = draft.id ?? "";
      this.sent = draft.sent ?? "";
      this.sending = false;
      this.say("");
    },
    grow() {
      const input = this.$refs.input;
      if (!input) return;
      input.style.height = "auto";
      input.style.height = Math.min(input.scrollHeight, window.innerHeight * 0.4) + "px";
    },
    say(note, warning = false) {
      this.note = note;
      this.warning = warning;
    },
    onInput() {
      this.dismissed = false;
      this.say("");
    },
    onPageKey(event) {
      // "/" anywhere outside of a field starts a command, as in most tools with a command line.
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input, textarea, [contenteditable], .q-dialog")) return;
      event.preventDefault();
      if (!this.text) this.text = "/";
      this.focus();
    },
    onKey(event) {
      if (event.isComposing) return;
      const open = this.matches.length > 0;
      if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        this.at = (this.at + step + this.matches.length) % this.matches.length;
      } else if (open && event.key === "Tab" && !event.shiftKey) {
        event.preventDefault();
        this.pick(this.at);
      } else if (open && event.key === "Escape") {
        event.preventDefault();
        this.dismissed = true;
      } else if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        if (open && this.text.slice(1).toLowerCase() !== this.matches[this.at].name) this.pick(this.at);
        else this.submit();
      }
    },
    pick(i) {
      const command = this.matches[i];
      const takesMore = command.usage.trim() !== command.name;
      this.text = "/" + command.name + (takesMore ? " " : "");
      this.focus();
    },
    submit() {
      const text = this.text;
      if (this.sending && text === this.sent) return;
      if (!text.trim()) return;
      const length = [...text].length;
      if (length > this.max) {
        this.say(
          `The message has ${length.toLocaleString("en")} characters and at most ` +
            `${this.max.toLocaleString("en")} fit: shorten it, or put it in a file and add that as knowledge.`,
          true,
        );
        return;
      }
      // The same text keeps its id until it is confirmed: sent again, it is still one message.
      if (text !== this.sent || !this.id) this.id = createRandomUUID();
      this.sent = text;
      this.sending = true;
      this.save(this.draftKey);
      this.say("");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        if (!this.sending) return;
        this.sending = false;
        this.say("Mynah has not confirmed this yet. Your text is kept; send it again in a moment.", true);
      }, CONFIRM_WITHIN_MS);
      this.$emit("say", { text, id: this.id });
    },
    // What was typed since goes on as the draft of the thread that the message began.
    confirmed(id, next, from = this.draftKey) {
      if (id !== this.id) {
        this.discard(id);
        return;
      }
      clearTimeout(this.timer);
      if (this.text === this.sent) this.text = "";
      this.sending = false;
      this.id = "";
      this.sent = "";
      this.say("");
      sessionStorage.removeItem("mynah-draft:" + from);
      this.save(next);
    },
    // The message was confirmed while another thread was open.
    discard(id) {
      for (const key of Object.keys(sessionStorage).filter((key) => key.startsWith("mynah-draft:"))) {
        const draft = JSON.parse(sessionStorage.getItem(key));
        if (draft.id === id && draft.text === draft.sent) sessionStorage.removeItem(key);
      }
    },
    refused(id, why) {
      if (id !== this.id) return;
      clearTimeout(this.timer);
      this.sending = false;
      this.say(why, true);
    },
    ask(text) {
      this.text = text;
      this.$nextTick(this.submit);
    },
    focus() {
      this.$nextTick(() => {
        const input = this.$refs.input;
        input.focus();
        input.setSelectionRange(this.text.length, this.text.length);
        this.grow();
      });
    },
  },
};
