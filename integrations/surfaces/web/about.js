// What is known of the person, in lists. Which memory is being corrected, what is typed
// there and which one is asked about lives here; each click that counts becomes one event.

export default {
  template: `
    <div class="m-about" ref="root" tabindex="-1">
      <p v-if="!known && looking" class="m-hint">Looking through what I remember…</p>
      <template v-if="known">
        <p v-if="!known.groups.length" class="m-about-empty">I know nothing about you yet. Tell me
          what you work on and how you like things, as in “I prefer TypeScript” or “I'm building a
          REST API”, and it will stand here.</p>
        <component :is="group.folded ? 'details' : 'section'" v-for="group in known.groups"
            :key="group.folded ? 'folded' : group.title" class="m-group">
          <component :is="group.folded ? 'summary' : 'h3'">{{ group.title }}</component>
          <ul>
            <li v-for="memory in group.memories" :key="memory.id" class="m-memory" :data-id="memory.id">
              <form v-if="at === memory.id && doing === 'correct'" @submit.prevent="correct(memory)"
                  @keydown.esc.stop.prevent="leave">
                <input v-model="draft" type="text" maxlength="1000" autocomplete="off"
                  :aria-label="'Correct: ' + memory.text" :disabled="busy">
                <button type="submit" class="m-act m-yes" :disabled="busy || !draft.trim()">Save</button>
                <button type="button" class="m-act" :disabled="busy" @click="leave">Cancel</button>
              </form>
              <template v-else>
                <div class="m-memory-text">{{ memory.text }}</div>
                <div class="m-memory-foot">
                  <template v-if="at === memory.id">
                    <span class="m-warn">Forget this for good?</span>
                    <button type="button" class="m-act m-no" :disabled="busy"
                      @click="act({ do: 'forget', id: memory.id })">Forget it</button>
                    <button type="button" class="m-act" :disabled="busy" @click="leave">Keep it</button>
                  </template>
                  <template v-else>
                    <span class="m-hint">{{ memory.how }}</span>
                    <button v-if="!group.folded" type="button" class="m-act" data-do="correct"
                      :aria-label="'Correct: ' + memory.text" :disabled="busy"
                      @click="begin(memory, 'correct', 'input')">Correct</button>
                    <button type="button" class="m-act" data-do="forget"
                      :aria-label="'Forget: ' + memory.text" :disabled="busy"
                      @click="begin(memory, 'forget', 'button:last-child')">Forget</button>
                  </template>
                </div>
              </template>
            </li>
          </ul>
        </component>
        <section v-if="known.facets.length" class="m-group">
          <h3>How you like answers</h3>
          <div v-for="facet in known.facets" :key="facet.name" class="m-facet">
            <span>{{ facet.name }}</span>
            <div class="m-bar" role="meter" aria-valuemin="0" aria-valuemax="100"
              :aria-valuenow="facet.percent" :aria-label="facet.name"><div
              :style="{ width: facet.percent + '%' }"></div></div>
            <span class="m-facet-value">{{ facet.percent }}&nbsp;%</span>
          </div>
          <p class="m-hint">50 % means that I do not know.</p>
        </section>
        <p class="m-asks">When a request can mean several things, I ask when I am less than
          {{ known.asks_below }}&nbsp;% sure which.</p>
        <div class="m-learning">
          <div>
            <div id="m-learning-name">Learn from me</div>
            <p class="m-hint">{{ known.learning
              ? "What you say and what you do with my answers changes what I do next."
              : "I learn nothing new from you. What I knew before is kept until you have it forgotten." }}</p>
          </div>
          <button type="button" class="m-switch" role="switch" aria-labelledby="m-learning-name"
            :aria-checked="known.learning ? 'true' : 'false'" :disabled="busy"
            @click="act({ do: 'learning', on: !known.learning })"><span></span></button>
        </div>
      </template>
    </div>
  `,
  props: { known: Object, looking: Boolean },
  emits: ["act"],
  data() {
    return { at: "", doing: "", draft: "", busy: false };
  },
  methods: {
    begin(memory, doing, focused) {
      this.at = memory.id;
      this.doing = doing;
      this.draft = memory.text;
      this.$nextTick(() => this.row(memory.id)?.querySelector(focused)?.focus());
    },
    row(id) {
      return this.$el.querySelector(`[data-id="${CSS.escape(id)}"]`);
    },
    leave() {
      const { at, doing } = this;
      this.at = "";
      this.$nextTick(() => this.row(at)?.querySelector(`[data-do=${doing}]`)?.focus());
    },
    correct(memory) {
      if (this.draft.trim() === memory.text) this.leave();
      else this.act({ do: "correct", id: memory.id, text: this.draft });
    },
    act(wish) {
      if (this.busy) return;
      this.busy = true;
      this.from = document.activeElement;
      this.$emit("act", wish);
    },
    // What is typed stays when it was not taken.
    settled(done) {
      this.busy = false;
      if (done) this.at = "";
      // Whatever had the focus was shut, or is gone.
      this.$nextTick(() => (this.from?.isConnected ? this.from : this.$refs.root).focus());
    },
  },
};
